"""Symbols: composition, names, what is listed, inferred and refused before any data is there."""

import copy
import json

import numpy as np
import pytest

import workbench as mx
from workbench import nd, sym
from workbench.errors import ArgumentError, DTypeError, NotSupportedError, ShapeError


def dense(data, width, name):
    return sym.FullyConnected(data, num_hidden=width, name=name)


@pytest.fixture
def mlp():
    hidden = sym.Activation(dense(sym.var("data"), 8, "fc1"), act_type="relu", name="relu1")
    return sym.SoftmaxOutput(dense(hidden, 3, "fc2"), name="softmax")


def test_missing_inputs_become_variables_named_after_the_node(mlp):
    assert mlp.list_arguments() == [
        "data",
        "fc1_weight",
        "fc1_bias",
        "fc2_weight",
        "fc2_bias",
        "softmax_label",
    ]
    assert mlp.list_outputs() == ["softmax_output"]
    assert mlp.list_auxiliary_states() == []
    assert mlp.name == "softmax"


def test_auxiliary_states_are_listed_apart():
    net = sym.BatchNorm(sym.var("x"), name="bn")
    assert net.list_arguments() == ["x", "bn_gamma", "bn_beta"]
    assert net.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    assert net.list_inputs() == ["x", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var"]
    assert net.list_outputs() == ["bn_output"]


def test_nodes_name_themselves_by_kind_and_number():
    with mx.name.NameManager():
        a, b = sym.FullyConnected(sym.var("x"), num_hidden=1), sym.FullyConnected(sym.var("y"), num_hidden=1)
        c = sym.relu(a)
        scalars = [a + 1, 1 - a, 2**a, -a, a > 1]
        pairs = [a + b, a % b, a > b, sym.maximum(a, b), sym.elemwise_add(a, b)]
    assert [a.name, b.name, c.name] == ["fullyconnected0", "fullyconnected1", "relu0"]
    assert [s.name for s in scalars] == [
        "_plusscalar0", "_rminusscalar0", "_rpower_scalar0", "_mulscalar0", "_greater_scalar0",
    ]  # fmt: skip
    assert [s.name for s in pairs] == ["_plus0", "_mod0", "_greater0", "_maximum0", "elemwise_add0"]
    with mx.name.Prefix("stage_"):
        named, automatic = dense(sym.var("x"), 1, "fc"), sym.relu(sym.var("x"))
    assert named.name == "stage_fc"
    assert named.list_arguments()[1] == "stage_fc_weight"
    assert automatic.name == "stage_relu0"


def test_internals_children_and_outputs_can_be_picked(mlp):
    inside = mlp.get_internals()
    assert inside.list_outputs()[:4] == ["data", "fc1_weight", "fc1_bias", "fc1_output"]
    feature = inside["fc1_output"]
    assert feature.list_arguments() == ["data", "fc1_weight", "fc1_bias"]
    assert mlp.get_children().list_outputs() == ["fc2_output", "softmax_label"]
    assert sym.var("x").get_children() is None
    parts = sym.split(sym.var("x"), num_outputs=3, name="parts")
    assert len(parts) == parts.num_outputs == 3
    assert (
        [p.list_outputs()[0] for p in parts]
        == parts.list_outputs()
        == ["parts_output0", "parts_output1", "parts_output2"]
    )
    assert parts[-1].list_outputs() == ["parts_output2"]
    assert repr(inside[1:3]) == "<Symbol group [fc1_weight, fc1_bias]>"
    with pytest.raises(ArgumentError, match="2 outputs are called 'x'; pick one by number"):
        sym.Group([sym.var("x"), sym.var("x")])["x"]
    with pytest.raises(ArgumentError, match=r"by number, name or slice, got 1\.5"):
        parts[1.5]
    with pytest.raises(IndexError):
        parts[3]
    with pytest.raises(ArgumentError, match="output 3 was asked for; the symbol has 3"):
        parts[3]
    with pytest.raises(ArgumentError, match=r"no output 'fc1_ouput'.*Did you mean 'fc1_output'\?"):
        inside["fc1_ouput"]


def test_a_symbol_of_several_outputs_is_no_single_input():
    parts = sym.split(sym.var("x"), num_outputs=2)
    with pytest.raises(ArgumentError, match="'data' is a group of 2 outputs; pick one"):
        sym.relu(parts)


def test_composing_puts_one_graph_into_another():
    head = dense(sym.var("features"), 2, "head")
    body = sym.relu(sym.var("image"), name="body")
    whole = head(features=body)
    assert whole.list_arguments() == ["image", "head_weight", "head_bias"]
    assert head.list_arguments() == ["features", "head_weight", "head_bias"]
    with pytest.raises(ArgumentError, match=r"no argument 'feature'.*Did you mean 'features'\?"):
        head(feature=body)


def test_group_joins_outputs_in_order():
    a, b = sym.relu(sym.var("x"), name="a"), sym.tanh(sym.var("x"), name="b")
    assert sym.Group([b, a]).list_outputs() == ["b_output", "a_output"]
    assert sym.Group([b, a]).name is None
    with pytest.raises(ArgumentError, match=r"Group\(\) takes one Symbol or more"):
        sym.Group([])


@pytest.mark.parametrize(
    ("make", "want"),
    [
        (lambda x, y: x + y * 2 - 1, lambda x, y: x + y * 2 - 1),
        (lambda x, y: 3 - x / y, lambda x, y: 3 - x / y),
        (lambda x, y: 2 / y + -x, lambda x, y: 2 / y - x),
        (lambda x, y: x**2 + 2**x + abs(x) ** y, lambda x, y: x**2 + 2**x + abs(x) ** y),
        (lambda x, y: x % y, np.mod),
        (lambda x, y: (x > y) + (x <= 1) * 2 + (x == x), lambda x, y: (x > y) + (x <= 1) * 2.0 + 1),
        (lambda x, y: x.sum(axis=1).reshape((3, 1)).tanh(), lambda x, y: np.tanh(x.sum(1).reshape(3, 1))),
        (lambda x, y: x.clip(-1, 1), lambda x, y: x.clip(-1, 1)),
    ],
)
def test_arithmetic_and_methods_mean_what_numpy_means(make, want):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(3, 4)), rng.uniform(0.5, 2, (3, 4))
    symbol = make(sym.var("x"), sym.var("y"))
    given = {n: nd.array({"x": x, "y": y}[n], dtype="float64") for n in symbol.list_arguments()}
    np.testing.assert_allclose(symbol.eval(**given)[0].asnumpy(), want(x, y), rtol=1e-12)


