import numpy as np
import pytest

from workbench.gluon import nn
from workbench.imperative import autograd, nd

X = np.random.default_rng(0).normal(2, 3, size=(6, 3, 2)).astype(np.float32)


@pytest.mark.parametrize("hybridize", [False, True])
def test_training_uses_the_batch_and_moves_the_averages(hybridize):
    norm = nn.BatchNorm(momentum=0.8, epsilon=1e-3)
    norm.initialize()
    norm.hybridize(hybridize)
    with autograd.record():
        out = norm(nd.array(X))
    mean, var = X.mean((0, 2)), X.var((0, 2))
    expected = (X - mean[:, None]) / np.sqrt(var[:, None] + 1e-3)
    np.testing.assert_allclose(out.asnumpy(), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(norm.running_mean.data().asnumpy(), 0.2 * mean, rtol=1e-5)
    np.testing.assert_allclose(norm.running_var.data().asnumpy(), 0.8 + 0.2 * var, rtol=1e-5)
    moved = norm.running_mean.data().asnumpy()
    np.testing.assert_allclose(
        norm(nd.array(X)).asnumpy(),
        (X - moved[:, None]) / np.sqrt(0.8 + 0.2 * var[:, None] + 1e-3),
        rtol=1e-4,
        atol=1e-5,
    )
    np.testing.assert_array_equal(norm.running_mean.data().asnumpy(), moved)


def test_global_statistics_in_training_too():
    norm = nn.BatchNorm(use_global_stats=True, epsilon=0.0)
    norm.initialize()
    with autograd.record():
        out = norm(nd.array(X))
    np.testing.assert_allclose(out.asnumpy(), X, rtol=1e-6)
    np.testing.assert_array_equal(norm.running_mean.data().asnumpy(), 0)


def test_scale_and_shift_may_stay_fixed():
    norm = nn.BatchNorm(scale=False, center=False)
    assert (norm.gamma.grad_req, norm.beta.grad_req) == ("null", "null")
    assert nn.BatchNorm().gamma.grad_req == "write"


def test_channels_may_be_last():
    norm = nn.BatchNorm(axis=-1)
    norm.initialize()
    norm(nd.array(X))
    assert norm.gamma.shape == (2,)
    assert "in_channels=2" in repr(norm)


def test_statistics_stay_in_32_bits():
    norm = nn.BatchNorm()
    norm.cast("float16")
    assert norm.running_mean.dtype is np.float32
    norm.cast("float64")
    assert norm.running_mean.dtype is np.float64
