"""The cheapest plan that keeps to a budget, of all that the strategies know."""

from __future__ import annotations

from workbench.errors import ArgumentError, BudgetError
from workbench.memory.liveness import peak
from workbench.memory.schedule import Schedule
from workbench.memory.strategies import STRATEGIES, Strategy
from workbench.memory.workload import Workload

MOST_FOR_MILP = 40  # operations
ELSEWHERE = {
    "offload"
}  # it recomputes nothing, but takes a device with memory of its own: to be asked for by name


def cheapest(workload: Workload, budget: int | None = None) -> Schedule:
    """The schedule that recomputes least, in FLOP, within a budget; of equal ones that of the least peak.

    Every strategy that runs on any device is asked, `milp` where the workload is small.  Without a budget nothing
    is recomputed.

    Args:
        budget: bytes of feature maps.

    Raises:
        BudgetError: no strategy keeps to it; the message says what the least is, and whose.
    """
    found: list[Schedule] = []
    refused: list[BudgetError] = []
    for name, strategy in STRATEGIES.items():
        if name in ELSEWHERE or (name == "milp" and len(workload.operations) > MOST_FOR_MILP):
            continue
        try:
            found.append(strategy(workload, budget))
        except BudgetError as error:
            refused.append(error)
        except ArgumentError:
            if name != "milp":  # its time was too short: it has nothing to say
                raise
    if not found:
        raise min(refused, key=lambda error: error.least)
    return min(found, key=lambda schedule: (schedule.recomputed_flops(workload), peak(workload, schedule)))


CHEAPEST = "cheapest"
PLANNERS: dict[str, Strategy] = {**STRATEGIES, CHEAPEST: cheapest}  # what a user may name
