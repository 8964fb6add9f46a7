"""Calibrating on figures whose parameters are known."""

import math
import random

import pytest
from small_cluster import given

from workbench.errors import ArgumentError
from workbench.parallel.costmodel import Observation, Parameter, calibrate
from workbench.types import Quantity

RATE = Parameter("rate", "B/s", 0.1, 100, "a test's bounds")
DELAY = Parameter("delay", "s", 1e-3, 10, "a test's bounds")


def line(size):
    return lambda values: values["delay"] + size / values["rate"]


def observed(noise=0.0, seed=0):
    source = random.Random(seed)
    return [
        Observation(given((0.5 + size / 4) * (1 + noise * source.gauss(0, 1)), "s"), line(size))
        for size in (1, 2, 4, 8, 16, 32)
    ]


def test_what_follows_exactly_is_found_exactly():
    found = calibrate([RATE, DELAY], observed())
    assert found.values == pytest.approx({"rate": 4, "delay": 0.5}, rel=1e-6)
    assert found.scatter == pytest.approx(0, abs=1e-6)
    assert found.left_out == pytest.approx([0.5 + size / 4 for size in (1, 2, 4, 8, 16, 32)], rel=1e-5)
    assert found.at_bound == ()


def test_bars_cover_what_is_true_as_often_as_they_say():
    hits = 0
    for seed in range(60):
        rate = calibrate([RATE, DELAY], observed(0.03, seed)).parameters["rate"]
        hits += rate.spread[0] <= 4 <= rate.spread[1]
    assert 50 <= hits <= 60  # 95 % of a normal variable; fewer with four degrees of freedom


def test_a_prediction_has_bars_that_grow_with_the_distance():
    found = calibrate([RATE, DELAY], observed(0.03))
    near, far = (found.predict(line(size), "s", "a test's line") for size in (4, 1e4))
    assert near.kind == "predicted"
    assert far.how == "a test's line"
    assert near.spread[0] < near.value < near.spread[1]
    assert far.spread[1] / far.value > near.spread[1] / near.value


def test_a_bound_that_stops_a_parameter_is_told():
    tight = Parameter("rate", "B/s", 0.1, 2, "a test's bounds")
    found = calibrate([tight, DELAY], observed())
    assert found.at_bound == ("rate",)
    assert "between 0.1 and 2 B/s: a test's bounds" in found.parameters["rate"].how


def test_too_few_observations_are_refused():
    with pytest.raises(ArgumentError, match=r"2 more observations than parameters.*; got 2 and 3"):
        calibrate([RATE, DELAY], observed()[:3])
    with pytest.raises(ArgumentError, match="bounds must be 0 < low < high, got low=3, high=2"):
        Parameter("rate", "B/s", 3, 2, "")
    for low in (0, None, math.nan):
        with pytest.raises(ArgumentError, match=f"Parameter: low must be a finite number above 0, got {low}"):
            Parameter("rate", "B/s", low, 2, "")
    with pytest.raises(ArgumentError, match="each parameter needs a name of its own, got rate, rate"):
        calibrate([RATE, RATE], observed())


@pytest.mark.parametrize("figure", [0, -1, math.nan, math.inf, None])
def test_a_model_and_what_is_known_are_above_zero(figure):
    known = Quantity(1.0, "s", "measured", "a test")
    wrong = [Observation(known, lambda values: figure)] * 4
    said = f"what must be a finite number above 0, got {figure}"
    with pytest.raises(ArgumentError, match=rf"a model of {{'rate': .*}}: {said}"):
        calibrate([RATE], wrong)
    with pytest.raises(ArgumentError, match=said):
        calibrate([RATE, DELAY], observed()).predict(lambda values: figure, "s", "a test")
    with pytest.raises(
        ArgumentError, match="what is known of observation 'o' in s: value must be a finite number ab"
    ):
        Observation(Quantity(figure, "s", "measured", "a test"), lambda values: 1.0, "o")
    with pytest.raises(ArgumentError, match="Observation: model must be a function, got 3"):
        Observation(known, 3)
