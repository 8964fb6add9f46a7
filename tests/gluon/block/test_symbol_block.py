"""Symbols as layers."""

import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.gluon import SymbolBlock, nn
from workbench.imperative import autograd, nd
from workbench.symbolic import sym


def graph():
    x = sym.FullyConnected(sym.var("data"), num_hidden=3, name="fc")
    return sym.BatchNorm(x, name="bn", fix_gamma=False)


def test_a_symbol_learns_as_a_layer():
    net = nn.HybridSequential()
    net.add(SymbolBlock(graph(), sym.var("data")), nn.Dense(1))
    net.initialize("normal")
    assert list(net.collect_params())[:2] == ["fc_weight", "fc_bias"]
    x = nd.array(np.arange(8).reshape(4, 2))
    with autograd.record():
        loss = nd.square(net(x)).sum()
    loss.backward()
    block = net[0]
    assert block.params["fc_weight"].shape == (3, 2)
    assert np.abs(block.params["fc_weight"].grad().asnumpy()).sum() > 0
    moved = block.params["bn_moving_mean"].data().asnumpy()
    assert np.abs(moved).sum() > 0
    imperative = net(x).asnumpy()
    net.hybridize()
    np.testing.assert_allclose(net(x).asnumpy(), imperative, rtol=1e-5, atol=1e-6)


def test_inputs_are_variables():
    with pytest.raises(ArgumentError, match="the input 'fc' is computed; inputs are variables"):
        SymbolBlock(graph(), sym.FullyConnected(sym.var("data"), num_hidden=1, name="fc"))


def test_the_number_of_inputs_is_checked():
    block = SymbolBlock(graph(), [sym.var("data")])
    block.initialize()
    with pytest.raises(ArgumentError, match=r"symbolblock\d+ takes 1 inputs, got 2"):
        block(nd.ones((1, 2)), nd.ones((1, 2)))
