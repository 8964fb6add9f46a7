import numpy as np
import pytest

from tests.rnn.run import run
from workbench import rnn
from workbench.errors import ArgumentError, NotSupportedError, ShapeError
from workbench.imperative import nd
from workbench.module import Module
from workbench.runtime.device import cpu
from workbench.symbolic import sym
from workbench.train.initializer import Uniform
from workbench.train.initializer.fused_rnn import GATES


@pytest.mark.parametrize("mode", GATES)
@pytest.mark.parametrize("both", [False, True], ids=["one way", "both ways"])
def test_fused_and_unfused_agree_on_the_same_weights(mode, both):
    fused = rnn.FusedRNNCell(3, 2, mode, bidirectional=both, prefix="f_")
    outputs, states = fused.unroll(4, sym.Variable("data"), merge_outputs=True)
    assert (states, outputs.list_arguments()) == ([], ["data", "f_parameters"])
    (found,), values = run(outputs, data=(2, 4, 5))
    weights = fused.unpack_weights({"f_parameters": nd.array(values["f_parameters"])})
    cells = fused.unfuse()
    unrolled, _ = cells.unroll(4, sym.Variable("data"), merge_outputs=True)
    packed = cells.pack_weights(weights)
    assert {"data", *packed} == set(unrolled.list_arguments())
    (expected,) = unrolled.bind(cpu(), {"data": nd.array(values["data"]), **packed}).forward()
    np.testing.assert_allclose(found, expected.asnumpy(), rtol=1e-4, atol=1e-5)
    again = fused.pack_weights(weights)
    np.testing.assert_array_equal(again["f_parameters"].asnumpy(), values["f_parameters"])


@pytest.mark.parametrize(("mode", "count"), [("lstm", 2), ("gru", 1)])
@pytest.mark.parametrize("layout", ["NTC", "TNC"])
def test_last_states_can_start_the_next_sequence(mode, count, layout):
    cell = rnn.FusedRNNCell(3, 2, mode, get_next_state=True)
    data = sym.Variable("data")
    whole, _ = cell.unroll(4, data, layout=layout, merge_outputs=True)
    axis = layout.index("T")
    first, middle = cell.unroll(2, sym.slice_axis(data, axis=axis, begin=0, end=2), layout=layout)
    assert len(middle) == count
    second, last = cell.unroll(
        2, sym.slice_axis(data, axis=axis, begin=2, end=4), begin_state=middle, layout=layout
    )
    shape = (2, 4, 5) if layout == "NTC" else (4, 2, 5)
    found, _ = run([whole, first, second, *last], data=shape)
    np.testing.assert_allclose(found[0], np.concatenate(found[1:3], axis), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[3][1], found[0].take(-1, axis), rtol=1e-5, atol=1e-6)


def test_outputs_one_a_step():
    outputs, _ = rnn.FusedRNNCell(3).unroll(2, [sym.Variable("a"), sym.Variable("b")], merge_outputs=False)
    found, _ = run(list(outputs), a=(2, 4), b=(2, 4))
    assert [each.shape for each in found] == [(2, 3), (2, 3)]


def test_dropout_lies_between_layers():
    cell = rnn.FusedRNNCell(3, 2, dropout=0.5)
    unfused = cell.unfuse()
    assert [type(c).__name__ for c in unfused._cells] == ["LSTMCell", "DropoutCell", "LSTMCell"]
    outputs, _ = cell.unroll(2, sym.Variable("data"))
    (resting,), _ = run(outputs, data=(4, 2, 5))
    (training,), _ = run(outputs, data=(4, 2, 5), is_train=True)
    assert not np.allclose(resting, training)


def test_its_parameters_begin_part_by_part():
    outputs, _ = rnn.FusedRNNCell(3, 2, forget_bias=2.0).unroll(2, sym.Variable("data"))
    module = Module(outputs, label_names=None)
    module.bind([("data", (1, 2, 5))])
    module.init_params(Uniform(0.1))
    weights = rnn.FusedRNNCell(3, 2).unpack_weights(module.get_params()[0])
    for name, array in weights.items():
        value = array.asnumpy()
        if name.endswith("bias"):
            assert (value == (2 if name.endswith("_f_bias") else 0)).all(), name
        else:
            assert 0 < np.abs(value).max() <= 0.1, name
            assert len(set(value.ravel())) > 1, name


def test_wrong_use_is_named():
    cell = rnn.FusedRNNCell(3)
    with pytest.raises(NotSupportedError, match=r"no single step; unroll\(\) it, or unfuse\(\)"):
        cell(sym.Variable("x"), [])
    with pytest.raises(ArgumentError, match=r"mode must be one of 'rnn_relu', .*, got 'lstmm'"):
        rnn.FusedRNNCell(3, mode="lstmm")
    with pytest.raises(ArgumentError, match="unrolls 'NTC' or 'TNC', got 'CTN'"):
        cell.unroll(2, sym.Variable("x"), layout="CTN")
    with pytest.raises(ArgumentError, match="'lstm_parameters' is not among the parameters"):
        cell.unpack_weights({})
    with pytest.raises(ShapeError, match="100 parameters fit no lstm of 1 layers of 3; with one input"):
        cell.unpack_weights({"lstm_parameters": nd.ones((100,))})
    with pytest.raises(ArgumentError, match="'lstm_l0_i2h_i_weight' is not among the parameters"):
        cell.pack_weights({})
    with pytest.raises(ArgumentError, match="'lstm_l0_i2h_f_weight' is not among the parameters"):
        cell.pack_weights({"lstm_l0_i2h_i_weight": nd.ones((3, 2))})
