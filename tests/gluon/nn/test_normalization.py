"""Normalisation of each example, and padding, against NumPy, imperative and hybridized."""

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotSupportedError
from workbench.gluon import contrib, nn
from workbench.imperative import autograd, nd

X = np.random.default_rng(0).normal(size=(2, 4, 3, 5)).astype(np.float32)


def normal(x, over):
    return (x - x.mean(over, keepdims=True)) / np.sqrt(x.var(over, keepdims=True) + 1e-5)


def grouped(x, groups):
    return normal(x.reshape(2, groups, -1, 3, 5), (2, 3, 4)).reshape(x.shape)


LAYERS = {
    "layer": (nn.LayerNorm(), normal(X, (3,)), 3),
    "layer of channels": (nn.LayerNorm(axis=1), normal(X, (1,)), 1),
    "instance": (nn.InstanceNorm(scale=True), normal(X, (2, 3)), 1),
    "instance of another axis": (nn.InstanceNorm(axis=2, scale=True), normal(X, (1, 3)), 2),
    "group": (nn.GroupNorm(2), grouped(X, 2), None),
}


@pytest.mark.parametrize("hybridize", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_against_numpy(name, hybridize):
    layer, plain, axis = LAYERS[name]
    layer.initialize(force_reinit=True)
    layer.hybridize(hybridize)
    layer(nd.array(X))
    sizes = layer.gamma.shape
    gamma, beta = np.linspace(0.5, 2, *sizes, dtype=np.float32), np.linspace(-1, 1, *sizes, dtype=np.float32)
    layer.gamma.set_data(gamma)
    layer.beta.set_data(beta)
    along = np.repeat(np.arange(2), 2) if axis is None else np.arange(sizes[0])
    shape = [-1 if a == (1 if axis is None else axis) else 1 for a in range(4)]
    wanted = plain * gamma[along].reshape(shape) + beta[along].reshape(shape)
    np.testing.assert_allclose(layer(nd.array(X)).asnumpy(), wanted, rtol=1e-4, atol=1e-5)


def test_what_is_not_learned_keeps_no_gradient():
    layer = nn.LayerNorm(center=False, scale=False)
    assert (layer.gamma.grad_req, layer.beta.grad_req) == ("null", "null")
    assert nn.InstanceNorm().gamma.grad_req == "null"
    assert repr(nn.LayerNorm(in_channels=3)) == (
        "LayerNorm(eps=1e-05, axis=-1, center=True, scale=True, in_channels=3)"
    )
    assert repr(nn.GroupNorm(2)) == "GroupNorm(eps=1e-05, num_groups=2, center=True, scale=True)"


@pytest.mark.parametrize("hybridize", [False, True])
def test_normalised_and_rectified(hybridize):
    both, plain = nn.BatchNormReLU(), nn.BatchNorm()
    for layer in (both, plain):
        layer.initialize()
        layer.hybridize(hybridize)
    with autograd.record():
        got, wanted = both(nd.array(X)), plain(nd.array(X))
    np.testing.assert_allclose(got.asnumpy(), np.maximum(wanted.asnumpy(), 0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(both.running_mean.data().asnumpy(), plain.running_mean.data().asnumpy())
    assert repr(both).startswith("BatchNormReLU(axis=1, eps=1e-05")


def test_statistics_are_not_shared_between_devices():
    assert contrib.nn.SyncBatchNorm(num_devices=1).prefix.startswith("syncbatchnorm")
    with pytest.raises(NotSupportedError, match=r"num_devices=2\): each device normalises by its own batch"):
        contrib.nn.SyncBatchNorm(num_devices=2)


@pytest.mark.parametrize("hybridize", [False, True])
def test_reflections(hybridize):
    layer = nn.ReflectionPad2D(2)
    layer.hybridize(hybridize)
    wanted = np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2)), "reflect")
    np.testing.assert_array_equal(layer(nd.array(X)).asnumpy(), wanted)
    uneven = nn.ReflectionPad2D((0, 0, 0, 0, 1, 0, 0, 2))(nd.array(X)).asnumpy()
    np.testing.assert_array_equal(uneven, np.pad(X, ((0, 0), (0, 0), (1, 0), (0, 2)), "reflect"))
    with pytest.raises(ArgumentError, match=r"padding is one number or eight, got \(1, 2\)"):
        nn.ReflectionPad2D((1, 2))
