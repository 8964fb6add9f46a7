import numpy as np
import pytest

from tests.rnn.run import run
from workbench import rnn
from workbench.errors import ArgumentError, NotSupportedError
from workbench.symbolic import sym


def stack(*cells, **options):
    made = rnn.SequentialRNNCell(**options)
    for cell in cells:
        made.add(cell)
    return made


def test_layers_feed_one_another():
    cells = [rnn.LSTMCell(4, prefix="a_"), rnn.GRUCell(3, prefix="b_")]
    outputs, states = stack(*cells).unroll(3, sym.Variable("data"), merge_outputs=True)
    found, values = run([outputs, *states], data=(2, 3, 5))
    below, _ = cells[0].unroll(3, sym.Variable("data"))
    above, last = cells[1].unroll(3, below, merge_outputs=True)
    expected, same = run([above, *last], data=(2, 3, 5))
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[3], expected[1], rtol=1e-5, atol=1e-6)
    assert values.keys() == same.keys()


def test_a_stack_steps_as_it_unrolls():
    def make():
        return stack(rnn.LSTMCell(4, prefix="a_"), rnn.DropoutCell(0.0), rnn.RNNCell(4, prefix="b_"))

    cell = make()
    states, outputs = cell.begin_state(), []
    for t in range(3):
        output, states = cell(sym.Variable(f"x{t}"), states)
        outputs.append(output)
    unrolled, _ = make().unroll(3, [sym.Variable(f"x{t}") for t in range(3)])
    shapes = {f"x{t}": (2, 5) for t in range(3)}
    for found, expected in zip(run(outputs, **shapes)[0], run(list(unrolled), **shapes)[0], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert len(cell.state_info) == 3


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize("layout", ["NTC", "TNC"])
def test_both_directions(merge, layout):
    left, right = rnn.RNNCell(4, prefix="l_"), rnn.RNNCell(3, prefix="r_")
    cell = rnn.BidirectionalCell(left, right, output_prefix="both_")
    outputs, states = cell.unroll(3, sym.Variable("data"), layout=layout, merge_outputs=merge)
    assert [len(each) for each in states] == [1, 1]
    shape = (2, 3, 5) if layout == "NTC" else (3, 2, 5)
    found, values = run(outputs, data=shape)
    names = (outputs if merge else sym.Group(outputs)).list_outputs()
    assert names == (["both_out_output"] if merge else [f"both_t{t}_output" for t in range(3)])
    axis = 1 if layout == "NTC" else 0
    found = found[0] if merge else np.stack(found, axis)
    data = np.moveaxis(values["data"], axis, 0)

    def states_of(prefix, steps):
        h, each = 0, []
        for x in steps:
            recurrent = h @ values[f"{prefix}h2h_weight"].T if each else 0
            h = np.tanh(
                x @ values[f"{prefix}i2h_weight"].T
                + values[f"{prefix}i2h_bias"]
                + recurrent
                + values[f"{prefix}h2h_bias"]
            )
            each.append(h)
        return np.stack(each)

    expected = np.concatenate([states_of("l_", data), states_of("r_", data[::-1])[::-1]], -1)
    np.testing.assert_allclose(np.moveaxis(found, axis, 0), expected, rtol=1e-4, atol=1e-5)


def test_a_stack_of_both_directions_unpacks_all():
    cell = stack(
        rnn.BidirectionalCell(rnn.LSTMCell(2, prefix="l_"), rnn.LSTMCell(2, prefix="r_")),
        rnn.RNNCell(2, prefix="top_"),
    )
    outputs, _ = cell.unroll(2, sym.Variable("data"), merge_outputs=True)
    _, values = run(outputs, data=(1, 2, 3))
    from workbench.imperative import nd

    args = {n: nd.array(v) for n, v in values.items() if n != "data"}
    unpacked = cell.unpack_weights(args)
    assert {"l_i2h_f_weight", "r_h2h_o_bias", "top_i2h_weight"} <= unpacked.keys()
    for name, array in cell.pack_weights(unpacked).items():
        np.testing.assert_array_equal(array.asnumpy(), values[name])


def test_wrong_use_is_named():
    both = rnn.BidirectionalCell(rnn.RNNCell(2, prefix="l_"), rnn.RNNCell(2, prefix="r_"))
    with pytest.raises(NotSupportedError, match=r"no single step; unroll\(\) it"):
        both(sym.Variable("x"), both.begin_state())
    with pytest.raises(ArgumentError, match="SequentialRNNCell is made of cells, got str"):
        stack("cell")
    with pytest.raises(ArgumentError, match="BidirectionalCell has 2 states, got 1"):
        both.unroll(2, sym.Variable("x"), begin_state=both.begin_state()[:1])
    params = rnn.RNNParams()
    with pytest.raises(ArgumentError, match="params are given to the SequentialRNNCell and to the cell"):
        stack(rnn.RNNCell(2, params=params), params=rnn.RNNParams())
