"""Cells against NumPy: each step, unrolling in every form, stacks, directions and modifiers."""

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotSupportedError, ShapeError
from workbench.gluon import rnn
from workbench.imperative import autograd, nd
from workbench.runtime.device import cpu
from workbench.symbolic import sym

rng = np.random.default_rng(0)
BATCH, STEPS, INPUTS, HIDDEN = 3, 4, 5, 6
X = rng.normal(size=(BATCH, STEPS, INPUTS)).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn_step(i, h, states):
    h = np.tanh(i + h)
    return h, [h]


def relu_step(i, h, states):
    h = np.maximum(i + h, 0)
    return h, [h]


def lstm_step(i, h, states):
    into, forget, new, out = np.split(i + h, 4, axis=1)
    c = sigmoid(forget) * states[1] + sigmoid(into) * np.tanh(new)
    h = sigmoid(out) * np.tanh(c)
    return h, [h, c]


def gru_step(i, h, states):
    (i_reset, i_update, i_new), (h_reset, h_update, h_new) = np.split(i, 3, 1), np.split(h, 3, 1)
    new = np.tanh(i_new + sigmoid(i_reset + h_reset) * h_new)
    update = sigmoid(i_update + h_update)
    h = (1 - update) * new + update * states[0]
    return h, [h]


CELLS = {
    "rnn": (rnn.RNNCell, rnn_step, 1),
    "relu": (lambda hidden: rnn.RNNCell(hidden, activation="relu"), relu_step, 1),
    "lstm": (rnn.LSTMCell, lstm_step, 2),
    "gru": (rnn.GRUCell, gru_step, 1),
}


def started(cell, *args):
    """The cell with random parameters, its shapes learned from one call."""
    cell.initialize("normal")
    cell.unroll(STEPS, *args)
    for parameter in cell.collect_params().values():
        parameter.set_data(nd.array(rng.normal(scale=0.5, size=parameter.shape)))
    return cell


def expected(cell, step, x, states):
    """Outputs (n, t, h) and the last states, by the cell's parameters."""
    names = ("i2h_weight", "i2h_bias", "h2h_weight", "h2h_bias")
    w, b, u, c = (cell.params[cell.prefix + n].data().asnumpy() for n in names)
    outputs = []
    for at in range(x.shape[1]):
        out, states = step(x[:, at] @ w.T + b, states[0] @ u.T + c, states)
        outputs.append(out)
    return np.stack(outputs, 1), states


