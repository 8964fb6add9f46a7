"""Fused layers against the stacks of cells they stand for, which are tested against NumPy."""

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotSupportedError, ShapeError
from workbench.gluon import nn, rnn
from workbench.imperative import autograd, nd
from workbench.symbolic import sym

rng = np.random.default_rng(0)
STEPS, BATCH, INPUTS, HIDDEN = 4, 3, 5, 6
X = rng.normal(size=(STEPS, BATCH, INPUTS)).astype(np.float32)
KINDS = {
    "relu": rnn.RNN,
    "tanh": lambda *args, **kwargs: rnn.RNN(*args, activation="tanh", **kwargs),
    "lstm": rnn.LSTM,
    "gru": rnn.GRU,
}


def filled(layer, x):
    layer.initialize("normal")
    layer(x)
    for parameter in layer.collect_params().values():
        parameter.set_data(nd.array(rng.normal(scale=0.5, size=parameter.shape)))
    return layer


def results(run, params):
    with autograd.record():
        outputs = run()
        nd.square(outputs).sum().backward()
    return [outputs.asnumpy(), *[p.grad().asnumpy() for p in params.values()]]


@pytest.mark.parametrize("hybridize", [False, True])
@pytest.mark.parametrize(("layers", "bidirectional", "layout"), [(1, False, "TNC"), (2, True, "NTC")])
@pytest.mark.parametrize("name", KINDS)
def test_a_layer_is_the_stack_of_its_cells(name, layers, bidirectional, layout, hybridize):
    layer = KINDS[name](HIDDEN, layers, layout=layout, bidirectional=bidirectional, prefix="net_")
    x = nd.array(X if layout == "TNC" else X.swapaxes(0, 1))
    filled(layer, x)
    layer.hybridize(hybridize)
    cells = layer._unfuse()
    assert set(cells.collect_params()) == set(layer.collect_params())
    wanted = results(lambda: cells.unroll(STEPS, x, layout=layout, merge_outputs=True)[0], layer.params)
    got = results(lambda: layer(x), layer.params)
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_states_are_taken_and_given():
    layer = filled(rnn.LSTM(HIDDEN, prefix="net_"), nd.array(X))
    begin = [nd.array(rng.normal(size=(1, BATCH, HIDDEN))) for _ in range(2)]
    outputs, (h, c) = layer(nd.array(X), begin)
    wanted, (last_h, last_c) = layer._unfuse().unroll(
        STEPS, nd.array(X), [s[0] for s in begin], layout="TNC", merge_outputs=True
    )
    for one, other in ((outputs, wanted), (h[0], last_h), (c[0], last_c)):
        np.testing.assert_allclose(one.asnumpy(), other.asnumpy(), rtol=1e-4, atol=1e-5)
    outputs, state = filled(rnn.GRU(2), nd.array(X))(nd.array(X), nd.zeros((1, BATCH, 2)))
    assert [s.shape for s in state] == [(1, BATCH, 2)]


