"""Names the workbench does not have, and how near ones are suggested."""

import pytest

import workbench as mx
from workbench.errors import ArgumentError, NotSupportedError, SymbolFileError, did_you_mean


@pytest.mark.parametrize(
    ("module", "name", "text"),
    [
        (mx, "horovod", "workbench has no 'horovod'."),
        (mx, "np", "workbench has no 'np': use nd, and NDArray.asnumpy() where NumPy goes on."),
        (mx, "gluonn", "workbench has no 'gluonn'. Did you mean 'gluon'?"),
        (mx.viz, "plot_netwok", "viz has no 'plot_netwok'. Did you mean 'plot_network'?"),
        (mx.init, "Xaveir", "init has no 'Xaveir'. Did you mean 'Xavier'?"),
        (mx.sym.var("x"), "list_argument", "Symbol has no 'list_argument'. Did you mean 'list_arguments'?"),
        (mx.nd, "rellu", "nd has no 'rellu'. Did you mean 'relu'?"),
        (mx.sym, "Convolutoin", "sym has no 'Convolutoin'. Did you mean 'Convolution'?"),
        (mx.mod, "BucketModule", "module has no 'BucketModule'. Did you mean 'BucketingModule'?"),
        (mx.rnn, "LSTMCel", "rnn has no 'LSTMCel'. Did you mean 'LSTMCell'?"),
        (mx.gluon.nn, "Dence", "gluon.nn has no 'Dence'. Did you mean 'Dense'?"),
    ],
)
def test_an_unknown_name_is_said_with_the_nearest(module, name, text):
    with pytest.raises(NotSupportedError) as raised:
        getattr(module, name)
    assert str(raised.value) == text
    assert not hasattr(module, name)


def test_what_is_no_text_has_near_names_too():
    assert did_you_mean(1, ["weight", 10]) == " Did you mean '10'?"
    assert did_you_mean(None, ["weight"]) == ""


def test_initials_are_near_what_they_stand_for():
    assert (
        did_you_mean("lr", ["momentum", "lr_scheduler", "learning_rate"]) == " Did you mean 'learning_rate'?"
    )
    assert did_you_mean("m", ["momentum"]) == ""


def test_a_file_that_asks_for_a_billion_outputs_is_refused_at_once():
    text = mx.sym.split(mx.sym.Variable("a"), num_outputs=2, name="s").tojson()
    hostile = text.replace('"num_outputs": "2"', '"num_outputs": "3000000000"')
    assert hostile != text
    with pytest.raises(
        SymbolFileError, match=r"SliceChannel\(\) gives 1 to 10000 outputs, 3000000000 were asked for"
    ):
        mx.sym.load_json(hostile)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda x: mx.nd.Dropout(x, p=2.0), ArgumentError, r"Dropout\(\): p must be in \[0, 1\), got 2.0"),
        (lambda x: mx.nd.arange(0, 5, 0), ArgumentError, r"arange\(\): step must not be 0"),
        (
            lambda x: mx.nd.take(x, x, mode="raise"),
            NotSupportedError,
            r"take\(\): mode='raise' is not supported: .* use 'clip' or 'wrap'",
        ),
        (
            lambda x: mx.nd.Convolution(x, x, kernel=(1, 1), num_filter=1, no_bias=True, layout="HWNC"),
            NotSupportedError,
            "layout 'HWNC' is not supported",
        ),
    ],
)
def test_a_refused_attribute_is_no_shape_error(call, kind, text):
    with pytest.raises(kind, match=text) as raised:
        call(mx.nd.ones((1, 1, 1, 1)))
    assert not isinstance(raised.value, mx.errors.ShapeError)


def test_errors_are_what_a_program_for_mxnet_catches(tmp_path):
    assert issubclass(mx.MXNetError, RuntimeError)  # as MXNet's is
    for kind in vars(mx.errors).values():
        if isinstance(kind, type) and issubclass(kind, Exception):
            assert issubclass(kind, mx.MXNetError), kind
    missing = str(tmp_path / "net")
    for read in (
        lambda: mx.nd.load(missing),
        lambda: mx.sym.load(missing),
        lambda: mx.model.load_checkpoint(missing, 3),
        lambda: mx.gluon.nn.Dense(1).load_parameters(missing),
        lambda: mx.gluon.SymbolBlock.imports(missing, ["data"]),
        lambda: mx.io.CSVIter(data_csv=missing, data_shape=(1,), batch_size=1),
        lambda: mx.io.LibSVMIter(data_libsvm=missing, data_shape=(1,), batch_size=1),
        lambda: mx.recordio.MXRecordIO(missing, "r"),
    ):
        for kind in (mx.MXNetError, FileNotFoundError):
            with pytest.raises(kind, match=r"^there is no file '.*net.*' to read$"):
                read()
    parameters = mx.gluon.nn.Dense(1, prefix="fc_").collect_params()
    for kind in (KeyError, mx.MXNetError):
        with pytest.raises(kind, match=r"^there is no parameter 'fc_wight'\. Did you mean 'fc_weight'\?$"):
            _ = parameters["fc_wight"]