def close(a, b):
    a, b = (v.asnumpy() if hasattr(v, "asnumpy") else v for v in (a, b))
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("hybridize", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_a_cell_steps_as_numpy_does(name, hybridize):
    make, step, count = CELLS[name]
    cell = started(make(HIDDEN), nd.array(X))
    cell.hybridize(hybridize)
    first = [rng.normal(size=(BATCH, HIDDEN)).astype(np.float32) for _ in range(count)]
    outputs, states = cell.unroll(STEPS, nd.array(X), [nd.array(s) for s in first], merge_outputs=True)
    wanted, last = expected(cell, step, X, first)
    close(outputs, wanted)
    for got, want in zip(states, last, strict=True):
        close(got, want)


@pytest.mark.parametrize("layout", ["NTC", "TNC"])
@pytest.mark.parametrize("merge", [None, False, True])
@pytest.mark.parametrize("listed", [False, True])
def test_unrolling_takes_and_gives_one_array_or_a_list(layout, merge, listed):
    cell = started(rnn.GRUCell(HIDDEN), nd.array(X))
    wanted, _ = expected(cell, gru_step, X, [np.zeros((BATCH, HIDDEN))])
    x = X if layout == "NTC" else X.swapaxes(0, 1)
    inputs = [nd.array(X[:, t]) for t in range(STEPS)] if listed else nd.array(x)
    outputs, _ = cell.unroll(STEPS, inputs, layout=layout, merge_outputs=merge)
    assert isinstance(outputs, list) is not merge or merge is None
    if isinstance(outputs, list):
        close(np.stack([o.asnumpy() for o in outputs], 1), wanted)
    else:
        close(outputs, wanted if layout == "NTC" else wanted.swapaxes(0, 1))


def test_a_stack_passes_outputs_up_and_states_along():
    for kind in (rnn.SequentialRNNCell, rnn.HybridSequentialRNNCell):
        stack = kind()
        stack.add(rnn.LSTMCell(HIDDEN))
        stack.add(rnn.DropoutCell(0.5))
        stack.add(rnn.ResidualCell(rnn.RNNCell(HIDDEN)))
        started(stack, nd.array(X))
        lower, (h, c) = expected(stack[0], lstm_step, X, [np.zeros((BATCH, HIDDEN))] * 2)
        upper, (top,) = expected(stack[2].base_cell, rnn_step, lower, [np.zeros((BATCH, HIDDEN))])
        outputs, states = stack.unroll(STEPS, nd.array(X), merge_outputs=True)
        close(outputs, lower + upper)
        for got, want in zip(states, [h, c, top], strict=True):
            close(got, want)
        one, after = stack(nd.array(X[:, 0]), stack.begin_state(BATCH))
        close(one, (lower + upper)[:, 0])
        assert [s.shape for s in after] == [(BATCH, HIDDEN)] * 3
        assert len(stack) == 3
        assert len(stack.state_info(2)) == 3


@pytest.mark.parametrize("merge", [False, True])
def test_both_directions_are_joined(merge):
    both = rnn.BidirectionalCell(rnn.LSTMCell(HIDDEN, prefix="l_"), rnn.GRUCell(2, prefix="r_"))
    started(both, nd.array(X))
    forwards, backwards = both._children.values()
    there, (h, c) = expected(forwards, lstm_step, X, [np.zeros((BATCH, HIDDEN))] * 2)
    back, (r,) = expected(backwards, gru_step, X[:, ::-1], [np.zeros((BATCH, 2))])
    outputs, states = both.unroll(STEPS, nd.array(X), merge_outputs=merge)
    if not merge:
        outputs = nd.stack(*outputs, axis=1)
    close(outputs, np.concatenate([there, back[:, ::-1]], axis=2))
    for got, want in zip(states, [h, c, r], strict=True):
        close(got, want)
    with pytest.raises(NotSupportedError, match=r"whole sequence; call unroll\(\)"):
        both(nd.array(X[:, 0]), states)


LENGTHS = [2, 4, 1]


@pytest.mark.parametrize("merge", [None, False, True])
@pytest.mark.parametrize("layout", ["NTC", "TNC"])
def test_sequences_that_end_earlier_give_zeros_and_keep_their_last_states(layout, merge):
    cell = started(rnn.LSTMCell(HIDDEN), nd.array(X))
    x = X if layout == "NTC" else X.swapaxes(0, 1)
    outputs, states = cell.unroll(
        STEPS, nd.array(x), layout=layout, merge_outputs=merge, valid_length=nd.array(LENGTHS)
    )
    if isinstance(outputs, list):
        outputs = nd.stack(*outputs, axis=0 if layout == "TNC" else 1)
    outputs = outputs.asnumpy() if layout == "NTC" else outputs.asnumpy().swapaxes(0, 1)
    for row, length in enumerate(LENGTHS):
        part = X[row : row + 1, :length]
        wanted, last = expected(cell, lstm_step, part, [np.zeros((1, HIDDEN))] * 2)
        close(outputs[row, :length], wanted[0])
        assert not outputs[row, length:].any()
        for got, want in zip(states, last, strict=True):
            close(got[row], want[0])


def test_both_directions_start_at_each_sequences_own_end():
    both = rnn.BidirectionalCell(rnn.RNNCell(HIDDEN, prefix="l_"), rnn.RNNCell(2, prefix="r_"))
    started(both, nd.array(X))
    forwards, backwards = both._children.values()
    outputs, states = both.unroll(STEPS, nd.array(X), merge_outputs=True, valid_length=nd.array(LENGTHS))
    outputs = outputs.asnumpy()
    for row, length in enumerate(LENGTHS):
        part = X[row : row + 1, :length]
        there, _ = expected(forwards, rnn_step, part, [np.zeros((1, HIDDEN))])
        back, (last,) = expected(backwards, rnn_step, part[:, ::-1], [np.zeros((1, 2))])
        close(outputs[row, :length], np.concatenate([there, back[:, ::-1]], axis=2)[0])
        assert not outputs[row, length:].any()
        close(states[1][row], last[0])


def test_a_residual_cell_adds_inputs_only_while_a_sequence_lasts():
    cell = rnn.ResidualCell(rnn.RNNCell(INPUTS))
    started(cell, nd.array(X))
    plain, _ = expected(cell.base_cell, rnn_step, X, [np.zeros((BATCH, INPUTS))])
    outputs, _ = cell.unroll(STEPS, nd.array(X), merge_outputs=True, valid_length=nd.array(LENGTHS))
    alive = np.arange(STEPS)[None, :, None] < np.array(LENGTHS)[:, None, None]
    close(outputs, (plain + X) * alive)


def test_an_unrolled_cell_is_a_graph_with_the_cells_parameters():
    cell = started(rnn.LSTMCell(HIDDEN, prefix="lstm_"), nd.array(X))
    outputs, states = cell.unroll(STEPS, sym.var("data"), merge_outputs=True)
    graph = sym.Group([outputs, *states])
    assert graph.list_arguments() == [
        "data",
        "lstm_i2h_weight",
        "lstm_i2h_bias",
        "lstm_h2h_weight",
        "lstm_h2h_bias",
    ]
    assert graph.list_outputs()[1:] == ["lstm_t3_out_output", "lstm_t3_state_output"]
    values = {name: p.data() for name, p in cell.collect_params().items()}
    got = graph.bind(cpu(), {"data": nd.array(X), **values}).forward()
    wanted, last = expected(cell, lstm_step, X, [np.zeros((BATCH, HIDDEN))] * 2)
    for g, w in zip(got, [wanted, *last], strict=True):
        close(g, w)


def test_zoneout_keeps_elements_of_the_step_before():
    cell = rnn.ZoneoutCell(rnn.RNNCell(50), zoneout_outputs=0.5, zoneout_states=0.5)
    cell.initialize("normal")
    x = nd.array(rng.normal(size=(4, 2, 3)))
    plain, _ = cell.unroll(2, x)
    base, _ = rnn.RNNCell(50, params=cell.params).unroll(2, x)
    for a, b in zip(plain, base, strict=True):
        close(a, b)
    with autograd.record():
        (first, second), (state,) = cell.unroll(2, x)
    kept = first.asnumpy() == 0
    assert 0.3 < kept.mean() < 0.7
    assert 0.3 < (second.asnumpy() == first.asnumpy()).mean() < 0.8
    assert state.shape == (4, 50)


def test_variables_as_begin_states():
    cell = rnn.LSTMCell(HIDDEN, prefix="cell_")
    states = cell.begin_state(func=sym.var)
    assert [s.name for s in states] == ["cell_begin_state_0", "cell_begin_state_1"]
    assert cell.begin_state(2, nd.ones)[0].asnumpy().sum() == 2 * HIDDEN


def test_names_of_the_cells():
    assert repr(started(rnn.RNNCell(HIDDEN), nd.array(X))) == "RNNCell(5 -> 6, tanh)"
    assert repr(rnn.LSTMCell(HIDDEN)) == "LSTMCell(None -> 24)"
    assert repr(rnn.ResidualCell(rnn.GRUCell(2, input_size=2))) == "ResidualCell(GRUCell(2 -> 6))"
    zoned = rnn.ZoneoutCell(rnn.GRUCell(2, input_size=1), 0.1)
    assert repr(zoned) == "ZoneoutCell(p_out=0.1, p_state=0.0, GRUCell(1 -> 6))"


def test_bad_input_is_named():
    cell = rnn.RNNCell(HIDDEN)
    cell.initialize()
    with pytest.raises(ShapeError, match=r"3 steps, but axis 1 of the inputs \(3, 4, 5\) has 4"):
        cell.unroll(3, nd.array(X))
    with pytest.raises(ShapeError, match="3 steps, but the list of inputs has 1"):
        cell.unroll(3, [nd.array(X)])
    with pytest.raises(ArgumentError, match="layout names the axes T, N and C"):
        cell.unroll(3, nd.array(X), layout="NCW")
    with pytest.raises(ArgumentError, match="takes an NDArray, a Symbol or a list of them, got str"):
        cell.unroll(1, "x")
    rnn.ResidualCell(cell)
    with pytest.raises(ArgumentError, match="belongs to a modifier cell"):
        cell.begin_state(2)
    with pytest.raises(ArgumentError, match="modified already"):
        rnn.ZoneoutCell(cell)
    with pytest.raises(ArgumentError, match="ZoneoutCell works step by step"):
        rnn.ZoneoutCell(rnn.BidirectionalCell(rnn.RNNCell(2), rnn.RNNCell(2)))
    with pytest.raises(ArgumentError, match="rate must be a number"):
        rnn.DropoutCell("half")


@pytest.mark.parametrize(
    ("states", "got"), [(None, "a NoneType"), ([nd.ones((2, 3))], "1 of them"), (3, "a int")]
)
def test_a_cell_says_how_many_states_it_takes(states, got):
    cell = rnn.LSTMCell(3, input_size=4, prefix="cell_")
    cell.initialize()
    with pytest.raises(ArgumentError, match=f"cell takes a list of 2 states, got {got}"):
        cell(nd.ones((2, 4)), states)
