import numpy as np
import pytest

from workbench import tensor
from workbench.errors import ArgumentError, BudgetError, DTypeError, NotInitializedError, ShapeError
from workbench.gluon import nn
from workbench.gluon.block import Block
from workbench.imperative import nd, random
from workbench.symbolic import sym
from workbench.tensor.compress import Compression

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 3, 6, 6)).astype(np.float32)


def low_rank(outputs, inputs, rank):
    return (RNG.normal(size=(outputs, rank)) @ RNG.normal(size=(rank, inputs)) / inputs).astype(np.float32)


@pytest.fixture(scope="module")
def net():
    """A network whose second and third weights are of rank 3 and 2, and whose others are of full rank."""
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(
            nn.Conv2D(24, 3, in_channels=3, activation="relu"),
            nn.Conv2D(40, 1, in_channels=24, use_bias=False),
            nn.Dense(30, in_units=640, activation="tanh"),
            nn.BatchNorm(in_channels=30),
            nn.Dropout(0.5),
            nn.Dense(10, in_units=30),
        )
    random.seed(0)
    net.initialize("xavier")
    net[1].weight.set_data(low_rank(40, 24, 3)[..., None, None] * 10)
    net[2].weight.set_data(low_rank(30, 640, 2) * 30)
    return net


@pytest.fixture(scope="module")
def half(net):
    return tensor.compress(net, X, 0.5, labels=net(nd.array(X)).asnumpy().argmax(1), progress=False)


def figure(figures, name):
    return next(q for q in figures if q.name == name)


def test_what_has_a_low_rank_is_found_and_costs_nothing(net, half):
    ranks = {curve.site.name: candidate.rank for curve, candidate in half.layers}
    assert list(ranks) == ["net_conv0", "net_conv1", "net_dense0", "net_dense1"]
    assert ranks["net_conv0"] is None
    assert ranks["net_dense1"] is None
    assert 2 <= ranks["net_dense0"][0] < 30
    np.testing.assert_allclose(half.network(nd.array(X)).asnumpy(), net(nd.array(X)).asnumpy(), atol=1e-4)
    assert figure(half.after, "output error").value < 1e-5
    assert figure(half.after, "agreement").value == figure(half.after, "accuracy").value == 1


def test_figures_are_those_of_both_networks(net, half):
    dense = [24 * 3 * 9, 40 * 24, 30 * 640, 10 * 30]
    assert figure(half.before, "dense parameters").value == sum(dense)
    assert figure(half.after, "dense parameters").value <= 0.5 * sum(dense)
    for figures, block in ((half.before, net), (half.after, half.network)):
        numbers = sum(p.data().size for p in block.collect_params().values())
        assert figure(figures, "all parameters").value == numbers
        assert [q.kind for q in figures[:5]] == [
            "predicted",
            "predicted",
            "measured",
            "measured",
            "measured",
        ]
    for name in ("work", "memory"):
        assert figure(half.after, name).value < figure(half.before, name).value
    assert all(
        q.how and q.kind in ("predicted", "measured") for q in (*half.before, *half.after, half.predicted)
    )


def test_the_predicted_error_is_near_what_is_measured(net, half):
    again = tensor.compress(net, X, 0.04, study=half.sensitivity)
    error = figure(again.after, "output error")
    assert error.value > 0.05
    assert again.predicted.kind == "predicted"
    assert again.predicted.value == pytest.approx(error.value, rel=0.5)


def test_an_error_is_kept_to_by_few_parameters(net, half):
    found = tensor.compress(net, X, error=0.97, study=half.sensitivity)
    assert 0.1 < figure(found.after, "output error").value <= 0.97
    exact = tensor.compress(net, X, error=1e-4, study=half.sensitivity)
    assert figure(exact.after, "output error").value <= 1e-4
    sizes = [figure(c.after, "dense parameters").value for c in (found, exact)]
    assert sizes[0] < sizes[1] < 0.5 * figure(half.before, "dense parameters").value


def test_the_report_shows_both_networks_and_every_layer(half):
    lines = str(half).splitlines()
    assert lines[0].split() == ["before", "after"]
    assert lines[1].split() == ["dense", "parameters", "21,108", f"{half.after[0].value:,.0f}", "predicted"]
    assert [line.split()[0] for line in lines if line.startswith("net_")] == [
        "net_conv0",
        "net_conv1",
        "net_dense0",
        "net_dense1",
    ]
    assert "24 × 3 × 3 × 3  dense" in str(half)
    assert repr(half).startswith("Compression(21,108 dense parameters to ")


