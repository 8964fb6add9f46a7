"""The optimum on any graph, by mixed-integer linear programming, with a proof of how near it is.

Chains have a dynamic programme (`chain`); for graphs with skips none is known that is quick.  But "which operation
runs again when, so that everything fits" can be written as linear inequalities over choices of 0 or 1
(`milp_model`), and a solver searches those, discarding what it can prove to be no better.  Stopped early, it still
knows a bound below which no schedule can come: the *gap* is how far the schedule found may be from it.

Source: P. Jain et al., "Checkmate: Breaking the Memory Wall with Optimal Tensor Rematerialization", MLSys 2020,
arXiv:1910.02653, Section 4; here value by value, and with writing in place.  The solver is HiGHS, through SciPy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.arguments import AboveZero, checked
from workbench.errors import ArgumentError
from workbench.memory.fit import too_small
from workbench.memory.liveness import peak
from workbench.memory.milp_model import Model
from workbench.memory.schedule import Schedule, in_groups, pruned
from workbench.memory.workload import Workload

MOST = 48  # operations: the programme has about 2 n² whole numbers
SECONDS = 20.0
OPTIMAL, INFEASIBLE = 0, 2  # as SciPy numbers what came of it


@dataclass(frozen=True)
class Proven(Schedule):
    """A schedule with what was proven of it.

    Attributes:
        bound: FLOP that every schedule that `milp` chooses from recomputes at least, within the budget.
        gap: how much more than the bound this one recomputes, as a part of it: 0 where it is the optimum.
    """

    bound: float = 0.0
    gap: float = 0.0


@checked
def milp(workload: Workload, budget: int | None = None, *, seconds: AboveZero = SECONDS) -> Proven:
    """The least work within a budget; without one, within the least peak that there is.

    It is the best of the schedules that run every operation for the first time in the workload's order, and again
    at most once between two of those.  What such a schedule runs for nothing is then left out, which can make it
    better than any of them.

    Args:
        budget: bytes of feature maps.
        seconds: for the solver to stop after; the gap says how much was left open.

    Raises:
        ArgumentError: the workload has more operations than `MOST`, or the time is none or too short to find any
            schedule.
        BudgetError: no schedule fits.
    """
    count = len(workload.operations)
    if count > MOST:
        raise ArgumentError(
            f"strategy 'milp' takes {MOST} operations at most, the network and its gradients have {count}; "
            "'chain' is optimal on chains of any length"
        )
    model = Model(workload)
    if budget is None:
        budget = peak(workload, _least(workload, model, seconds)[0])
    asked = budget
    while (found := model.least_work(asked, seconds)).status != INFEASIBLE:
        if found.x is None:
            raise _too_short(seconds)
        schedule = _schedule(workload, model, found.x)
        above = peak(workload, schedule) - budget
        if above <= 0:
            return _proven(workload, schedule, found.mip_dual_bound * model.scale, found.status == OPTIMAL)
        asked -= above  # the solver's tolerances let a little more pass
    smallest, proven = _least(workload, model, seconds)
    least = peak(workload, smallest)
    if least > budget:
        raise too_small(workload, budget, least, "milp" if proven else "milp, stopped early")
    return _proven(workload, smallest, 0.0, False)


def _proven(workload: Workload, schedule: Schedule, bound: float, optimal: bool) -> Proven:
    again = schedule.recomputed_flops(workload)
    bound = min(max(0.0, bound), again)
    gap = max(0.0, again - bound) / bound if bound else float(again > 0)
    return Proven(schedule.groups, schedule.forward, bound=bound, gap=0.0 if optimal else gap)


def _least(workload: Workload, model: Model, seconds: float) -> tuple[Schedule, bool]:
    """The schedule of the least peak found, and whether it is proven to be the least."""
    found = model.least_peak(seconds)
    if found.x is None:
        raise _too_short(seconds)
    return _schedule(workload, model, found.x), found.status == OPTIMAL


def _schedule(workload: Workload, model: Model, chosen: np.ndarray) -> Schedule:
    return pruned(workload, in_groups(workload, model.order(chosen)))


def _too_short(seconds: float) -> ArgumentError:
    return ArgumentError(f"the solver found no schedule within seconds={seconds:g}; give it more")
