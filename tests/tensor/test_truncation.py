import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.tensor import decompose
from workbench.tensor.truncation import Truncations

SHAPE = (7, 3, 2)


@pytest.fixture
def tensor():
    return np.random.default_rng(3).normal(size=SHAPE)


def test_errors_are_those_of_a_fit_of_each_rank(tensor):
    cut = Truncations(tensor)
    for ranks in ((1, 1, 1), (2, 2, 1), (4, 2, 2), (6, 3, 2)):
        fit = decompose(tensor, "tucker", ranks, method="hosvd")
        assert cut.error(ranks).value == pytest.approx(fit.error.value, abs=1e-7)
        np.testing.assert_allclose(cut.reconstruct(ranks), fit.reconstruct(), atol=1e-12)


def test_ranks_above_the_bounds_are_those_of_the_bounds(tensor):
    cut = Truncations(tensor)
    assert cut.bounds == (6, 3, 2)
    assert cut.errors.shape == cut.bounds
    assert cut.error((7, 3, 2)).value == pytest.approx(0, abs=1e-7)
    np.testing.assert_allclose(cut.reconstruct((7, 3, 2)), tensor, atol=1e-12)


def test_an_error_is_measured_and_says_at_which_ranks(tensor):
    error = Truncations(tensor).error((7, 1, 1))
    assert error.kind == "measured"
    assert "ranks (6, 1, 1)" in error.how


def test_the_dtype_is_the_tensors(tensor):
    assert Truncations(tensor.astype(np.float32)).reconstruct((1, 1, 1)).dtype == np.float32


def test_what_can_not_be_decomposed_is_refused():
    with pytest.raises(ArgumentError, match="every observed entry is 0"):
        Truncations(np.zeros(SHAPE))
