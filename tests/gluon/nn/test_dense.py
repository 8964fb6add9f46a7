import numpy as np
import pytest

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


def test_dtype():
    layer = nn.Dense(3, dtype="float64")
    layer.initialize()
    assert layer(nd.ones((1, 2), dtype="float64")).dtype is np.float64
