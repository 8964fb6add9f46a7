import numpy as np
import pytest

from tests.rnn.run import run
from workbench import rnn
from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.symbolic import sym


def elman(values, x, activation, prefix="rnn_"):
    h = np.zeros((x.shape[0], values[f"{prefix}h2h_weight"].shape[0]))
    steps = []
    for t in range(x.shape[1]):
        h = activation(
            x[:, t] @ values[f"{prefix}i2h_weight"].T
            + values[f"{prefix}i2h_bias"]
            + h @ values[f"{prefix}h2h_weight"].T
            + values[f"{prefix}h2h_bias"]
        )
        steps.append(h)
    return np.stack(steps, 1)


@pytest.mark.parametrize("name", ["tanh", "relu", "function"])
@pytest.mark.parametrize("layout", ["NTC", "TNC"])
def test_an_elman_network(name, layout):
    functions = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "function": np.cos}
    activation = (lambda x, name: sym.cos(x, name=name)) if name == "function" else name
    outputs, states = rnn.RNNCell(5, activation).unroll(
        4, sym.Variable("data"), layout=layout, merge_outputs=True
    )
    shape = (3, 4, 2) if layout == "NTC" else (4, 3, 2)
    (found, last), values = run([outputs, *states], data=shape)
    data = values["data"] if layout == "NTC" else values["data"].swapaxes(0, 1)
    expected = elman(values, data, functions[name])
    if layout == "TNC":
        found = found.swapaxes(0, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(last, expected[:, -1], rtol=1e-4, atol=1e-5)


def test_names_are_mxnets():
    cell = rnn.RNNCell(5, prefix="a_")
    outputs, states = cell.unroll(2, sym.Variable("data"))
    group = sym.Group([*outputs, *states])
    assert group.list_arguments() == ["data", "a_i2h_weight", "a_i2h_bias", "a_h2h_weight", "a_h2h_bias"]
    assert group.list_outputs() == ["a_t0_out_output", "a_t1_out_output", "a_t1_out_output"]
    assert cell.state_info == [{"shape": (0, 5), "__layout__": "NC"}]
    assert cell.state_shape == [(0, 5)]


def test_inputs_may_be_a_list_and_states_variables():
    cell = rnn.RNNCell(3)
    begin = cell.begin_state(func=sym.Variable)
    assert begin[0].list_arguments() == ["rnn_begin_state_0"]
    outputs, _ = cell.unroll(2, [sym.Variable("x0"), sym.Variable("x1")], begin_state=begin)
    shapes = {"x0": (2, 4), "x1": (2, 4), "rnn_begin_state_0": (2, 3)}
    (first, _), values = run(list(outputs), **shapes)
    expected = np.tanh(
        values["x0"] @ values["rnn_i2h_weight"].T
        + values["rnn_begin_state_0"] @ values["rnn_h2h_weight"].T
        + values["rnn_i2h_bias"]
        + values["rnn_h2h_bias"]
    )
    np.testing.assert_allclose(first, expected, rtol=1e-5, atol=1e-6)


def test_states_may_be_ones_and_the_cell_called_by_hand():
    cell = rnn.RNNCell(3)
    ones = cell.begin_state(func=sym.ones)
    assert ones[0].name == "rnn_begin_state_0"
    output, states = cell(sym.Variable("x"), ones)
    assert states == [output]
    (found,), values = run(output, x=(2, 4))
    expected = np.tanh(
        values["x"] @ values["rnn_i2h_weight"].T
        + values["rnn_h2h_weight"].sum(1)
        + values["rnn_i2h_bias"]
        + values["rnn_h2h_bias"]
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_bad_input_elsewhere_does_not_reach_the_first_state():
    """Zeros are made from the input's shape alone: an infinity in it stays where it is."""
    output, _ = rnn.RNNCell(3)(sym.Variable("x"), rnn.RNNCell(3).begin_state())
    executor = output.simple_bind(x=(2, 4))
    executor.arg_dict["x"][:] = nd.array([[1, 1, 1, 1], [np.inf] * 4])
    assert np.isfinite(executor.forward()[0].asnumpy()[0]).all()


def test_cells_share_parameters():
    params = rnn.RNNParams("shared_")
    one, two = rnn.RNNCell(3, params=params), rnn.RNNCell(3, prefix="two_", params=params)
    data = sym.Variable("data")
    both = sym.Group([cell.unroll(1, data)[0][0] for cell in (one, two)])
    assert both.list_arguments()[1:] == [
        "shared_i2h_weight",
        "shared_i2h_bias",
        "shared_h2h_weight",
        "shared_h2h_bias",
    ]


@pytest.mark.parametrize("cell", [rnn.RNNCell(3), rnn.LSTMCell(3), rnn.GRUCell(3)])
def test_weights_are_unpacked_by_gate_and_packed_again(cell):
    gates, prefix = len(cell._gate_names), cell._prefix
    rng = np.random.default_rng(0)
    args = {
        f"{prefix}{group}_{kind}": nd.array(rng.normal(size=(3 * gates, *((4,) if kind == "weight" else ()))))
        for group in ("i2h", "h2h")
        for kind in ("weight", "bias")
    }
    unpacked = cell.unpack_weights({**args, "other": nd.ones((1,))})
    assert len(unpacked) == 4 * gates + 1
    gate = cell._gate_names[-1]
    np.testing.assert_array_equal(
        unpacked[f"{prefix}h2h{gate}_weight"].asnumpy(), args[f"{prefix}h2h_weight"].asnumpy()[-3:]
    )
    packed = cell.pack_weights(unpacked)
    assert packed.keys() == {*args, "other"}
    for name, array in args.items():
        np.testing.assert_array_equal(packed[name].asnumpy(), array.asnumpy())
    missing = f"'{prefix}i2h_weight' is not among the parameters"
    with pytest.raises(ArgumentError, match=missing):
        cell.unpack_weights({})


def test_wrong_input_is_named():
    cell, data = rnn.RNNCell(3), sym.Variable("data")
    with pytest.raises(ArgumentError, match="takes a symbol or a list of symbols, got NoneType"):
        cell.unroll(2, None)
    with pytest.raises(ArgumentError, match=r"unroll\(length=3\) got a list of 2 inputs"):
        cell.unroll(3, [data, data])
    with pytest.raises(ArgumentError, match="got a group of 2"):
        cell.unroll(2, sym.Group([data, data]))
    with pytest.raises(ArgumentError, match="has the axes T and N, got 'NC'"):
        cell.unroll(2, data, layout="NC")
    with pytest.raises(ArgumentError, match="num_hidden must be a whole number, 1 or more, got 0"):
        rnn.RNNCell(0)
    with pytest.raises(ArgumentError, match="activation must be text or a function, got 3"):
        rnn.RNNCell(3, activation=3).unroll(1, data)
    with pytest.raises(NotImplementedError, match="BaseRNNCell must define state_info"):
        _ = rnn.BaseRNNCell().state_info
