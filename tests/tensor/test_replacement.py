import numpy as np
import pytest

from workbench.gluon import nn
from workbench.gluon.block import HybridBlock
from workbench.gluon.model_zoo import vision
from workbench.imperative import autograd, nd
from workbench.symbolic import sym
from workbench.symbolic.symbol import load_json
from workbench.tensor.layers import FactorizedConv2D, FactorizedDense
from workbench.tensor.replacement import in_block, in_symbol
from workbench.tensor.site import sites

RNG = np.random.default_rng(0)


def values_of(net):
    return {name: p.data().asnumpy() for name, p in net.collect_params().items()}


def chosen(net, fraction=0.7):
    """Every layer of a network that can be factorised, with a rank."""
    found = sites(net(sym.var("data")), values_of(net))
    return [(site, site.rank_within(fraction * site.weight.size)) for site in found]


def by_weights(net, ranks, x):
    """What the network gives with weights that the factors stand for: the layers as they are."""
    before = values_of(net)
    for name, parameter in net.collect_params().items():
        parameter.set_data(next((s.weight_of(r) for s, r in ranks if s.parameter == name), before[name]))
    out = net(x).asnumpy()
    for name, parameter in net.collect_params().items():
        parameter.set_data(before[name])
    return out


class Listed(HybridBlock):
    """Keeps its layers in tuples beside its children, and one of them in two places."""

    def __init__(self):
        super().__init__()
        with self.name_scope():
            self.first = nn.Conv2D(12, 3, strides=2, padding=1, in_channels=3, activation="relu")
            self.second = nn.Conv2D(20, 1, in_channels=12, use_bias=False)
            self.last = nn.Dense(7, in_units=320, activation="sigmoid")
        self.stages = [(self.first, "first"), (self.second, "second")]

    def hybrid_forward(self, F, x):
        for layer, _ in self.stages:
            x = layer(x)
        return self.last(x)


def made(kind):
    net = {
        "listed": Listed,
        "bottleneck": lambda: vision.ResNetV2(
            vision.BottleneckV2, [1, 1], [8, 16, 24], classes=5, thumbnail=True
        ),
    }[kind]()
    net.initialize("xavier")
    x = nd.array(RNG.normal(size=(2, 3, 8, 8)))
    net(x)
    return net, x


@pytest.mark.parametrize("kind", ["listed", "bottleneck"])
def test_a_block_computes_with_factors_what_it_would_with_the_weight_they_stand_for(kind):
    net, x = made(kind)
    ranks = chosen(net)
    assert len(ranks) >= 3
    expected, untouched = by_weights(net, ranks, x), net(x).asnumpy()
    new = in_block(net, ranks)
    np.testing.assert_allclose(new(x).asnumpy(), expected, rtol=1e-3, atol=1e-4)
    new.hybridize()
    np.testing.assert_allclose(new(x).asnumpy(), expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(net(x).asnumpy(), untouched)
    replaced = {site.parameter for site, _ in ranks}
    assert not replaced & set(new.collect_params())
    assert set(net.collect_params()) - set(new.collect_params()) == replaced


def test_layers_stand_wherever_the_network_keeps_them():
    net, _ = made("listed")
    new = in_block(net, chosen(net))
    assert [type(layer) for layer in (new.first, new.second, new.last)] == [
        FactorizedConv2D,
        FactorizedConv2D,
        FactorizedDense,
    ]
    assert new.stages[0][0] is new.first is new._children["first"]
    assert new.first._parents == [new]
    assert new.last.act is not None
    assert new.second.bias is None


def test_the_copy_and_what_it_was_made_from_have_nothing_in_common():
    net, x = made("listed")
    net.hybridize()
    outside = nn.HybridSequential()
    outside.add(net)
    before = outside(x).asnumpy()
    new = in_block(net, chosen(net)[:1])
    assert new._parents == []
    with autograd.record():
        new(x).sum().backward()
    for parameter in new.collect_params().values():
        assert np.abs(parameter.grad().asnumpy()).max() > 0
        parameter.set_data(parameter.data() * 0)
    np.testing.assert_array_equal(outside(x).asnumpy(), before)
    assert new.stages[0][0].factors[0].grad_req == "write"


def test_a_symbol_computes_the_same_and_can_be_written_to_a_file():
    net, x = made("listed")
    ranks = chosen(net)
    symbol, values = in_symbol(net(sym.var("data")), values_of(net), ranks)
    read = load_json(symbol.tojson())
    out = read.eval(data=x, **{n: nd.array(v) for n, v in values.items()})[0].asnumpy()
    np.testing.assert_allclose(out, in_block(net, ranks)(x).asnumpy(), rtol=1e-4, atol=1e-5)
    assert set(read.list_inputs()) == {"data", *values}
    assert f"{net.prefix}conv0_core_weight" in values


def test_an_embedding_is_replaced_in_both_styles():
    net = nn.HybridSequential()
    net.add(nn.Embedding(30, 12), nn.Dense(3, in_units=48))
    net.initialize("xavier")
    x = nd.array([[1, 2, 3, 29], [0, 0, 7, 8]])
    net(x)
    ranks = chosen(net)
    assert [site.op for site, _ in ranks] == ["Embedding", "FullyConnected"]
    expected = by_weights(net, ranks, x)
    np.testing.assert_allclose(in_block(net, ranks)(x).asnumpy(), expected, rtol=1e-4, atol=1e-5)
    symbol, values = in_symbol(net(sym.var("data")), values_of(net), ranks)
    out = symbol.eval(data=x, **{n: nd.array(v) for n, v in values.items()})[0].asnumpy()
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-5)
