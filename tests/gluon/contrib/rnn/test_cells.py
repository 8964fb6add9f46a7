"""Variational dropout and the projected LSTM against NumPy."""

import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.gluon import contrib, rnn
from workbench.imperative import autograd, nd

rng = np.random.default_rng(0)
X = rng.normal(size=(2, 3, 4)).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("hybridize", [False, True])
def test_a_projected_lstm_steps_as_numpy_does(hybridize):
    cell = contrib.rnn.LSTMPCell(5, 3, input_size=4, prefix="p_")
    assert repr(cell) == "LSTMPCell(4 -> 20 -> 3)"
    assert repr(contrib.rnn.LSTMPCell(5, 3)) == "LSTMPCell(None -> 20 -> 3)"
    cell.initialize("normal")
    for parameter in cell.collect_params().values():
        parameter.set_data(rng.normal(scale=0.5, size=parameter.shape))
    cell.hybridize(hybridize)
    outputs, states = cell.unroll(3, nd.array(X), merge_outputs=True)
    w, u, v, b, c = (
        cell.params["p_" + n].data().asnumpy()
        for n in ("i2h_weight", "h2h_weight", "h2r_weight", "i2h_bias", "h2h_bias")
    )
    r, memory = np.zeros((2, 3)), np.zeros((2, 5))
    for t in range(3):
        i, f, g, o = np.split(X[:, t] @ w.T + b + r @ u.T + c, 4, axis=1)
        memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(g)
        r = (sigmoid(o) * np.tanh(memory)) @ v.T
        np.testing.assert_allclose(outputs.asnumpy()[:, t], r, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(states[1].asnumpy(), memory, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("hybridize", [False, True])
def test_one_mask_lasts_a_sequence(hybridize):
    cell = contrib.rnn.VariationalDropoutCell(rnn.RNNCell(50), drop_outputs=0.5)
    cell.initialize("normal")
    cell.hybridize(hybridize)
    quiet, _ = cell.unroll(3, nd.array(X), merge_outputs=True)
    assert (quiet.asnumpy() != 0).all()
    with autograd.record():
        first, _ = cell.unroll(3, nd.array(X), merge_outputs=True)
        second, _ = cell.unroll(3, nd.array(X), merge_outputs=True)
    dropped = first.asnumpy() == 0
    assert 0.3 < dropped.mean() < 0.7
    assert (dropped == dropped[:, :1]).all()
    assert (dropped != (second.asnumpy() == 0)).any()


def test_states_and_inputs_can_be_dropped():
    cell = contrib.rnn.VariationalDropoutCell(rnn.LSTMCell(6), drop_inputs=0.5, drop_states=0.5)
    cell.initialize("normal")
    with autograd.record():
        outputs, states = cell.unroll(3, nd.array(X), merge_outputs=True)
    assert outputs.shape == (2, 3, 6)
    assert len(states) == 2
    assert repr(cell) == "VariationalDropoutCell(p_out = 0.0, p_state = 0.5)"
    both = rnn.BidirectionalCell(rnn.RNNCell(2), rnn.RNNCell(2))
    with pytest.raises(ArgumentError, match="VariationalDropoutCell works step by step"):
        contrib.rnn.VariationalDropoutCell(both, drop_states=0.5)