def test_a_symbol_is_compressed_like_the_block_it_came_from(net, half):
    symbol = net(sym.var("data"))
    params = {name: p.data() for name, p in net.collect_params().items()}
    found = tensor.compress(symbol, X.astype(np.float64), 0.5, params=params, progress=False)
    assert found.params is not None
    out = found.network.eval(data=nd.array(X), **found.params)[0].asnumpy()
    np.testing.assert_allclose(out, half.network(nd.array(X)).asnumpy(), atol=1e-4)
    assert [c.rank for _, c in found.layers] == [c.rank for _, c in half.layers]
    assert symbol.list_arguments() == net(sym.var("data")).list_arguments()


def test_a_symbol_may_end_in_a_loss_and_have_other_inputs():
    words = sym.var("words")
    hidden = sym.Embedding(words, input_dim=40, output_dim=16, name="table")
    loss = sym.SoftmaxOutput(sym.FullyConnected(hidden, num_hidden=20, name="out"), name="softmax")
    shapes = dict(zip(loss.list_arguments(), loss.infer_shape(words=(5, 3))[0], strict=True))
    params = {n: RNG.normal(size=s) for n, s in shapes.items() if n not in ("words", "softmax_label")}
    params = {n: nd.array(v) for n, v in params.items()}
    found = tensor.compress(loss, {"words": RNG.integers(0, 40, (5, 3))}, 0.6, params=params, progress=False)
    assert {"softmax_label", "words"} < set(found.network.list_arguments())
    assert figure(found.after, "dense parameters").value <= 0.6 * (40 * 16 + 48 * 20)


def test_layers_can_be_left_dense(net):
    found = tensor.compress(net, X, 0.5, leave="conv|dense1", progress=False)
    assert [curve.site.name for curve, _ in found.layers] == ["net_dense0"]
    assert figure(found.before, "dense parameters").value == 30 * 640


def test_fine_tuning_brings_the_outputs_nearer():
    net = nn.HybridSequential()
    net.add(nn.Dense(40, in_units=20, activation="relu"), nn.Dense(16, in_units=40))
    net.initialize("xavier")
    x = np.random.default_rng(1).normal(size=(48, 20)).astype(np.float32)
    wanted = net(nd.array(x)).asnumpy()
    tune = tensor.FineTune(x, wanted, epochs=30, batch_size=16, learning_rate=1e-2)
    before = tensor.compress(net, x, 0.4, progress=False)
    after = tensor.compress(net, x, 0.4, study=before.sensitivity, fine_tune=tune)
    errors = [figure(c.after, "output error").value for c in (before, after)]
    assert errors[1] < 0.75 * errors[0]
    assert tune.losses[-1] < 0.5 * tune.losses[0]
    np.testing.assert_array_equal(net(nd.array(x)).asnumpy(), wanted)
    params = {name: p.data() for name, p in net.collect_params().items()}
    tuned = tensor.compress(
        net(sym.var("data")), x, 0.4, params=params, study=before.sensitivity, fine_tune=tune
    )
    assert figure(tuned.after, "output error").value == pytest.approx(errors[1], rel=0.05)
    classes = tensor.FineTune(x, wanted.argmax(1), epochs=20, learning_rate=1e-2)
    tensor.compress(net, x, 0.4, study=before.sensitivity, fine_tune=classes)
    assert classes.losses[-1] < classes.losses[0]


def test_an_interrupt_leaves_the_network_as_it_was(net, half):
    def interrupted(block):
        for parameter in block.collect_params().values():
            parameter.set_data(parameter.data() * 0)
        raise KeyboardInterrupt

    before = {name: p.data().asnumpy() for name, p in net.collect_params().items()}
    shown = repr(net)
    with pytest.raises(KeyboardInterrupt):
        tensor.compress(net, X, 0.5, study=half.sensitivity, fine_tune=interrupted)
    assert repr(net) == shown
    for name, parameter in net.collect_params().items():
        np.testing.assert_array_equal(parameter.data().asnumpy(), before[name])


