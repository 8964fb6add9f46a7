"""Missing entries for a method that knows of none: fill in, fit, fill in what the fit says, and so on.

Each round the fit can only come nearer to what is observed, since the filled-in entries fit exactly before it starts:
it is the expectation-maximisation algorithm for a least-squares fit.

Source: G. Tomasi, R. Bro, "PARAFAC and Missing Values", Chemometrics and Intelligent Laboratory Systems 75(2), 2005.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from workbench.tensor.fitting.observed import Observed

T = TypeVar("T")


def imputed(
    data: Observed,
    fit: Callable[[np.ndarray, T | None], T],
    reconstruct: Callable[[T], np.ndarray],
    rounds: int,
    tolerance: float,
) -> T:
    """The last of a row of fits; one alone where nothing is missing.

    Args:
        data: to be fitted.
        fit: fits a whole array, given the fit before it, or None for the first.
        reconstruct: the array that a fit stands for.
        rounds: the most.
        tolerance: the change of the relative error at which to stop.
    """
    if data.mask is None:
        return fit(data.values, None)
    filled = np.where(data.mask > 0, data.values, data.values.sum() / data.count)
    found, before = None, np.inf
    for _ in range(rounds):
        found = fit(filled, found)
        whole = reconstruct(found)
        error = data.distance(whole)
        if abs(before - error) < tolerance:
            break
        before = error
        filled = np.where(data.mask > 0, data.values, whole)
    assert found is not None  # there is a round at least
    return found