def test_a_symbol_has_no_value():
    x = sym.var("x")
    for use in (bool, float, int, np.asarray):
        with pytest.raises(NotSupportedError, match="the Symbol 'x' has no value yet"):
            use(x)
    with pytest.raises(NotSupportedError, match=r"no asnumpy\(\): bind it \(simple_bind\) or eval\(\) it"):
        x.asnumpy()
    with pytest.raises(NotSupportedError, match=r"no detach\(\): sym.BlockGrad\(\) stops the gradient"):
        x.detach()
    with pytest.raises(ArgumentError, match="can't be combined with an NDArray, which is a value"):
        x + nd.ones((1,))
    with pytest.raises(
        ArgumentError, match=r"argument 0 must be a Symbol, got NDArray; an NDArray is a value"
    ):
        sym.relu(nd.ones((1,)))


def test_unknown_names_are_refused_with_the_nearest_one():
    with pytest.raises(ArgumentError, match=r"no argument 'num_hiden'.*Did you mean 'num_hidden'\?"):
        sym.FullyConnected(sym.var("x"), num_hiden=3)
    with pytest.raises(ArgumentError, match=r"needs 'num_hidden' \(int\); it was not given"):
        sym.FullyConnected(sym.var("x"))
    with pytest.raises(ArgumentError, match=r"'act_type' must be .*got 'rellu'.*Did you mean 'relu'\?"):
        sym.Activation(sym.var("x"), act_type="rellu")
    with pytest.raises(ArgumentError, match="'data' twice"):
        sym.relu(sym.var("x"), data=sym.var("y"))
    with pytest.raises(ArgumentError, match="name must be text, got 3"):
        sym.var(3)
    with pytest.raises(NotSupportedError, match="storage type 'row_sparse'"):
        sym.var("x", stype="row_sparse")


# -- inference --------------------------------------------------------------------------------------------


def test_shapes_of_parameters_follow_from_the_data(mlp):
    arguments, outputs, states = mlp.infer_shape(data=(5, 4))
    assert arguments == [(5, 4), (8, 4), (8,), (3, 8), (3,), (5,)]
    assert outputs == [(5, 3)]
    assert states == []
    assert mlp.infer_shape((5, 4)) == (arguments, outputs, states)


def test_what_does_not_follow_stays_none(mlp):
    with pytest.warns(UserWarning, match="the shape of data, fc1_weight, fc2_weight, softmax_label does not"):
        assert mlp.infer_shape() == (None, None, None)
    arguments, outputs, _ = mlp.infer_shape_partial()
    assert dict(zip(mlp.list_arguments(), arguments, strict=True))["fc1_bias"] == (8,)
    assert arguments[0] == ()
    assert outputs == [()]
    with pytest.warns(UserWarning, match="the dtype of data, fc1_weight"):
        assert mlp.infer_type() == (None, None, None)
    assert mlp.infer_type_partial() == ([None] * 6, [None], [])


