import numpy as np
import pytest

from workbench.errors import DTypeError
from workbench.gluon import nn
from workbench.imperative import nd


def filled(layer, *shape):
    layer.initialize("normal")
    x = nd.array(np.random.default_rng(0).normal(size=shape))
    return x, layer(x).asnumpy()


@pytest.mark.parametrize(
    ("flatten", "shape", "rows"),
    [(True, (2, 3, 4), (2, 12)), (False, (2, 3, 4), (2, 3, 4)), (True, (2, 5), (2, 5))],
)
def test_it_multiplies_and_adds(flatten, shape, rows):
    layer = nn.Dense(6, flatten=flatten, bias_initializer="ones")
    x, out = filled(layer, *shape)
    weight = layer.weight.data().asnumpy()
    np.testing.assert_allclose(out, x.asnumpy().reshape(rows) @ weight.T + 1, rtol=1e-4, atol=1e-6)


def test_activation_and_no_bias():
    layer = nn.Dense(3, activation="relu", use_bias=False)
    x, out = filled(layer, 4, 2)
    np.testing.assert_allclose(
        out, np.maximum(x.asnumpy() @ layer.weight.data().asnumpy().T, 0), rtol=1e-4, atol=1e-7
    )
    assert list(layer.collect_params()) == [layer.weight.name]
    assert repr(layer) == "Dense(2 -> 3, Activation(relu))"


@pytest.mark.parametrize("dtype", ["float64", "float16", "int32", "uint8"])
@pytest.mark.parametrize("state", ["waits", "knows", "hybridized"])
def test_another_dtype_is_refused_with_the_layers_name(dtype, state):
    layer = nn.Dense(3, in_units=0 if state == "waits" else 2, prefix="first_")
    net = nn.HybridSequential(prefix="net_")
    net.add(layer, nn.Dense(4))
    net.initialize()
    if state == "hybridized":
        net.hybridize()
    where = "HybridSequential 'net_'" if state == "hybridized" else "Dense 'first_'"
    text = rf"^{where.replace('_', '')}: FullyConnected .*data is {dtype} and weight float32, which must be the same"
    with pytest.raises(DTypeError, match=text) as raised:
        net(nd.ones((1, 2), dtype=dtype))
    assert str(raised.value).count("data is") == 1
    assert "data.astype('float32')" in str(raised.value)
    if state == "hybridized":
        assert "'first_fwd'" in str(raised.value)


def test_a_float16_network_says_what_it_wants():
    layer = nn.Dense(3, in_units=2)
    layer.initialize()
    layer.cast("float16")
    with pytest.raises(DTypeError, match=r"data is float32 and weight float16, .* data\.astype\('float16'\)"):
        layer(nd.ones((1, 2)))
    assert layer(nd.ones((1, 2), dtype="float16")).dtype is np.float16


def test_dtype():
    layer = nn.Dense(3, dtype="float64")
    layer.initialize()
    assert layer(nd.ones((1, 2), dtype="float64")).dtype is np.float64
