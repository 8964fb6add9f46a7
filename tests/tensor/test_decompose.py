"""Decompositions: exact tensors come back, errors and ranks hold, nothing of the user's TensorLy or JAX changes."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from workbench import nd
from workbench.errors import ArgumentError, DTypeError, NotSupportedError, ShapeError
from workbench.lowrank import FORMATS, Tucker
from workbench.tensor import decompose

SHAPE = (5, 6, 7)
RANKS = {"cp": (2,), "tucker": (2, 3, 2), "tt": (2, 3)}
EINSUM = {"cp": "ar,br,cr->abc", "tucker": "xyz,ax,by,cz->abc", "tt": "pam,mbn,ncq->abc"}


def exact(kind, rank=None, shape=SHAPE, positive=False):
    """A tensor that has this rank."""
    rng = np.random.RandomState(0)
    draw = rng.uniform if positive else rng.normal
    sizes = FORMATS[kind].shapes(shape, rank or RANKS[kind])
    return np.einsum(EINSUM[kind], *(draw(size=size) for size in sizes))


def relative(x, y):
    return np.linalg.norm(x - y) / np.linalg.norm(y)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_tensor_of_a_rank_is_found_again(kind):
    x = exact(kind)
    found = decompose(x, kind, RANKS[kind], iterations=300, tolerance=1e-12)
    assert [f.shape for f in found.factors] == list(FORMATS[kind].shapes(SHAPE, found.rank))
    assert relative(np.einsum(EINSUM[kind], *found.factors), x) < 1e-5
    np.testing.assert_allclose(found.reconstruct(), np.einsum(EINSUM[kind], *found.factors), atol=1e-12)
    assert found.error.value == pytest.approx(relative(found.reconstruct(), x), abs=1e-12)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_error_is_that_of_the_reconstruction(kind):
    x = np.random.RandomState(1).normal(size=SHAPE)
    found = decompose(x, kind, 2)
    assert 0.3 < found.error.value < 1
    assert found.error.value == pytest.approx(relative(found.reconstruct(), x), rel=1e-9)
    assert found.error.kind == "measured"
    assert found.error.how.endswith("over 210 of 210 entries")


def test_figures_follow_from_shapes():
    found = decompose(exact("tucker"), "tucker", (2, 3, 2))
    assert found.parameters.value == 12 + 10 + 18 + 14
    assert found.compression.value == 210 / 54
    assert found.savings.value == pytest.approx(1 - 54 / 210)
    assert [f.kind for f in found.figures] == ["measured", "predicted", "predicted", "predicted"]
    assert repr(found).startswith("Decomposition(Tucker of (5, 6, 7), rank (2, 3, 2): error ")
    assert repr(found).endswith("measured, 54 parameters, savings 74.3% predicted)")


@pytest.mark.parametrize("make", [np.asarray, jnp.asarray, nd.array, np.ndarray.tolist])
def test_arrays_of_every_kind_are_taken(make):
    x = exact("tt").astype(np.float32)
    found = decompose(make(x), "tt", (2, 3))
    assert found.error.value < 1e-6
    assert all(isinstance(factor, np.ndarray) for factor in found.factors)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("float32", "float32"), ("float64", "float64"), ("float16", "float32"), ("uint8", "float32")],
)
def test_the_dtype_stays(given, kept):
    x = np.abs(10 * exact("cp")).astype(given)
    for kind in FORMATS:
        found = decompose(x, kind, 2, iterations=3)
        assert {str(factor.dtype) for factor in found.factors} == {kept}
        assert str(found.reconstruct().dtype) == kept


def test_terms_of_cp_are_ordered_and_balanced():
    found = decompose(exact("cp"), "cp", 2)
    norms = np.array([np.linalg.norm(f, axis=0) for f in found.factors])
    np.testing.assert_allclose(norms, np.broadcast_to(norms[0], norms.shape))
    assert norms[0, 0] >= norms[0, 1]


def test_more_terms_than_a_tensor_has_break_nothing():
    found = decompose(exact("cp", (1,)), "cp", 4)
    assert found.error.value < 1e-5


def test_hooi_starts_from_hosvd_and_is_no_worse():
    x = np.random.RandomState(2).normal(size=(8, 9, 10))
    once = decompose(x, "tucker", (2, 3, 4), method="hosvd")
    again = decompose(x, "tucker", (2, 3, 4))
    assert again.error.value < once.error.value
    for found in (once, again):
        for factor in found.factors[1:]:
            np.testing.assert_allclose(factor.T @ factor, np.eye(factor.shape[1]), atol=1e-10)
        kept = 1 - np.linalg.norm(found.factors[0]) ** 2 / np.linalg.norm(x) ** 2
        assert found.error.value == pytest.approx(np.sqrt(kept))


def test_a_kernel_keeps_the_modes_without_a_factor():
    kernel = np.random.RandomState(3).normal(size=(8, 6, 3, 3))
    found = decompose(kernel, Tucker(modes=(0, 1)), (4, 3))
    assert [f.shape for f in found.factors] == [(4, 3, 3, 3), (8, 4), (6, 3)]
    by_hand = np.einsum("xyhw,ax,by->abhw", *found.factors)
    assert found.error.value == pytest.approx(relative(by_hand, kernel))


@pytest.mark.parametrize("kind", ["cp", "tucker"])
def test_nonnegative_factors(kind):
    x = exact(kind, positive=True)
    found = decompose(x, kind, RANKS[kind], nonnegative=True, iterations=200)
    assert all((factor >= 0).all() for factor in found.factors)
    assert found.error.value < 0.05


@pytest.mark.parametrize(
    ("kind", "nonnegative"), [("cp", False), ("cp", True), ("tucker", False), ("tucker", True), ("tt", False)]
)
def test_missing_entries_are_filled_in_and_never_looked_at(kind, nonnegative):
    x = exact("cp", (1,), positive=True)
    seen = np.random.RandomState(6).uniform(size=SHAPE) > 0.1
    rank = 1
    options = {"nonnegative": nonnegative, "tolerance": 1e-10}
    found = decompose(np.where(seen, x, np.nan), kind, rank, mask="nan", **options)
    assert found.error.value < 1e-4
    assert found.error.how.endswith(f"over {seen.sum()} of 210 entries")
    hidden = ~seen
    assert relative(found.reconstruct()[hidden], x[hidden]) < 1e-3
    other = decompose(np.where(seen, x, 1e6), kind, rank, mask=seen, **options)
    for one, two in zip(found.factors, other.factors, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_mask_that_hides_nothing_is_none():
    x = exact("cp")
    whole = decompose(x, "tt", 2)
    masked = decompose(x, "tt", 2, mask=np.ones(SHAPE))
    np.testing.assert_array_equal(whole.factors[0], masked.factors[0])


def decaying(shape):
    """A tensor of full rank whose singular values fall off, as those of real data do."""
    grids = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij")
    return 1 / (0.1 + sum(grids))


def test_the_smallest_hosvd_within_an_error_is_the_smallest_there_is():
    x = decaying((4, 5, 6))
    found = decompose(x, "tucker", error=0.02, method="hosvd")
    assert found.error.value <= 0.02
    form = FORMATS["tucker"]
    smaller = [
        rank
        for rank in itertools.product(range(1, 5), range(1, 6), range(1, 7))
        if form.parameters(x.shape, rank) < found.parameters.value and max(rank) ** 2 <= np.prod(rank)
    ]
    assert len(smaller) > 5
    for rank in smaller:
        assert decompose(x, "tucker", rank, method="hosvd").error.value > 0.02


@pytest.mark.parametrize("error", [0.3, 1e-3])
@pytest.mark.parametrize("kind", ["tucker", "tt"])
def test_singular_values_promise_an_error(kind, error):
    found = decompose(decaying((4, 5, 6, 3)), kind, error=error)
    assert found.error.value <= error
    assert found.savings.value > 0


def test_a_tensor_train_within_an_error_uses_it_up():
    x = decaying((6, 6, 6, 6))
    found = decompose(x, "tt", error=0.01)
    for bond, r in enumerate(found.rank):
        less = (*found.rank[:bond], r - 1, *found.rank[bond + 1 :])
        if r > 1:
            assert decompose(x, "tt", less).error.value > found.error.value
    assert found.error.value > 0.001


@pytest.mark.parametrize(
    ("kind", "options"),
    [("cp", {}), ("cp", {"nonnegative": True}), ("tucker", {"nonnegative": True}), ("tt", {"mask": "nan"})],
)
def test_other_fits_climb_to_the_first_rung_within_an_error(kind, options):
    x = decaying((6, 6, 6))
    if options.get("mask"):
        x[1, 2, 3] = np.nan
    found = decompose(x, kind, error=0.05, **options)
    form = FORMATS[kind]
    step = next(s for s in range(1, 7) if form.rung(x.shape, s) == found.rank)
    assert found.error.value <= 0.05
    assert step > 1
    below = decompose(x, kind, form.rung(x.shape, step - 1), **options)
    assert below.error.value > 0.05


def test_an_error_below_rounding_takes_every_singular_vector():
    x = np.random.RandomState(8).normal(size=(3, 4, 5))
    assert decompose(x, "tucker", error=1e-12, method="hosvd").rank == (3, 4, 5)
    assert decompose(x, "tt", error=1e-12).rank == (3, 5)


def test_an_error_out_of_reach_says_how_near_it_came():
    noise = np.random.RandomState(7).normal(size=(4, 4, 4))
    with pytest.raises(ArgumentError) as caught:
        decompose(noise, "cp", error=1e-3, iterations=5)
    said = str(caught.value)
    assert said.startswith("error=0.001: CP of (4, 4, 4) with rank (5,) comes to 0.")
    assert said.endswith(", and no larger one has fewer parameters than the tensor")


@pytest.mark.parametrize(
    ("array", "options", "error", "said"),
    [
        (
            np.array([[1.0, np.nan], [2.0, np.nan]]),
            {},
            ArgumentError,
            "2 of 4 entries are NaN or infinite, first (0, 1), NaN; mask='nan' leaves NaN out, and a mask of True and "
            "False says which entries are observed",
        ),
        (
            np.array([[1.0, 2.0], [np.inf, 3.0]]),
            {"mask": "nan"},
            ArgumentError,
            "1 of 4 entries are NaN or infinite, first (1, 0), infinite",
        ),
        (
            np.array([[1.0, np.nan], [2.0, np.nan]]),
            {"mask": "nan"},
            ArgumentError,
            "no entry with index 1 in mode 1 is observed, so nothing determines that row of a factor; leave the slice "
            "out",
        ),
        (
            np.ones((2, 2)),
            {"mask": np.ones(4)},
            ShapeError,
            "the mask has the array's shape (2, 2), got (4,)",
        ),
        (
            np.ones((2, 2)),
            {"mask": np.full((2, 2), 0.5)},
            ArgumentError,
            "a mask is True (or 1) where an entry is observed, and False (or 0) elsewhere",
        ),
        (
            np.ones((2, 2)),
            {"mask": "zeros"},
            ArgumentError,
            "mask='zeros': mask='nan' leaves NaN out, and a mask of True and False says which entries are observed",
        ),
        (
            np.zeros((2, 2)),
            {},
            ArgumentError,
            "every observed entry is 0, so no error can be given relative to their norm",
        ),
        (
            np.ones(4),
            {},
            ShapeError,
            "a tensor of two modes or more, none empty, can be decomposed; got (4,)",
        ),
        (
            np.ones((2, 2), complex),
            {},
            DTypeError,
            "an array of real numbers can be decomposed, got one of complex128",
        ),
        (
            np.ones((2, 2)),
            {"rank": None},
            ArgumentError,
            "decompose() takes a rank, or an error to keep to; neither is given",
        ),
        (
            np.ones((2, 2)),
            {"error": 0.1},
            ArgumentError,
            "decompose() takes a rank, or an error to keep to; both is given",
        ),
        (
            np.ones((2, 2)),
            {"format": "svd"},
            ArgumentError,
            "format='svd': it is one of 'cp', 'tucker', 'tt'.",
        ),
        (
            np.ones((2, 2)),
            {"method": "hosvd"},
            ArgumentError,
            "method='hosvd': CP is fitted by 'als'",
        ),
        (
            np.ones((2, 2)),
            {"format": "tt", "nonnegative": True},
            NotSupportedError,
            "a tensor train is fitted by singular vectors, which have both signs; 'cp' and 'tucker' have a "
            "non-negative form",
        ),
        (
            np.ones((2, 2)),
            {"format": "tucker", "method": "hosvd", "nonnegative": True},
            NotSupportedError,
            "method='hosvd' is one pass of singular vectors: it takes no missing entries and gives negative numbers; "
            "method='hooi' iterates",
        ),
        (
            np.ones((2, 2)),
            {"format": Tucker((0,)), "nonnegative": True},
            NotSupportedError,
            "non-negative Tucker has a factor in every mode; modes=… leaves some out",
        ),
        (
            np.ma.masked_array(np.ones((2, 2)), [[True, False], [False, False]]),
            {},
            ArgumentError,
            "a masked array is given as its data and a mask: x.data, mask=~np.ma.getmaskarray(x)",
        ),
        (
            [[1.0], [2.0, 3.0]],
            {},
            ShapeError,
            "lists of different lengths are no tensor: [[1.0], [2.0, 3.0]]",
        ),
        (
            np.ones((2, 2)),
            {"mask": [[1], [1, 0]]},
            ShapeError,
            "lists of different lengths are no mask: [[1], [1, 0]]",
        ),
        (
            np.full((2, 2), 1e200),
            {},
            ArgumentError,
            "the largest entry is 1e+200, and squares of it are beyond float64: scale the array",
        ),
        (
            np.full((2, 2), 1e-200),
            {"format": "tucker"},
            ArgumentError,
            "the largest entry is 1e-200, and squares of it are beyond float64: scale the array",
        ),
        (
            np.ones((2, 2)),
            {"seed": -1},
            ArgumentError,
            "decompose(): seed must be a whole number from 0 to 4.29497e+09, got -1",
        ),
        (
            np.ones((2, 2)),
            {"rank": np.array([[1]])},
            ArgumentError,
            "rank=array([[1]]): it is a whole number, one for each place of CP, or a fraction of parameters",
        ),
        (
            np.ones((2, 2)),
            {"rank": None, "error": 1.5},
            ArgumentError,
            "decompose(): error must be a number above 0, up to 1 or None, got 1.5",
        ),
    ],
)
def test_what_can_not_be_decomposed_is_refused(array, options, error, said):
    with pytest.raises(error) as caught:
        decompose(array, **{"format": "cp", "rank": 1, **options})
    assert str(caught.value) == said


def test_a_fit_by_least_squares_tells_its_error_and_can_be_ended():
    x, errors = np.random.RandomState(0).normal(size=SHAPE), []
    found = decompose(x, "cp", 2, callback=errors.append)
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] == pytest.approx(found.error.value, abs=1e-6)

    def enough(error):
        if error < errors[3]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decompose(x, "cp", 2, callback=enough)


@pytest.mark.parametrize("options", [{"format": "tucker"}, {"format": "tt"}, {"nonnegative": True}])
def test_a_callback_that_nothing_would_call_is_refused(options):
    with pytest.raises(NotSupportedError) as caught:
        decompose(np.ones((3, 3)), **{"format": "cp", "rank": 1, "callback": print, **options})
    said = "callback=… is called between the iterations of CP by alternating least squares alone"
    assert str(caught.value) == said


def test_decompositions_are_compared_as_objects():
    found, other = (decompose(np.eye(3), "tt", 1) for _ in range(2))
    assert found != other
    assert len({found, other, found}) == 2


def test_one_seed_gives_one_decomposition():
    x = exact("cp", (3,), (2, 6, 7))
    one, two = (decompose(x, "cp", 4, seed=3) for _ in range(2))
    for a, b in zip(one.factors, two.factors, strict=True):
        np.testing.assert_array_equal(a, b)


def test_jax_keeps_its_setting():
    assert jnp.ones(1).dtype == np.float32
    decompose(exact("cp"), "cp", 2)
    assert jnp.ones(1).dtype == np.float32
    with jax.enable_x64(True):
        decompose(exact("cp"), "tucker", 2)
        assert jnp.ones(1).dtype == np.float64
    assert jnp.ones(1).dtype == np.float32
