"""Devices that are not equally fast in every step: what waiting for the slowest costs.

If the time of a device scatters about its mean like a normal variable, a step that waits for n of them takes the
expected largest of n such variables: about 0.56 standard deviations above the mean for two, 1.77 for sixteen, 2.81 for
256.  More devices cost more, but ever less so; a parameter server that does not wait pays with staleness instead.
"""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np

from workbench.arguments import FiniteAtLeastZero, Positive, checked

REACH, POINTS = 12.0, 24001  # standard deviations on each side, and points of the sum
LEAST = 0.1  # of the mean: no device is faster than ten times


@checked
def slowest(count: Positive, scatter: FiniteAtLeastZero) -> float:
    """The expected time of the slowest, as a multiple of the mean.

    Args:
        count: devices that are waited for.
        scatter: the standard deviation of a device's time, as a part of its mean.

    Source: H. A. David, H. N. Nagaraja, "Order Statistics" (2003), section 4.2.
    """
    return 1 + scatter * largest_of(count)


@lru_cache(maxsize=1024)
def largest_of(count: int) -> float:
    """The expected largest of `count` standard normal variables: the mean of the density n φ(x) Φ(x)ⁿ⁻¹."""
    from scipy.special import ndtr

    x = np.linspace(-REACH, REACH, POINTS)
    density = count * np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * ndtr(x) ** (count - 1)
    return float(np.trapezoid(x * density, x))


@checked
def drawn(count: Positive, scatter: FiniteAtLeastZero, seed: int = 0) -> list[float]:
    """How long each of `count` devices takes in one step, as multiples of the mean; the same for one seed."""
    source = random.Random(seed)
    return [max(LEAST, source.gauss(1, scatter)) for _ in range(count)]