def test_sequences_of_their_own_lengths():
    lengths = nd.array([2, 4, 1])
    layer = rnn.GRU(HIDDEN, use_sequence_length=True, input_size=INPUTS, prefix="net_")
    layer.initialize("normal")
    outputs, (state,) = layer(nd.array(X), layer.begin_state(BATCH), lengths)
    wanted, (last,) = layer._unfuse().unroll(
        STEPS, nd.array(X), layout="TNC", merge_outputs=True, valid_length=lengths
    )
    np.testing.assert_allclose(outputs.asnumpy(), wanted.asnumpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(state[0].asnumpy(), last.asnumpy(), rtol=1e-4, atol=1e-5)


def test_parameters_have_mxnets_names_and_places(tmp_path):
    layer = rnn.LSTM(HIDDEN, 2, bidirectional=True, input_size=INPUTS, prefix="lstm_")
    names = list(layer.collect_params())
    assert names[:5] == [
        "lstm_l0_i2h_weight",
        "lstm_l0_h2h_weight",
        "lstm_l0_i2h_bias",
        "lstm_l0_h2h_bias",
        "lstm_r0_i2h_weight",
    ]
    assert layer.params["lstm_r1_i2h_weight"].shape == (4 * HIDDEN, 2 * HIDDEN)
    assert "_unfused.1.r_cell.h2h_bias" in layer._structural()
    assert "_unfused.0.i2h_weight" in rnn.GRU(2, input_size=1)._structural()
    layer.initialize("normal")
    layer.save_parameters(tmp_path / "lstm.params")
    other = rnn.LSTM(HIDDEN, 2, bidirectional=True, input_size=INPUTS)
    other.load_parameters(tmp_path / "lstm.params")
    np.testing.assert_array_equal(other(nd.array(X)).asnumpy(), layer(nd.array(X)).asnumpy())


def test_inside_a_hybridized_network_the_inputs_are_learned_from_data():
    net = nn.HybridSequential()
    net.add(rnn.LSTM(HIDDEN, layout="NTC"), nn.Dense(2))
    net.initialize()
    net.hybridize()
    assert net(nd.array(X)).shape == (STEPS, 2)
    assert net[0].l0_i2h_weight.shape == (4 * HIDDEN, INPUTS)
    graph = net(sym.var("data"))
    assert graph.infer_shape(data=X.shape)[1] == [(STEPS, 2)]


def test_dropout_between_layers_only_in_training():
    layer = filled(rnn.GRU(50, 2, dropout=0.5), nd.array(X))
    quiet = [layer(nd.array(X)).asnumpy() for _ in range(2)]
    with autograd.record():
        loud = [layer(nd.array(X)).asnumpy() for _ in range(2)]
    np.testing.assert_array_equal(*quiet)
    assert np.abs(loud[0] - loud[1]).max() > 1e-3


def test_names_of_the_layers():
    assert repr(rnn.RNN(6)) == "RNN(None -> 6, TNC)"
    shown = repr(rnn.LSTM(6, 2, "NTC", 0.5, True, 3))
    assert shown == "LSTM(3 -> 6, NTC, num_layers=2, dropout=0.5, bidirectional)"
    states = rnn.LSTM(6, prefix="l_").begin_state(func=sym.var)
    assert [s.name for s in states] == ["l_h0_0", "l_h0_1"]


def test_bad_input_is_named():
    with pytest.raises(ArgumentError, match="layout is 'TNC' or 'NTC', got 'NCT'"):
        rnn.GRU(2, layout="NCT")
    with pytest.raises(ArgumentError, match="activation is 'relu' or 'tanh', got 'elu'"):
        rnn.RNN(2, activation="elu")
    with pytest.raises(NotSupportedError, match="projection_size"):
        rnn.LSTM(2, projection_size=1)
    with pytest.raises(NotSupportedError, match="clipped states"):
        rnn.LSTM(2, state_clip_max=1.0)
    with pytest.raises(ArgumentError, match="use_sequence_length=True, and called without sequence_length"):
        rnn.GRU(2, use_sequence_length=True)(nd.array(X))
    layer = rnn.LSTM(2, prefix="lstm_")
    layer.initialize()
    with pytest.raises(
        ShapeError, match=r"lstm takes states of shapes \(1, 3, 2\), \(1, 3, 2\), got \(1, 2\)"
    ):
        layer(nd.array(X), nd.zeros((1, 2)))
    with pytest.raises(ShapeError, match=r"lstm takes inputs of three axes, TNC: .*; got shape \(3, 2\)"):
        layer(nd.ones((3, 2)))


def test_states_begin_in_the_layers_dtype():
    layer = rnn.GRU(5, num_layers=2, input_size=4)
    assert layer.state_info(3) == [{"shape": (2, 3, 5), "__layout__": "LNC", "dtype": "float32"}]
    layer.cast("float16")
    assert layer.state_info(3)[0]["dtype"] == "float16"
    assert [s.dtype for s in layer.begin_state(3)] == [np.float16]
    assert [s.dtype for s in layer.begin_state(3, dtype="float64")] == [np.float64]
    assert [s.dtype for s in rnn.LSTM(5, dtype="float64").begin_state(3)] == [np.float64] * 2
