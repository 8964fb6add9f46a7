import numpy as np
import pytest

from tests.rnn.run import run, sigmoid
from workbench import rnn
from workbench.module import Module
from workbench.symbolic import sym


def dense(values, prefix, group, x):
    return x @ values[f"{prefix}{group}_weight"].T + values[f"{prefix}{group}_bias"]


@pytest.mark.parametrize("length", [1, 4])
def test_an_lstm(length):
    outputs, states = rnn.LSTMCell(5).unroll(length, sym.Variable("data"), merge_outputs=True)
    (found, h_last, c_last), values = run([outputs, *states], data=(3, length, 2))
    h = c = np.zeros((3, 5))
    for t in range(length):
        gates = dense(values, "lstm_", "i2h", values["data"][:, t]) + dense(values, "lstm_", "h2h", h)
        i, f, g, o = np.split(gates, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(found[:, t], h, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(h_last, h, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(c_last, c, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("length", [1, 4])
def test_a_gru(length):
    outputs, states = rnn.GRUCell(5).unroll(length, sym.Variable("data"), layout="TNC", merge_outputs=True)
    (found, last), values = run([outputs, *states], data=(length, 3, 2))
    h = np.zeros((3, 5))
    for t in range(length):
        i_r, i_z, i_o = np.split(dense(values, "gru_", "i2h", values["data"][t]), 3, axis=1)
        h_r, h_z, h_o = np.split(dense(values, "gru_", "h2h", h), 3, axis=1)
        z = sigmoid(i_z + h_z)
        h = (1 - z) * np.tanh(i_o + sigmoid(i_r + h_r) * h_o) + z * h
        np.testing.assert_allclose(found[t], h, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(last, h, rtol=1e-4, atol=1e-5)


def test_an_lstm_begins_by_remembering():
    outputs, _ = rnn.LSTMCell(2, forget_bias=3.0).unroll(1, sym.Variable("data"))
    module = Module(outputs[0], label_names=None)
    module.bind([("data", (1, 1, 4))])
    module.init_params()
    bias = module.get_params()[0]["lstm_i2h_bias"].asnumpy()
    assert bias.tolist() == [0, 0, 3, 3, 0, 0, 0, 0]


def test_nodes_are_named_as_in_mxnet():
    outputs, states = rnn.LSTMCell(2).unroll(2, sym.Variable("data"))
    assert sym.Group([*outputs, *states]).list_outputs() == [
        "lstm_t0_out_output",
        "lstm_t1_out_output",
        "lstm_t1_out_output",
        "lstm_t1_state_output",
    ]
    inner = sym.Group(rnn.GRUCell(2).unroll(1, sym.Variable("data"))[0]).get_internals().list_outputs()
    assert {"gru_t0__i2h_output", "gru_t0__i2h_slice_output2", "gru_t0__h_act_output"} <= set(inner)
