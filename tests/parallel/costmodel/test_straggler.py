"""The slowest of several, against tables and against draws."""

import math
import statistics

import pytest

from workbench.errors import ArgumentError
from workbench.parallel.costmodel import drawn, slowest
from workbench.parallel.costmodel.straggler import largest_of


def test_one_is_as_fast_as_the_mean():
    assert slowest(1, 0.3) == pytest.approx(1)
    assert slowest(50, 0.0) == 1


@pytest.mark.parametrize(
    ("count", "mean"), [(2, 1 / math.sqrt(math.pi)), (3, 1.5 / math.sqrt(math.pi)), (16, 1.76599)]
)
def test_the_largest_of_normal_variables(count, mean):
    assert largest_of(count) == pytest.approx(mean, abs=1e-5)


def test_draws_have_the_expected_slowest():
    found = statistics.mean(max(drawn(16, 0.05, seed)) for seed in range(2000))
    assert found == pytest.approx(slowest(16, 0.05), abs=0.003)


def test_one_seed_draws_the_same():
    assert drawn(4, 0.1, 7) == drawn(4, 0.1, 7) != drawn(4, 0.1, 8)


def test_a_scatter_below_zero_is_refused():
    with pytest.raises(ArgumentError, match=r"scatter must be a finite number, 0 or more, got -0\.1"):
        slowest(2, -0.1)
