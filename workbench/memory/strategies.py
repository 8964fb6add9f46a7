"""The strategies by name: each a function of a workload and a budget in bytes of feature maps to a schedule."""

from __future__ import annotations

from collections.abc import Callable

from workbench.memory.chen import chen
from workbench.memory.schedule import Schedule, unplanned
from workbench.memory.workload import Workload

Strategy = Callable[..., Schedule]  # (workload, budget, **its own options)


def none(workload: Workload, budget: int | None = None) -> Schedule:
    """Everything once, all that backward reads kept."""
    return unplanned(workload)


CHEAPEST = "chen"  # what a budget without a strategy takes
STRATEGIES: dict[str, Strategy] = {"none": none, "chen": chen}
