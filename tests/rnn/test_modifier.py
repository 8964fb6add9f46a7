from itertools import pairwise

import numpy as np
import pytest

from tests.rnn.run import run
from workbench import rnn
from workbench.errors import ArgumentError
from workbench.symbolic import sym

SHAPE = (2, 3, 4)


@pytest.mark.parametrize("merge", [True, False])
def test_a_residual_cell_adds_its_input(merge):
    inside = rnn.RNNCell(4)
    outputs, states = rnn.ResidualCell(inside).unroll(3, sym.Variable("data"), merge_outputs=merge)
    found, values = run(outputs, data=SHAPE)
    found = found[0] if merge else np.stack(found, 1)
    plain, _ = run(rnn.RNNCell(4).unroll(3, sym.Variable("data"), merge_outputs=True)[0], data=SHAPE)
    np.testing.assert_allclose(found, plain[0] + values["data"], rtol=1e-5, atol=1e-6)
    assert len(states) == 1
    if not merge:
        assert sym.Group(outputs).list_outputs()[0] == "rnn_t0_out_plus_residual_output"


def test_a_dropout_cell_drops_in_training():
    cell = rnn.DropoutCell(0.5)
    assert cell.state_info == cell.begin_state() == []
    whole, states = cell.unroll(20, sym.Variable("data"), merge_outputs=True)
    assert states == []
    (kept,), values = run(whole, data=(10, 20, 5))
    np.testing.assert_array_equal(kept, values["data"])
    (dropped,), values = run(whole, data=(10, 20, 5), is_train=True)
    gone = dropped == 0
    assert 0.4 < gone.mean() < 0.6
    np.testing.assert_allclose(dropped[~gone], 2 * values["data"][~gone], rtol=1e-5)
    steps, _ = cell.unroll(2, [sym.Variable("a"), sym.Variable("b")])
    assert len(steps) == 2


def test_zoneout_keeps_elements_as_they_were():
    outputs, _ = rnn.ZoneoutCell(rnn.RNNCell(50), zoneout_outputs=0.3).unroll(6, sym.Variable("data"))
    found, _ = run(list(outputs), data=(8, 6, 4), is_train=True)
    assert 0.2 < (found[0] == 0).mean() < 0.4
    stayed = [np.mean(a == b) for a, b in pairwise(found)]
    assert 0.2 < np.mean(stayed) < 0.4
    plain, _ = run(list(rnn.RNNCell(50).unroll(6, sym.Variable("data"))[0]), data=(8, 6, 4))
    resting, _ = run(list(outputs), data=(8, 6, 4))
    for one, other in zip(plain, resting, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_zoneout_of_states():
    cell = rnn.ZoneoutCell(rnn.LSTMCell(50), zoneout_states=0.3)
    _, states = cell.unroll(1, sym.Variable("data"))
    (h, c), _ = run(states, data=(8, 1, 4), is_train=True)
    assert 0.2 < (h == 0).mean() < 0.4
    assert 0.2 < (c == 0).mean() < 0.4


def test_the_cell_inside_is_called_through_its_modifier():
    inside = rnn.RNNCell(4)
    outer = rnn.ResidualCell(inside)
    assert outer.params is inside.params
    assert outer.state_info == inside.state_info
    with pytest.raises(ArgumentError, match="a modifier cell stands around this RNNCell; call that cell"):
        inside.begin_state()
    assert outer.begin_state()[0].name == "rnn_begin_state_0"
    assert rnn.ResidualCell(outer).begin_state()


def test_wrong_cells_are_refused():
    with pytest.raises(ArgumentError, match="ResidualCell: base_cell must be a BaseRNNCell, got 'cell'"):
        rnn.ResidualCell("cell")
    with pytest.raises(ArgumentError, match=r"DropoutCell: dropout must be a number from 0 to 1, got 2"):
        rnn.DropoutCell(2)
    both = rnn.BidirectionalCell(rnn.RNNCell(2, prefix="l_"), rnn.RNNCell(2, prefix="r_"))
    stack = rnn.SequentialRNNCell()
    stack.add(both)
    for cell in (both, stack, rnn.FusedRNNCell(3)):
        with pytest.raises(ArgumentError, match=f"a {type(cell).__name__} only unrolls; unfuse"):
            rnn.ZoneoutCell(cell)
