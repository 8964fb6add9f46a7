"""Random operators: one seed gives one stream in every style, and the numbers have the promised distribution."""

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, engine, nd, sym
from workbench.errors import WorkbenchError

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


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_numbers_have_the_dtype_and_the_range_asked_for(dtype: str) -> None:
    mx.random.seed(3)
    uniform = nd.random.uniform(-2, 4, shape=(1000,), dtype=dtype)
    normal = nd.random.normal(nd.array([3.0]), nd.array([0.5]), dtype=dtype)
    assert np.dtype(uniform.dtype) == np.dtype(normal.dtype) == np.dtype(dtype)
    assert uniform.asnumpy().min() >= -2
    assert uniform.asnumpy().max() <= 4


# Parameters of each law, and its mean and variance by the textbook.
LAWS = {
    "uniform": ({"low": -2.0, "high": 4.0}, 1.0, 3.0),
    "normal": ({"loc": 3.0, "scale": 0.5}, 3.0, 0.25),
    "exponential": ({"scale": 2.0}, 2.0, 4.0),
    "gamma": ({"alpha": 2.0, "beta": 3.0}, 6.0, 18.0),
    "poisson": ({"lam": 4.0}, 4.0, 4.0),
    "negative_binomial": ({"k": 3.0, "p": 0.25}, 9.0, 36.0),
    "generalized_negative_binomial": ({"mu": 2.0, "alpha": 0.5}, 2.0, 4.0),
}
COUNT = 40_000


def has_moments(numbers: np.ndarray, mean: float, variance: float) -> None:
    """Within five standard errors of the mean; of the variance, with the kurtosis measured."""
    numbers = numbers.astype(np.float64)
    fourth = np.mean((numbers - mean) ** 4)
    assert abs(numbers.mean() - mean) < 5 * np.sqrt(variance / numbers.size)
    assert abs(np.mean((numbers - mean) ** 2) - variance) < 5 * np.sqrt(fourth / numbers.size)


@pytest.mark.parametrize("name", LAWS)
def test_each_law_has_its_moments_with_numbers_tensors_and_another_s_shape(name: str) -> None:
    given, mean, variance = LAWS[name]
    draw = getattr(nd.random, name)
    mx.random.seed(3)
    has_moments(draw(**given, shape=(COUNT,)).asnumpy(), mean, variance)
    sampled = draw(*[nd.array([v, v]) for v in given.values()], shape=(COUNT,))
    assert sampled.shape == (2, COUNT)
    for row in sampled.asnumpy():
        has_moments(row, mean, variance)
    own = {"lam": 1 / given["scale"]} if name == "exponential" else given
    like = getattr(nd.random, f"{name}_like")(nd.zeros((2, COUNT // 2), dtype="float64"), **own)
    assert np.dtype(like.dtype) == np.float64
    has_moments(like.asnumpy(), mean, variance)


@pytest.mark.parametrize("name", LAWS)
def test_each_law_draws_the_same_in_both_styles(name: str) -> None:
    given, *_ = LAWS[name]
    mx.random.seed(9)
    want = [getattr(nd.random, name)(**given, shape=(3, 2)), None]
    want[1] = getattr(nd.random, name)(*[nd.array([[v]]) for v in given.values()], shape=4)
    variables = [sym.var(n) for n in given]
    group = sym.Group([getattr(sym.random, name)(**given, shape=(3, 2)),
                       getattr(sym.random, name)(*variables, shape=4)])  # fmt: skip
    executor = group.bind(mx.cpu(), {n: nd.array([[v]]) for n, v in given.items()})
    mx.random.seed(9)
    for a, b in zip(want, executor.forward(), strict=True):
        np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())
    assert want[1].shape == (1, 1, 4)


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        ("uniform", {"low": 2, "high": 1}, r"random\.uniform\(\) needs low <= high, got low=2, high=1"),
        ("gamma", {"alpha": 0}, r"random\.gamma\(\) needs alpha > 0 and beta > 0, got alpha=0, beta=1"),
        ("poisson", {"lam": -1}, r"random\.poisson\(\) needs lam >= 0, got lam=-1"),
        ("normal", {"sclae": 1}, r"unexpected keyword argument 'sclae'\. Did you mean 'scale'"),
        ("randint", {"low": 1}, "missing a required argument: 'high'"),
    ],
)
def test_impossible_parameters_are_refused(name: str, given: dict, text: str) -> None:
    for space in (nd.random, sym.random):
        with pytest.raises(mx.errors.ArgumentError, match=text):
            getattr(space, name)(**given)


