"""Drawn weights: their spread, their seed, and what they refuse."""

import math

import numpy as np
import pytest

from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd
from workbench.runtime import random
from workbench.train import initializer as init

SHAPE = (200, 150)


def drawn(made, shape=SHAPE, seed=1, dtype="float32"):
    random.seed(seed)
    arr = nd.zeros(shape, dtype=dtype)
    made(init.InitDesc("a_weight"), arr)
    return arr.asnumpy()


def test_uniform():
    values = drawn(init.Uniform(0.5))
    assert values.min() < -0.49
    assert 0.49 < values.max() <= 0.5
    np.testing.assert_allclose(values.std(), 0.5 / math.sqrt(3), rtol=0.02)


def test_normal():
    values = drawn(init.Normal(0.5))
    np.testing.assert_allclose(values.std(), 0.5, rtol=0.02)
    np.testing.assert_allclose(np.mean(np.abs(values) < 0.5), 0.6827, atol=0.01)


@pytest.mark.parametrize("shape", [(200, 150), (60, 50, 3, 2)], ids=str)
@pytest.mark.parametrize("factor_type", ["in", "out", "avg"])
@pytest.mark.parametrize("rnd_type", ["uniform", "gaussian"])
def test_xavier(rnd_type, factor_type, shape):
    values = drawn(init.Xavier(rnd_type, factor_type, 2.5), shape)
    kernel = math.prod(shape[2:])
    fan = {"in": shape[1], "out": shape[0], "avg": (shape[0] + shape[1]) / 2}[factor_type] * kernel
    scale = math.sqrt(2.5 / fan)
    if rnd_type == "uniform":
        assert 0.98 * scale < np.abs(values).max() <= scale * (1 + 1e-6)
        scale /= math.sqrt(3)
    np.testing.assert_allclose(values.std(), scale, rtol=0.03)


def test_msra_is_xavier_for_relu():
    made = init.MSRAPrelu("in", slope=0.5)
    np.testing.assert_allclose(drawn(made).std(), math.sqrt(2 / 1.25 / 150), rtol=0.02)


@pytest.mark.parametrize(("axes", "fan"), [((1,), 150), ((0, 2), 400), ((), 1)], ids=str)
def test_fan_in_has_the_variance_of_one_over_what_is_summed(axes, fan):
    values = drawn(init.FanIn(axes, magnitude=2), (200, 150, 2))
    np.testing.assert_allclose(values.std(), math.sqrt(2 / fan), rtol=0.02)
    again = init.create(init.FanIn(axes, magnitude=2).dumps())
    np.testing.assert_array_equal(drawn(again, (200, 150, 2)), values)


def test_fan_in_needs_the_axes_it_sums():
    with pytest.raises(ShapeError, match=r"FanIn sums over axes \(2,\), 'a_weight' has shape \(200, 150\)"):
        drawn(init.FanIn((2,)))


@pytest.mark.parametrize("shape", [(5, 12), (12, 5), (4, 3, 2, 2)], ids=str)
@pytest.mark.parametrize("rand_type", ["uniform", "normal"])
def test_orthogonal(rand_type, shape):
    matrix = drawn(init.Orthogonal(2.0, rand_type), shape).reshape(shape[0], -1)
    gram = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(gram, 4.0 * np.eye(len(gram)), atol=1e-4)


MADE = [init.Uniform(), init.Normal(), init.Xavier(), init.Xavier("gaussian"), init.Orthogonal()]


@pytest.mark.parametrize("made", MADE, ids=repr)
def test_one_seed_gives_one_weight(made):
    np.testing.assert_array_equal(drawn(made, seed=5), drawn(made, seed=5))
    assert not np.array_equal(drawn(made, seed=5), drawn(made, seed=6))


@pytest.mark.parametrize("made", MADE, ids=repr)
def test_low_precision_is_the_same_draw_rounded(made):
    low = drawn(made, dtype="bfloat16")
    assert low.dtype.name == "bfloat16"
    np.testing.assert_allclose(low.astype(np.float32), drawn(made), rtol=8e-3)


@pytest.mark.gpu
@pytest.mark.parametrize("made", MADE, ids=repr)
def test_a_gpu_draws_the_same(made):
    from workbench.runtime.device import gpu

    random.seed(5)
    arr = nd.zeros(SHAPE, ctx=gpu(0))
    made(init.InitDesc("a_weight"), arr)
    np.testing.assert_allclose(arr.asnumpy(), drawn(made, seed=5), rtol=2e-5, atol=1e-7)


def test_a_vector_has_no_fan():
    with pytest.raises(
        ShapeError, match=r"MSRAPrelu needs a weight of two or more dimensions, 'a_weight' has shape \(3,\)"
    ):
        drawn(init.MSRAPrelu(), (3,))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: init.Xavier("normal"), "rnd_type must be 'uniform' or 'gaussian', got 'normal'"),
        (lambda: init.Xavier(factor_type="mean"), "factor_type must be 'avg', 'in' or 'out', got 'mean'"),
        (
            lambda: init.Orthogonal(rand_type="gaussian"),
            "rand_type must be 'uniform' or 'normal', got 'gaussian'",
        ),
    ],
)
def test_wrong_arguments_are_named(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()