def test_a_contradiction_names_the_node_the_shapes_and_the_line():
    x, y = sym.var("x"), sym.var("y")
    product = sym.dot(x, y, name="product")  # composed here
    with pytest.raises(ShapeError) as caught:
        sym.relu(product).infer_shape(x=(2, 3), y=(4, 5))
    text = str(caught.value)
    assert "dot 'product' with lhs (2, 3), rhs (4, 5)" in text
    assert "test_symbol.py" in text
    assert "# composed here" in text


def test_a_parameter_of_the_wrong_shape_is_named(mlp):
    with pytest.raises(
        ShapeError, match=r"FullyConnected 'fc1' with .*weight must have shape \(8, 4\), got \(8, 5\)"
    ):
        mlp.infer_shape(data=(5, 4), fc1_weight=(8, 5))
    with pytest.raises(ArgumentError, match=r"no argument 'date'.*Did you mean 'data'\?"):
        mlp.infer_shape(date=(5, 4))


def test_variables_may_state_shape_and_dtype():
    x = sym.var("x", shape=(2, 3), dtype="float64")
    net = dense(x, 2, "fc")
    assert net.infer_shape()[1] == [(2, 2)]
    assert net.infer_type()[0] == [np.float64] * 3


def test_types_follow_from_the_data_with_and_without_shapes(mlp):
    arguments, outputs, _ = mlp.infer_type(data="float64")
    assert arguments == [np.float64] * 6
    assert outputs == [np.float64]
    cast = sym.Cast(sym.var("x"), dtype="float16")
    assert cast.infer_type(x="float32")[1] == [np.float16]
    with pytest.raises(DTypeError, match=r"unknown dtype 'flot32'.*Did you mean 'float32'\?"):
        mlp.infer_type(data="flot32")


# -- attributes -------------------------------------------------------------------------------------------


def test_attributes_come_from_the_call_the_scope_and_the_operator():
    with mx.AttrScope(ctx_group="dev1", mood="calm"):
        x = sym.var("x", attr={"mood": "tense"}, lr_mult=2.0)
        net = sym.FullyConnected(x, num_hidden=3, name="fc", attr={"__note__": "first"})
    outside = sym.relu(net, name="outside")
    assert x.attr("lr_mult") == "2.0"
    assert net.attr("ctx_group") == "dev1"
    assert net.attr("num_hidden") == "3"
    assert net.attr("note") == "first"
    assert outside.attr("ctx_group") is None
    assert outside.attr_dict()["fc"]["__ctx_group__"] == "dev1"
    assert x.attr("mood") == "tense"
    with pytest.raises(ArgumentError, match=r"AttrScope\(ctx_group=…\) takes text, got 1"):
        mx.AttrScope(ctx_group=1)


def test_to_jax_gives_a_pure_function_of_the_names(mlp):
    import jax
    import jax.numpy as jnp

    shapes = dict(zip(mlp.list_arguments(), mlp.infer_shape(data=(5, 4))[0], strict=True))
    values = {n: jnp.full(s, 0.1) for n, s in shapes.items()}
    (output,) = jax.jit(mlp.to_jax())(**values)
    np.testing.assert_allclose(output, np.full((5, 3), 1 / 3), rtol=1e-6)
    renamed = dense(sym.var("other"), 8, "fc1").to_jax()
    assert renamed(other=jnp.ones((2, 4)), fc1_weight=jnp.ones((8, 4)), fc1_bias=jnp.ones(8))[0].shape == (
        2,
        8,
    )
    with pytest.raises(ArgumentError, match="'data' not given"):
        mlp.to_jax()(**{n: v for n, v in values.items() if n != "data"})


def test_attributes_are_listed_as_they_were_given(mlp):
    fc = sym.FullyConnected(sym.var("x", lr_mult=2.0), num_hidden=3, name="fc", lr_mult="0.5", __note__="n")
    assert fc.list_attr() == {"__lr_mult__": "0.5", "__note__": "n", "lr_mult": "0.5", "num_hidden": "3"}
    assert fc.attr("no_bias") == "False"
    assert sym.Group([fc, mlp]).attr("lr_mult") is None
    with pytest.raises(NotSupportedError, match=r"attr_dict\(\) lists every node's"):
        fc.list_attr(recursive=True)