def test_numbers_and_tensors_do_not_mix() -> None:
    with pytest.raises(mx.errors.ArgumentError, match="all numbers or all NDArrays; only loc"):
        nd.random.normal(nd.ones((2,)), 1.0)
    with pytest.raises(mx.errors.ArgumentError, match="must be numbers, got a NDArray"):
        nd.random.randint(nd.ones((2,)), nd.ones((2,)))


def test_multinomial_draws_classes_by_their_probability_and_its_logarithm_has_a_gradient() -> None:
    mx.random.seed(8)
    rows = nd.array([[0.1, 0.9, 0.0], [0.5, 0.25, 0.25]])
    drawn = nd.random.multinomial(rows, shape=20_000)
    assert drawn.shape == (2, 20_000)
    assert np.dtype(drawn.dtype) == np.int32
    for row, chance in zip(drawn.asnumpy(), rows.asnumpy(), strict=True):
        share = np.bincount(row, minlength=3) / row.size
        np.testing.assert_array_less(
            np.abs(share - chance), 5 * np.sqrt(chance * (1 - chance) / row.size) + 1e-9
        )
    rows.attach_grad()
    with autograd.record():
        classes, logarithms = nd.random.multinomial(rows, shape=(2, 5), get_prob=True)
        total = logarithms.sum()
    total.backward()
    assert classes.shape == logarithms.shape == (2, 2, 5)
    picked = np.take_along_axis(rows.asnumpy(), classes.asnumpy().reshape(2, -1), 1)
    np.testing.assert_allclose(logarithms.asnumpy().reshape(2, -1), np.log(picked), rtol=1e-6)
    times = np.stack([np.bincount(row, minlength=3) for row in classes.asnumpy().reshape(2, -1)])
    chance = rows.asnumpy()
    want = np.divide(times, chance, out=np.zeros_like(chance), where=chance > 0)
    np.testing.assert_allclose(rows.grad.asnumpy(), want, rtol=1e-6)
    assert nd.random.multinomial(nd.array([0.0, 1.0])).asnumpy().tolist() == [1]


def test_integers_are_spread_evenly_over_their_range() -> None:
    mx.random.seed(4)
    drawn = nd.random.randint(-2, 3, shape=(20_000,)).asnumpy()
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2]
    assert drawn.dtype == np.int32
    np.testing.assert_allclose(counts, 4000, atol=5 * np.sqrt(20_000 * 0.2 * 0.8))


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [(0, 2**31 + 1, "int32"), (0, 257, "uint8"), (-1, 5, "uint8"), (-129, 0, "int8")],
)
def test_integers_beyond_the_dtype_are_refused_and_its_own_are_all_drawn(
    low: int, high: int, dtype: str
) -> None:
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    for space in (nd.random, sym.random):
        with pytest.raises(
            mx.errors.ShapeError, match=rf"{dtype} holds {least} to {most}; ask for another dtype"
        ):
            space.randint(low, high, shape=(2,), dtype=dtype).infer_shape()
    ends = nd.random.randint(most - 1, most + 1, shape=(50,), dtype=dtype).asnumpy()
    assert set(ends.tolist()) == {most - 1, most}


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


@pytest.mark.parametrize(
    "refused",
    [
        lambda: nd.random.uniform(nd.array([1]), nd.array([1, 2])),
        lambda: nd.random.uniform(dtype="int32"),
        lambda: nd.random.shuffle(nd.array(3).reshape(())),
        lambda: nd.random.uniform(shape=(-1,)),
        lambda: nd.Dropout(nd.ones((2,)), p=2),
    ],
)
def test_a_refused_draw_leaves_the_stream_where_it_was(refused):
    mx.random.seed(3)
    expected = nd.random.uniform(shape=(4,)).asnumpy()
    mx.random.seed(3)
    with pytest.raises(WorkbenchError):
        refused()
    np.testing.assert_array_equal(nd.random.uniform(shape=(4,)).asnumpy(), expected)
