"""Curves of error against parameters."""

import math

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotSupportedError
from workbench.lowrank import CP, FORMATS
from workbench.tensor import curve
from workbench.tensor.curve import spread


def decaying(shape):
    grids = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij")
    return 1 / (0.1 + sum(grids))


def test_every_format_has_a_line_of_growing_parameters_and_falling_error():
    told = []
    x = decaying((8, 8, 8))
    found = curve(x, points=3, upto=0.2, progress=told.append, iterations=10)
    assert list(found.lines) == list(FORMATS)
    for line in found.lines.values():
        parameters = [d.parameters.value for d in line]
        errors = [d.error.value for d in line]
        assert parameters == sorted(set(parameters))
        assert errors == sorted(errors, reverse=True)
        assert parameters[-1] <= 0.2 * x.size
    count = sum(map(len, found.lines.values()))
    assert told == [pytest.approx((i + 1) / count) for i in range(count)]
    assert (
        repr(found) == f"Curve((8, 8, 8): {', '.join(f'{k} {len(v)} ranks' for k, v in found.lines.items())})"
    )


def test_the_best_within_a_number_of_parameters():
    found = curve(decaying((8, 8, 8)), ["tt"], points=3, upto=0.2)
    everything = [d for line in found.lines.values() for d in line]
    assert found.best(math.inf).error.value == min(d.error.value for d in everything)
    assert found.best(60).parameters.value <= 60
    assert found.best(3) is None


def test_ranks_are_spread_evenly_by_the_logarithm_of_their_parameters():
    assert spread(CP(), (10, 10, 10), 3, 0.48) == [(1,), (4,), (16,)]  # 30, 120 and 480 parameters
    assert spread(CP(), (3, 3), 5, 0.01) == [(1,)]


def test_nonnegative_lines_are_of_the_formats_that_have_one():
    x = decaying((4, 4, 4))
    assert list(curve(x, points=1, nonnegative=True, iterations=3).lines) == ["cp", "tucker"]
    with pytest.raises(NotSupportedError, match="both signs"):
        curve(x, ["tt"], nonnegative=True)


@pytest.mark.parametrize(
    ("formats", "says"),
    [
        ([], r"curve\(\) takes a format or more"),
        (["cp", "tt", "cp"], r"some are twice in \['cp', 'tt', 'cp'\]"),
    ],
)
def test_formats_are_one_or_more_each_once(formats, says):
    with pytest.raises(ArgumentError, match=says):
        curve(decaying((4, 4, 4)), formats, points=1)
    found = curve(decaying((4, 4, 4)), ["tt"], points=1)
    with pytest.raises(ArgumentError, match=r"Curve.best\(\): parameters must be a number, got 'few'"):
        found.best("few")
