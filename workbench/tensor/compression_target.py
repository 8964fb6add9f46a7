"""How far to compress: to a number of parameters, a fraction of them, or an error."""

from __future__ import annotations

from collections.abc import Callable

from workbench.errors import ArgumentError, BudgetError
from workbench.tensor.rank_choice import Choice, choices, costing, within
from workbench.tensor.sensitivity import RUINED, Sensitivity, cost_of

TRIES = 7  # of halving what an error may cost by prediction


def target(budget: int | float | None, error: float | None) -> Callable[[Sensitivity], Choice]:
    """How to choose.

    Raises:
        ArgumentError: both or neither are given, or out of range.
    """
    if (budget is None) == (error is None):
        given = "neither" if budget is None else "both"
        raise ArgumentError(
            f"compress() takes a budget of parameters, or an error to keep to; {given} is given"
        )
    if error is not None:
        if not error > 0:
            raise ArgumentError(f"compress(): error={error}: a relative error is above 0")
        return lambda study: _until(study, error)
    assert budget is not None
    if not budget > 0 or (isinstance(budget, float) and budget > 1):
        raise ArgumentError(
            f"compress(): budget={budget}: it is a number of dense parameters, 1 or more, or a fraction of them, "
            "above 0 and at most 1.0"
        )
    return lambda study: _within(study, budget)


def _within(study: Sensitivity, budget: int | float) -> Choice:
    most = budget * study.parameters if isinstance(budget, float) else budget
    choice = within(study.points, most)
    if choice is None:
        least = study.size(choices(study.points)[-1])
        raise BudgetError(
            f"compress(): budget={budget}: the smallest ranks that are tried have {least:,} parameters, "
            f"{least / study.parameters:.2g} of the {study.parameters:,} dense ones",
            least,
        )
    return choice


def _until(study: Sensitivity, error: float) -> Choice:
    """The smallest choice found whose measured error is within: what it may cost by prediction is halved in on."""
    found = costing(study.points, 0.0)
    low, high = 0.0, 2 * cost_of(min(error, RUINED))
    for _ in range(TRIES):
        limit = (low + high) / 2
        choice = costing(study.points, limit)
        if study.measured(choice) <= error:
            found, low = choice, limit
        else:
            high = limit
    return found
