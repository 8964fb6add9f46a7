"""The small layers against NumPy, imperative and hybridized."""

import math

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotSupportedError
from workbench.gluon import nn
from workbench.imperative import autograd, nd
from workbench.symbolic import sym

X = np.array([[-2.0, -0.5, 0.0], [0.5, 1.0, 3.0]], np.float32)
gauss = np.vectorize(lambda v: 0.5 * (1 + math.erf(v / math.sqrt(2))))
sigmoid = 1 / (1 + np.exp(-X))
LAYERS = {
    "relu": (nn.Activation("relu"), np.maximum(X, 0)),
    "sigmoid": (nn.Activation("sigmoid"), sigmoid),
    "softrelu": (nn.Activation("softrelu"), np.log1p(np.exp(X))),
    "leaky": (nn.LeakyReLU(0.1), np.where(X > 0, X, 0.1 * X)),
    "prelu": (nn.PReLU(), np.where(X > 0, X, 0.25 * X)),
    "prelu_channels": (nn.PReLU(0.5, in_channels=3), np.where(X > 0, X, 0.5 * X)),
    "elu": (nn.ELU(2.0), np.where(X > 0, X, 2 * np.expm1(X))),
    "selu": (nn.SELU(), 1.0507009873554805 * np.where(X > 0, X, 1.6732632423543772 * np.expm1(X))),
    "gelu": (nn.GELU(), X * gauss(X)),
    "swish": (nn.Swish(2.0), X / (1 + np.exp(-2 * X))),
    "flatten": (nn.Flatten(), X),
    "lambda": (nn.HybridLambda("tanh"), np.tanh(X)),
    "function": (nn.HybridLambda(lambda F, x: F.relu(x) + 1), np.maximum(X, 0) + 1),
}


@pytest.mark.parametrize("hybridize", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_against_numpy(name, hybridize):
    layer, expected = LAYERS[name]
    for parameter in layer.collect_params().values():
        parameter.initialize(force_reinit=True)
    layer.hybridize(hybridize)
    np.testing.assert_allclose(layer(nd.array(X)).asnumpy(), expected, rtol=1e-5, atol=1e-6)


def test_dropout_drops_in_training_only():
    drop = nn.Dropout(0.5)
    x = nd.ones((100, 100))
    np.testing.assert_array_equal(drop(x).asnumpy(), np.ones((100, 100)))
    with autograd.record():
        out = drop(x).asnumpy()
        kept = nn.Dropout(0)(x).asnumpy()
        rows = nn.Dropout(0.5, axes=(1,))(x).asnumpy()
    assert set(np.unique(out)) == {0, 2}
    assert 0.4 < (out == 0).mean() < 0.6
    np.testing.assert_array_equal(kept, np.ones((100, 100)))
    assert (rows == rows[:, :1]).all()
    assert repr(drop) == "Dropout(p = 0.5, axes=())"


def test_embedding_looks_rows_up():
    layer = nn.Embedding(4, 3)
    layer.initialize("normal")
    index = nd.array([[0, 3], [3, 1]])
    rows = layer.weight.data().asnumpy()
    np.testing.assert_array_equal(layer(index).asnumpy(), rows[[[0, 3], [3, 1]]])
    with autograd.record():
        loss = layer(index).sum()
    loss.backward()
    np.testing.assert_array_equal(layer.weight.grad().asnumpy(), np.outer([1, 1, 0, 2], np.ones(3)))
    assert repr(layer) == "Embedding(4 -> 3, float32)"
    with pytest.raises(NotSupportedError, match="sparse_grad=True; gradients are dense"):
        nn.Embedding(4, 3, sparse_grad=True)


def test_flatten_joins_all_but_the_first_axis():
    assert nn.Flatten()(nd.ones((2, 3, 4))).shape == (2, 12)


def test_lambda_wraps_operators_and_functions():
    np.testing.assert_allclose(nn.Lambda("tanh")(nd.array(X)).asnumpy(), np.tanh(X), rtol=1e-6)
    plain = nn.Lambda(lambda x: x.asnumpy().sum())
    assert plain(nd.ones((2,))) == 2
    assert repr(nn.Lambda("tanh")) == "Lambda(tanh)"
    assert repr(nn.HybridLambda("tanh")) == "HybridLambda(tanh)"
    with pytest.raises(ArgumentError, match=r"Lambda: no operator 'sigmod'. Did you mean 'sigmoid'"):
        nn.Lambda("sigmod")
    with pytest.raises(ArgumentError, match="HybridLambda: function must be text or a function, got 3"):
        nn.HybridLambda(3)


def test_a_negative_slope_is_refused():
    with pytest.raises(ArgumentError, match=r"alpha must be a number, 0 or more, got -0\.1"):
        nn.LeakyReLU(-0.1)


@pytest.mark.parametrize("kind", [nn.Sequential, nn.HybridSequential])
def test_layers_given_to_a_sequence_are_told_where_to_go(kind):
    name = kind.__name__
    for layers in ([nn.Dense(2)], [nn.Dense(2), nn.Dense(3), nn.Dense(4)], [[nn.Dense(2)]]):
        with pytest.raises(ArgumentError) as caught:
            kind(*layers)
        assert str(caught.value) == f"{name} takes its layers by add(): net = {name}(); net.add(layer, ...)"
    assert kind("own_").prefix == "own_"
    with pytest.raises(ArgumentError, match=f"{name}: prefix must be text or None, got 3"):
        kind(3)


def test_sequences_index_slice_and_iterate():
    for kind in (nn.Sequential, nn.HybridSequential):
        net = kind(prefix="net_")
        net.add(nn.Dense(1), nn.Flatten(), nn.Dense(2))
        assert len(net) == 3
        assert net[2] is list(net)[2]
        part = net[1:]
        assert isinstance(part, kind)
        assert [type(b).__name__ for b in part] == ["Flatten", "Dense"]
        assert part[1].weight is net[2].weight


def test_a_sequential_hybridizes_its_children_each_for_itself():
    net = nn.Sequential()
    net.add(nn.Dense(2, in_units=2), nn.Lambda(lambda x: x * 2))
    net.initialize("ones")
    net.hybridize()
    np.testing.assert_array_equal(net(nd.ones((1, 2))).asnumpy(), [[4, 4]])
    assert net(nd.ones((1, 2))).shape == (1, 2)
    assert nn.HybridSequential()(sym.var("x")).name == "x"