def test_attributes_can_be_set_on_a_node_and_every_symbol_that_holds_it_sees_them(mlp):
    inside, own = mlp.get_internals()["relu1_output"], copy.deepcopy(mlp)
    inside._set_attr(force_mirroring="True")
    assert mlp.attr_dict()["relu1"]["force_mirroring"] == "True"
    assert "force_mirroring" not in own.attr_dict()["relu1"]
    with pytest.raises(ArgumentError, match="takes text, got 1"):
        inside._set_attr(mirror_stage=1)
    with pytest.raises(NotSupportedError, match="Activation 'relu1' is fixed when it is composed"):
        inside._set_attr(act_type="tanh")
    with pytest.raises(ArgumentError, match="is a group; pick one output"):
        mlp.get_internals()._set_attr(mirror_stage="1")


def test_copies_compute_the_same(mlp):
    for again in (copy.copy(mlp), copy.deepcopy(mlp), sym.load_json(mlp.tojson())):
        assert again.list_arguments() == mlp.list_arguments()
        assert again.infer_shape(data=(5, 4)) == mlp.infer_shape(data=(5, 4))
    assert copy.copy(mlp).values != mlp.values
    assert copy.deepcopy(mlp).values != mlp.values


def test_optimize_reports_what_became_of_each_node():
    x = sym.var("x")
    twice = sym.Group([sym.tanh(x * 1, name="a"), sym.tanh(x, name="b")])
    changes = []
    net = twice.optimize(changes.append)
    assert [(c.node.op, c.fate) for c in changes] == [("_mul_scalar", "removed"), ("tanh", "merged")]
    assert net.list_arguments() == ["x"]
    assert len(net.graph.nodes) == 1
    assert net.values[0] == net.values[1]
    with pytest.raises(NotSupportedError, match="no backend 'TensorRT': XLA compiles every graph"):
        twice.optimize_for("TensorRT")


def test_the_listing_has_every_node_with_inputs_and_attributes(mlp):
    text = mlp.debug_str()
    assert text.startswith("Symbol Outputs:\n\toutput[0]=softmax(0)\nVariable:data\n")
    assert (
        "Op:FullyConnected, Name=fc2\nInputs:\n\targ[0]=relu1(0)\n\targ[1]=fc2_weight(0) version=0\n" in text
    )
    assert "Attrs:\n\tnum_hidden=3\n" in text


def test_symbols_without_inputs():
    assert sym.arange(2, 8, 2, repeat=2).eval()[0].asnumpy().tolist() == [2, 2, 4, 4, 6, 6]
    assert sym.full((2,), 3, dtype="int32").eval()[0].asnumpy().tolist() == [3, 3]
    assert [sym.zeros((1,)).name[:-1], sym.ones((1,)).name[:-1]] == ["_zeros", "_ones"]
    with pytest.raises(NotSupportedError, match="infer_range=True"):
        sym.arange(3, infer_range=True)


def test_an_input_is_given_once():
    net = sym.var("x") * 2
    with pytest.raises(ArgumentError, match="got 'x' twice, by position and by name"):
        net.infer_shape((2, 3), x=(2, 3))


def test_a_symbol_is_cast_as_an_array_is():
    x = sym.var("x")
    out = (x.argmax(axis=1).astype("int32") == sym.var("y", dtype="int32")).astype(np.float16)
    got = out.eval(x=nd.array([[1, 2], [3, 1]]), y=nd.array([1, 1], dtype="int32"))[0]
    assert got.dtype == np.float16
    assert got.asnumpy().tolist() == [1, 0]


def test_attributes_are_listed_that_were_given_defaults_or_not():
    """As MXNet 1.9.1 does, but that it repeats them at the variables made for the operator."""
    data = sym.Variable("data")
    conv = sym.Convolution(data, kernel=(3, 3), num_filter=2, stride=(1, 1), pad=(0, 0), name="conv")
    norm = sym.BatchNorm(conv, eps=1e-3, fix_gamma=True, name="bn")
    net = sym.Concat(sym.Dropout(norm, p=0.5, name="drop"), norm, dim=1, name="join")
    expected = {
        "conv": {"kernel": "(3, 3)", "num_filter": "2", "stride": "(1, 1)", "pad": "(0, 0)"},
        "bn": {"eps": "0.001", "fix_gamma": "True"},
        "drop": {"p": "0.5"},
        "join": {"num_args": "2", "dim": "1"},
    }
    assert net.attr_dict() == expected
    assert norm.list_attr() == expected["bn"]
    assert sym.load_json(net.tojson()).attr_dict() == expected
    assert copy.copy(net).attr_dict() == expected
    assert net(data=sym.relu(sym.var("x"))).attr_dict() == expected
    assert norm.attr("momentum") == "0.9"
    rows = {row["name"]: row.get("attrs", {}) for row in json.loads(net.tojson())["nodes"]}
    assert {name: rows[name] for name in expected} == expected