def test_what_cannot_be_is_named(net, half):
    with pytest.raises(
        ArgumentError, match="a budget of parameters, or an error to keep to; neither is given"
    ):
        tensor.compress(net, X)
    with pytest.raises(ArgumentError, match="both is given"):
        tensor.compress(net, X, 0.5, error=0.1)
    for budget in (0, 1.5, -3, float("nan")):
        with pytest.raises(
            ArgumentError, match=f"budget={budget}: it is a number of dense parameters, 1 or more"
        ):
            tensor.compress(net, X, budget)
    with pytest.raises(ArgumentError, match=r"error=0\.0: a relative error is above 0"):
        tensor.compress(net, X, error=0.0)
    with pytest.raises(ArgumentError, match=r"error=nan: a relative error is above 0"):
        tensor.compress(net, X, error=float("nan"))
    with pytest.raises(ArgumentError, match=r"leave='\(' is no regular expression: missing \)"):
        tensor.compress(net, X, 0.5, leave="(")
    with pytest.raises(
        BudgetError, match=r"budget=20: the smallest ranks that are tried have [\d,]+ parameters"
    ):
        tensor.compress(net, X, 20, study=half.sensitivity)
    with pytest.raises(ArgumentError, match="a Symbol has no values; give params"):
        tensor.compress(net(sym.var("data")), X, 0.5)
    with pytest.raises(ArgumentError, match="params are of a Symbol"):
        tensor.compress(net, X, 0.5, params={})
    with pytest.raises(
        ArgumentError, match="takes a hybrid block or a Symbol, which are graphs; got a plain Block"
    ):
        tensor.compress(Block(), X, 0.5)
    with pytest.raises(ArgumentError, match="no layer that can be factorised"):
        tensor.compress(net, X, 0.5, leave="net")
    with pytest.raises(ShapeError, match=r"labels of \(2,\) do not fit outputs of \(6, 10\)"):
        tensor.compress(net, X, 0.5, labels=[0, 1], study=half.sensitivity)
    symbol = net(sym.var("date"))
    params = {name: p.data() for name, p in net.collect_params().items()}
    with pytest.raises(ArgumentError, match=r"data are of 'data', .* no such input\. Did you mean 'date'\?"):
        tensor.compress(symbol, X, 0.5, params=params)
    del params["net_dense1_bias"]
    with pytest.raises(
        ArgumentError, match="'net_dense1_bias' have no value; parameters and states belong into"
    ):
        tensor.compress(symbol, {"date": X}, 0.5, params=params)
    with pytest.raises(ShapeError, match="net_"):
        tensor.compress(net, X[:, :2], 0.5)
    with pytest.raises(
        ArgumentError, match="study was made with another 'data' than the network or the data have now"
    ):
        tensor.compress(net, X[::-1], 0.5, study=half.sensitivity)
    other = nn.Dense(4, in_units=4)
    other.initialize()
    with pytest.raises(ArgumentError, match="study was made with another 'net_conv0_weight'"):
        tensor.compress(other, X, 0.5, study=half.sensitivity)
    raw = nn.Dense(4, in_units=4)
    with pytest.raises(NotInitializedError, match="has not been initialized"):
        tensor.compress(raw, np.zeros((1, 4), np.float32), 0.5)
    with pytest.raises(ShapeError, match="FineTune: 6 examples have 2 targets"):
        tensor.FineTune(X, [0, 1])


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (None, DTypeError, "compress(), 'data': examples are numbers, got object"),
        (X.astype(complex), DTypeError, "compress(), 'data': examples are numbers, got complex128"),
        (X[:0], ShapeError, "compress(), 'data': a batch of examples or more, got an array of (0, 3, 6, 6)"),
        ([[1], [1, 2]], ShapeError, "lists of different lengths are no array: [[1], [1, 2]]"),
        (
            np.full_like(X, np.nan),
            ArgumentError,
            "compress(): some of 'data' are NaN or infinite, so no error can be measured on them",
        ),
    ],
)
def test_data_that_are_none_are_named(net, data, error, said):
    with pytest.raises(error) as caught:
        tensor.compress(net, data, 0.5)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("data", "targets", "options", "error", "said"),
    [
        (None, [1], {}, DTypeError, "FineTune: examples are numbers, got object"),
        (X, 3, {}, ShapeError, "FineTune, targets: a batch of examples or more, got an array of ()"),
        (X[:0], X[:0], {}, ShapeError, "FineTune: a batch of examples or more, got an array of (0, 3, 6, 6)"),
        (X, X, {"loss": 3}, ArgumentError, "FineTune: loss must be a function or None, got 3"),
        (X, X, {"seed": -1}, ArgumentError, "FineTune: seed must be a whole number, 0 or more, got -1"),
    ],
)
def test_what_can_not_be_trained_on_is_named(data, targets, options, error, said):
    with pytest.raises(error) as caught:
        tensor.FineTune(data, targets, **options)
    assert str(caught.value) == said


def test_its_type_is_public():
    assert tensor.Compression is Compression
