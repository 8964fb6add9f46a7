"""Which factors of a convolution's kernel are multiplied before the image meets them."""

from itertools import combinations

import numpy as np
import pytest

from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd
from workbench.ops import factorized_convolution as factorized
from workbench.ops.factorized_convolution import (
    Window,
    cheapest,
    cost,
    in_line,
    kernel_factors,
    stages,
    works,
)
from workbench.symbolic import sym

RANKS = {"cp": (8,), "tucker": (8, 8), "tt": (8, 8, 8)}
WINDOWS = [Window(3, 1, 1, 1)] * 2


def sizes(channels, filters, ranks):
    return factorized.sizes_of((3, 3), channels, filters, ranks)


def chosen(form, channels, filters, ranks, lengths=(16, 16)):
    found = kernel_factors(form, 2, ranks)
    return [stage.letters for stage in cheapest(found, sizes(channels, filters, ranks), lengths, WINDOWS)]


def test_small_ranks_keep_the_chain():
    assert chosen("tucker", 64, 64, (8, 8)) == ["Bc", "ABxy", "oA"]
    assert chosen("tt", 256, 256, (8, 8, 8)) == ["Ac", "BAx", "CBy", "oC"]
    assert chosen("cp", 256, 256, (64,)) == ["Ac", "Ax", "Ay", "oA"]


def test_large_ranks_make_the_dense_kernel():
    assert chosen("tucker", 8, 8, (8, 8)) == ["ocxy"]
    assert chosen("tt", 4, 4, (4, 12, 4)) == ["ocxy"]


@pytest.mark.parametrize("form", RANKS)
def test_none_is_cheaper_than_what_is_chosen(form):
    found, known = kernel_factors(form, 2, RANKS[form]), sizes(24, 40, RANKS[form])
    line = in_line(found)
    ways = [stages(line, cuts) for n in range(len(line)) for cuts in combinations(range(1, len(line)), n)]
    assert len(ways) == 2 ** (len(line) - 1)
    costs = [cost(works(way, known, (14, 14), WINDOWS)) for way in ways]
    way = cheapest(found, known, (14, 14), WINDOWS)
    assert cost(works(way, known, (14, 14), WINDOWS)) == min(costs)


def test_the_work_of_a_stage_is_a_convolution_s():
    line = in_line(kernel_factors("cp", 2, (5,)))
    window = [Window(3, 2, 1, 1)] * 2
    (dense,) = works(stages(line, ()), sizes(3, 7, (5,)), (16, 16), window)
    assert dense.products == 8 * 8 * 3 * 7 * 9
    assert dense.moved == 16 * 16 * 3 + 8 * 8 * 7
    assert cost([dense]) == 2 * dense.products + factorized.MOVED * dense.moved
    into, across, out = works(stages(line, (1, 3)), sizes(3, 7, (5,)), (16, 16), window)
    assert [into.products, across.products, out.products] == [16 * 16 * 3 * 5, 8 * 8 * 5 * 9, 8 * 8 * 5 * 7]
    assert across.stage.by_channel
    assert cost([across]) == factorized.BY_CHANNEL * across.products + factorized.MOVED * across.moved


@pytest.mark.parametrize("form", RANKS)
@pytest.mark.parametrize("window", [(1, 1, 1), (2, 1, 0), (1, 2, 2)], ids=str)
def test_every_way_gives_the_same(form, window, monkeypatch):
    stride, dilate, pad = window
    rng = np.random.default_rng(0)
    found = kernel_factors(form, 2, RANKS[form])
    known = sizes(4, 6, RANKS[form])
    arrays = [rng.normal(size=factor.shape(known)) for factor in found]
    image = rng.normal(size=(2, 4, 9, 8))
    line = in_line(found)
    results = []
    for count in range(len(line)):
        for cuts in combinations(range(1, len(line)), count):
            monkeypatch.setattr(factorized, "cheapest", lambda *_, cuts=cuts: stages(line, cuts))
            results.append(
                factorized.factorized_convolution.fn(
                    image, *arrays, kernel=(3, 3), num_filter=6, ranks=RANKS[form], factorization=form,
                    stride=(stride,) * 2, dilate=(dilate,) * 2, pad=(pad,) * 2, no_bias=True,
                )
            )  # fmt: skip
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=0, atol=1e-4 * np.abs(results[0]).max())


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"ranks": (2,)}, r"tucker has 2 ranks, of outgoing and incoming channels, got \(2,\)"),
        ({"ranks": (2, 2), "factorization": "cp"}, r"cp of 4 axes has 1 ranks, got \(2, 2\)"),
        ({"ranks": (2, 2), "factorization": "tt"}, r"tt of 4 axes has 3 ranks, got \(2, 2\)"),
    ],
)
def test_ranks_of_another_number_are_refused(facts, text):
    with pytest.raises(ArgumentError, match=text):
        sym.FactorizedConvolution(sym.var("data"), kernel=(3, 3), num_filter=4, **facts)


def test_a_kernel_that_does_not_fit_is_refused():
    arrays = [nd.ones((1, 3, 2, 2)), nd.ones((2, 2, 3, 3)), nd.ones((4, 2)), nd.ones((3, 2)), nd.ones(4)]
    with pytest.raises(ShapeError, match="a kernel that reaches over 3 does not fit into 2 padded by 0"):
        nd.FactorizedConvolution(*arrays, kernel=(3, 3), num_filter=4, ranks=(2, 2))
