import math

import numpy as np
import pytest

from workbench.gluon import nn
from workbench.imperative import nd
from workbench.symbolic import sym
from workbench.tensor.site import sites

RNG = np.random.default_rng(0)
X = sym.var("data")
W = sym.var("weight")
IMAGES = RNG.normal(size=(2, 6, 7, 8)).astype(np.float32)
# Of each kind of layer: the symbol, its weight's shape, and data.
LAYERS = {
    "dense": (sym.FullyConnected(X, W, num_hidden=9, no_bias=True), (9, 6), IMAGES[:, :, 0, 0]),
    "dense, flattened": (sym.FullyConnected(X, W, num_hidden=9, no_bias=True), (9, 336), IMAGES),
    "dense, last axis": (sym.FullyConnected(X, W, num_hidden=9, no_bias=True, flatten=False), (9, 8), IMAGES),
    "1 × 1": (sym.Convolution(X, W, kernel=(1, 1), num_filter=24, no_bias=True), (24, 6, 1, 1), IMAGES),
    "1 × 1, strided": (
        sym.Convolution(X, W, kernel=(1, 1), stride=(2, 2), num_filter=24, no_bias=True),
        (24, 6, 1, 1),
        IMAGES,
    ),
    "3 × 2": (
        sym.Convolution(
            X, W, kernel=(3, 2), stride=(2, 1), pad=(1, 0), dilate=(1, 2), num_filter=9, no_bias=True
        ),
        (9, 6, 3, 2),
        IMAGES,
    ),
    "embedding": (
        sym.Embedding(X, W, input_dim=12, output_dim=5),
        (12, 5),
        np.array([[0, 3, 3], [11, 40, 1]]),
    ),
}


def site_of(kind):
    symbol, shape, data = LAYERS[kind]
    weight = RNG.normal(size=shape).astype(np.float32)
    (found,) = sites(symbol, {"weight": weight})
    return symbol, found, data


def outputs(symbol, data, weight):
    return symbol.eval(data=nd.array(data), weight=nd.array(weight))[0].asnumpy().astype(np.float64)


@pytest.mark.parametrize("kind", LAYERS)
def test_the_error_of_a_rank_is_what_the_layers_outputs_are_off_by(kind):
    symbol, site, data = site_of(kind)
    gram = site.gram(nd.array(data).jax)
    wanted = outputs(symbol, data, site.weight)
    for fraction in (0.3, 0.6, 0.9):
        rank = site.rank_within(fraction * site.weight.size)
        found = outputs(symbol, data, site.weight_of(rank))
        error = np.linalg.norm(found - wanted) / np.linalg.norm(wanted)
        assert 0.01 < error < 1
        assert site.errors([rank], gram) == [pytest.approx(error, rel=1e-3)]


@pytest.mark.parametrize("kind", LAYERS)
def test_factors_stand_for_that_weight_and_have_the_size_that_is_said(kind):
    _, site, _ = site_of(kind)
    rank = site.rank_within(0.8 * site.weight.size)
    factors = site.factors(rank)
    assert sum(f.size for f in factors) == site.size(rank) <= 0.8 * site.weight.size
    letters = {"tucker": "abxy,oa,cb->ocxy", "cp": "or,cr,xr,yr->ocxy", "svd": "or,cr->oc"}[site.form]
    np.testing.assert_allclose(np.einsum(letters, *factors), site.weight_of(rank), atol=1e-5)
    assert all(f.dtype == site.weight.dtype for f in factors)


@pytest.mark.parametrize("kind", ["dense", "1 × 1", "embedding"])
def test_a_matrix_is_cut_off_behind_its_largest_singular_values(kind):
    _, site, _ = site_of(kind)
    matrix = site.weight.reshape(site.weight.shape[:2]).astype(np.float64)
    values = np.linalg.svd(matrix, compute_uv=False)
    off = np.linalg.norm(matrix - site.weight_of((2,)).reshape(matrix.shape))
    assert off == pytest.approx(math.sqrt(np.sum(values[2:] ** 2)), rel=1e-5)


def test_places_are_layers_of_one_group_whose_weight_is_used_once():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        shared = nn.Dense(8, in_units=8, flatten=False)
        net.add(
            nn.Conv2D(8, 3, in_channels=8, prefix="kernel_"),
            nn.Conv2D(8, 3, groups=8, in_channels=8, prefix="by_channel_"),
            nn.Conv2D(8, 1, in_channels=8, prefix="across_"),
            nn.Conv2DTranspose(8, 3, in_channels=8),
            nn.GlobalAvgPool2D(),
            nn.Flatten(),
            shared,
            shared,
            nn.Dense(1, in_units=8, prefix="too_small_"),
            nn.Dense(8, in_units=1, prefix="too_small_as_well_"),
        )
    net.initialize()
    values = {name: p.data().asnumpy() for name, p in net.collect_params().items()}
    assert [site.name for site in sites(net(X), values)] == ["net_kernel", "net_across"]
    last = nn.Conv2D(8, 1, in_channels=8, layout="NHWC")
    last.initialize()
    assert sites(last(X), {name: p.data().asnumpy() for name, p in last.collect_params().items()}) == []
