"""Blocks called on JAX arrays, eagerly and inside JAX's transformations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench.errors import AutogradError
from workbench.gluon import Block, nn
from workbench.imperative import autograd, nd
from workbench.runtime import engine


@pytest.fixture(params=[False, True], ids=["imperative", "hybridized"])
def net(request):
    net = nn.HybridSequential()
    net.add(nn.Dense(4, activation="tanh", in_units=3), nn.BatchNorm(in_channels=4), nn.Dropout(0.5))
    net.add(nn.Dense(2, in_units=4))
    net.initialize("normal")
    net.hybridize(request.param)
    return net


X = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)


def test_a_jax_array_gives_a_jax_array(net):
    out = net(jnp.asarray(X))
    assert isinstance(out, jax.Array)
    np.testing.assert_allclose(out, net(nd.array(X)).asnumpy(), rtol=1e-6)


def test_jit_and_vmap(net):
    expected = net(nd.array(X)).asnumpy()
    np.testing.assert_allclose(jax.jit(net)(X), expected, rtol=1e-5)
    rows = jax.vmap(lambda row: net(row[None])[0])(jnp.asarray(X))
    np.testing.assert_allclose(rows, expected, rtol=1e-5)


def test_grad_agrees_with_backward(net):
    x = nd.array(X)
    x.attach_grad()
    with autograd.record(train_mode=False):
        loss = nd.square(net(x)).sum()
    loss.backward()
    found = jax.grad(lambda v: (net(v) ** 2).sum())(jnp.asarray(X))
    np.testing.assert_allclose(found, x.grad.asnumpy(), rtol=1e-5, atol=1e-7)


def test_waiting_operations_stay_outside(net):
    waiting = nd.array(X) * 2
    assert engine.pending()
    jax.jit(net)(X)
    np.testing.assert_array_equal(waiting.asnumpy(), X * 2)


def test_a_plain_block_works_too():
    class Double(Block):
        def forward(self, x, ys):
            return [x * 2, (ys[0] + x,)]

    first, (second,) = jax.jit(Double())(jnp.ones(2), [jnp.ones(2)])
    np.testing.assert_array_equal(first, [2, 2])
    np.testing.assert_array_equal(second, [2, 2])


def test_training_mode_is_refused(net):
    with (
        autograd.record(),
        pytest.raises(AutogradError, match=r"use \.to_jax\(train=True\), which returns them"),
    ):
        net(jnp.asarray(X))
