"""autograd.get_symbol: the symbol of what was recorded computes the same values and gradients."""

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, engine, nd
from workbench.errors import ArgumentError, AutogradError, NotSupportedError, UnknownNameError

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], np.float32)


@pytest.fixture(params=["naive", "bulked"], autouse=True)
def mode(request):
    with engine.naive() if request.param == "naive" else engine.bulk(2000):
        yield


def marked(value=X):
    x = nd.array(value)
    x.attach_grad()
    return x


def test_marked_arrays_and_others_become_variables():
    x, w, c = marked(), marked(X + 1), nd.array(X)
    with autograd.record():
        y = nd.relu(x * w + 1) * c
    symbol = autograd.get_symbol(y)
    assert symbol.list_arguments() == ["var0", "var1", "null5"]
    assert symbol.list_outputs() == ["node_6_output"]
    (got,) = symbol.eval(var0=x, var1=w, null5=c)
    np.testing.assert_allclose(got.asnumpy(), y.asnumpy(), rtol=1e-6)


def test_a_recording_with_several_outputs_and_shared_parts_survives_a_file():
    x = marked()
    with autograd.record():
        h = nd.tanh(x)
        first, second = nd.split(h, num_outputs=2, axis=0)
        y = nd.dot(first * h, second, transpose_b=True) + h.sum(axis=1, keepdims=True)
    y.wait_to_read()
    symbol = mx.sym.load_json(autograd.get_symbol(y).tojson())
    (got,) = symbol.eval(var0=x)
    np.testing.assert_allclose(got.asnumpy(), y.asnumpy(), rtol=1e-5)
    executor = symbol.bind(mx.cpu(), {"var0": x}, {"var0": nd.zeros(X.shape)})
    executor.forward(is_train=True)
    executor.backward(nd.ones(y.shape))
    y.backward()
    np.testing.assert_allclose(executor.grad_dict["var0"].asnumpy(), x.grad.asnumpy(), rtol=1e-5)


@pytest.mark.parametrize("hybridized", [False, True])
def test_a_block_becomes_the_operators_inside_it_random_ones_and_states_too(hybridized):
    net = mx.gluon.nn.HybridSequential()
    net.add(mx.gluon.nn.Dense(4), mx.gluon.nn.Dropout(0.5), mx.gluon.nn.BatchNorm(), mx.gluon.nn.Dense(2))
    net.initialize()
    net(nd.array(X))
    net.hybridize(hybridized)
    with autograd.record():
        y = net(nd.array(X))
    symbol = autograd.get_symbol(y)
    kinds = [node.op for node in symbol.nodes if not node.is_variable]
    assert [k for k in kinds if k != "Flatten"] == [
        "FullyConnected",
        "Dropout",
        "BatchNorm",
        "FullyConnected",
    ]
    assert len(symbol.list_auxiliary_states()) == 2
    assert symbol.infer_shape(null0=(2, 3))[1] == [(2, 2)]


def test_a_variable_is_its_own_symbol():
    assert autograd.get_symbol(marked()).list_arguments() == ["var0"]


def test_what_was_not_recorded_has_no_symbol():
    x = marked()
    with pytest.raises(AutogradError, match=r"get_symbol\(\) of an array that was not recorded"):
        autograd.get_symbol(nd.ones((2,)))
    with autograd.record():
        y = x * x
    y.backward()
    with pytest.raises(AutogradError, match=r"and before backward\(\)"):
        autograd.get_symbol(y)
    with pytest.raises(ArgumentError, match="takes an NDArray, got int"):
        autograd.get_symbol(3)
    with pytest.raises(UnknownNameError, match=r"autograd has no 'get_symbl'. Did you mean 'get_symbol'\?"):
        autograd.get_symbl  # noqa: B018 (looking the name up is the point)


def test_a_function_has_no_symbol():
    class Twice(autograd.Function):
        def forward(self, x):
            return x * 2

        def backward(self, dy):
            return dy * 2

    x = marked()
    with autograd.record():
        y = Twice()(x) + 1
    with pytest.raises(NotSupportedError, match="through the Function Twice: Python code is no graph"):
        autograd.get_symbol(y)
