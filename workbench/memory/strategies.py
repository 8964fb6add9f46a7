"""The strategies by name: each a function of a workload and a budget in bytes of feature maps to a schedule.

With a budget none ever gives a schedule whose peak (`liveness.peak`) is above it; where it has none it raises a
BudgetError that says what its least is.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.memory.chain import chain
from workbench.memory.chen import chen
from workbench.memory.fit import within
from workbench.memory.milp import milp
from workbench.memory.offload import offload
from workbench.memory.online import online
from workbench.memory.recursive import recursive
from workbench.memory.revolve import revolve
from workbench.memory.schedule import Schedule, unplanned
from workbench.memory.segments import segments
from workbench.memory.workload import Workload

Strategy = Callable[..., Schedule]  # (workload, budget, **its own options)


def none(workload: Workload, budget: int | None = None) -> Schedule:
    """Everything once, all that backward reads kept.

    Raises:
        BudgetError: that takes more than the budget.
    """
    everything = unplanned(workload)
    if budget is None:
        return everything
    return within(workload, budget, lambda _: everything, lambda: everything, "none")


STRATEGIES: dict[str, Strategy] = {
    "none": none,
    "chen": chen,
    "segments": segments,
    "recursive": recursive,
    "revolve": revolve,
    "chain": chain,
    "milp": milp,
    "online": online,
    "offload": offload,
}
