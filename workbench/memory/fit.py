"""Keeping a promise: planners reckon with simplified bytes, and what they give is checked with exact ones.

A planner may err to either side.  So where its schedule is above the budget it is asked again for less, until the
exact peak fits or the planner has nothing smaller.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.errors import BudgetError
from workbench.memory.liveness import peak
from workbench.memory.schedule import Schedule
from workbench.memory.size import text
from workbench.memory.workload import Workload

ATTEMPTS = 12


def within(
    workload: Workload,
    budget: int,
    plan: Callable[[int], Schedule | None],
    least: Callable[[], Schedule],
    strategy: str,
) -> Schedule:
    """A schedule whose exact peak is within a budget.

    Args:
        budget: bytes of feature maps.
        plan: the schedule for a budget as the planner reckons; None where it has none.
        least: the smallest schedule that the planner has.
        strategy: its name, for the message.

    Raises:
        BudgetError: even the least is above the budget.
    """
    asked = budget
    for _ in range(ATTEMPTS):
        schedule = plan(asked)
        if schedule is None:
            break
        above = peak(workload, schedule) - budget
        if above <= 0:
            return schedule
        asked -= above
    schedule = least()
    smallest = peak(workload, schedule)
    if smallest > budget:
        raise too_small(workload, budget, smallest, strategy)
    return schedule


def too_small(workload: Workload, budget: int, least: int, strategy: str) -> BudgetError:
    """The error for a budget that a strategy's least peak is above; both in bytes of feature maps."""
    fixed = workload.fixed_bytes
    return BudgetError(
        f"no plan fits in {text(budget + fixed)}: the least is {text(least + fixed)}, {text(least)} of feature maps by "
        f"strategy {strategy!r} and {text(fixed)} of inputs, parameters, gradients and outputs",
        least,
    )
