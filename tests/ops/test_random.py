"""Random operators: one seed gives one stream in every style, and the numbers have the promised distribution."""

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, engine, nd, sym

MODES = {"naive": engine.naive, "bulk of 2": lambda: engine.bulk(2), "bulk": lambda: engine.bulk(2000)}


def draws() -> list[np.ndarray]:
    mx.random.seed(11)
    data = nd.arange(6)
    made = [
        nd.random.uniform(-1, 2, shape=(3, 2)),
        nd.random.normal(1, 2, shape=(4,)),
        nd.random.randint(0, 9, shape=(5,)),
        nd.random.shuffle(data),
    ]
    with autograd.train_mode():
        made.append(nd.Dropout(nd.ones((4, 4)), p=0.5))
    return [m.asnumpy() for m in made]


@pytest.mark.parametrize("mode", MODES)
def test_one_seed_gives_one_stream_in_every_mode(mode: str) -> None:
    want = draws()
    with MODES[mode]():
        got = draws()
    for a, b in zip(want, got, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_symbol_draws_what_the_same_calls_draw() -> None:
    want = draws()
    data, ones = sym.var("data"), sym.var("ones")
    group = sym.Group(
        [
            sym.random_uniform(low=-1, high=2, shape=(3, 2)),
            sym.random_normal(loc=1, scale=2, shape=(4,)),
            sym.random_randint(low=0, high=9, shape=(5,)),
            sym.shuffle(data),
            sym.Dropout(ones, p=0.5),
        ]
    )
    executor = group.bind(mx.cpu(), {"data": nd.arange(6), "ones": nd.ones((4, 4))})
    mx.random.seed(11)
    for a, b in zip(want, executor.forward(is_train=True), strict=True):
        np.testing.assert_array_equal(a, b.asnumpy())


def test_another_seed_gives_another_stream_and_each_draw_is_new() -> None:
    mx.random.seed(1)
    first, second = nd.random.uniform(shape=(8,)).asnumpy(), nd.random.uniform(shape=(8,)).asnumpy()
    mx.random.seed(2)
    other = nd.random.uniform(shape=(8,)).asnumpy()
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_moments_and_range(dtype: str) -> None:
    mx.random.seed(3)
    n = 40_000
    uniform = nd.random.uniform(-2, 4, shape=(n,), dtype=dtype)
    normal = nd.random.normal(3, 0.5, shape=(n,), dtype=dtype)
    assert np.dtype(uniform.dtype) == np.dtype(normal.dtype) == np.dtype(dtype)
    u, g = uniform.asnumpy(), normal.asnumpy()
    assert u.min() >= -2
    assert u.max() < 4
    # Five standard errors of a mean, and of a variance under each law.
    assert abs(u.mean() - 1) < 5 * np.sqrt(3 / n)
    assert abs(u.var() - 3) < 5 * np.sqrt((6**4 / 80 - 9) / n)
    assert abs(g.mean() - 3) < 5 * 0.5 / np.sqrt(n)
    assert abs(g.var() - 0.25) < 5 * 0.25 * np.sqrt(2 / n)


def test_integers_are_spread_evenly_over_their_range() -> None:
    mx.random.seed(4)
    drawn = nd.random.randint(-2, 3, shape=(20_000,)).asnumpy()
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2]
    assert drawn.dtype == np.int32
    np.testing.assert_allclose(counts, 4000, atol=5 * np.sqrt(20_000 * 0.2 * 0.8))


def test_shuffle_permutes_the_first_axis() -> None:
    mx.random.seed(5)
    data = np.arange(40).reshape(20, 2)
    shuffled = nd.random.shuffle(nd.array(data)).asnumpy()
    assert not np.array_equal(shuffled, data)
    np.testing.assert_array_equal(shuffled[np.argsort(shuffled[:, 0])], data)


@pytest.mark.parametrize("style", ["autograd", "executor"])
def test_dropout_scales_what_it_keeps_and_its_gradient_has_the_same_mask(style: str) -> None:
    mx.random.seed(6)
    ones = nd.ones((50, 40))
    if style == "autograd":
        ones.attach_grad()
        with autograd.record():
            out = nd.Dropout(ones, p=0.25)
        out.backward()
        grad = ones.grad
    else:
        executor = sym.Dropout(sym.var("x"), p=0.25).simple_bind(x=(50, 40))
        out = executor.forward(is_train=True, x=ones)[0]
        executor.backward()
        grad = executor.grad_dict["x"]
    kept = out.asnumpy()
    np.testing.assert_array_equal(kept, grad.asnumpy())
    np.testing.assert_allclose(np.unique(kept), [0, 4 / 3], rtol=1e-6)
    assert abs((kept > 0).mean() - 0.75) < 5 * np.sqrt(0.75 * 0.25 / kept.size)


def test_dropout_shares_a_draw_along_axes_and_sleeps_in_prediction() -> None:
    mx.random.seed(7)
    data = nd.ones((6, 50))
    with autograd.train_mode():
        shared = nd.Dropout(data, p=0.5, axes=(0,)).asnumpy()
    assert (shared == shared[0]).all()
    assert set(np.unique(shared)) == {0.0, 2.0}
    np.testing.assert_array_equal(nd.Dropout(data, p=0.5).asnumpy(), data.asnumpy())
    assert (nd.Dropout(data, p=0.5, mode="always").asnumpy() == 0).any()


def test_dropout_refuses_an_impossible_probability() -> None:
    with pytest.raises(mx.errors.ArgumentError, match=r"p must be in \[0, 1\), got 1\.5"):
        nd.Dropout(nd.ones((2,)), p=1.5)


def test_random_operators_refuse_bad_seeds() -> None:
    with pytest.raises(mx.errors.ArgumentError, match="takes an integer, got 'x'"):
        mx.random.seed("x")
