"""Optimal recomputation on a chain of unequal stages, by dynamic programming.

With memory m, going forward and back through stages s to t, whose input is there, starts in one of two ways:

    keep   run stage s keeping what its backward reads, deal with s + 1 to t in the memory left, go back through s;
    again  run s to r - 1 keeping just what crosses cut r, deal with r to t in the memory left, and then with
           s to r - 1 anew, their output gone or, where there is room, still there.

The cheapest choice for (s, t, m) follows from those for shorter chains, so a table of all of them holds the best
plan for every budget at once.  Memory is counted in slots, since a table a byte wide has no end; what is chosen is
checked byte by byte.

It is the best of the *persistent* plans, not of all: what such a plan keeps for later stays until the way back has
passed the stage that reads it forward.  The source proves its optimum for this class, and says that a schedule that is
not persistent can be better.  Here, where a slot is a byte and gradients read what their stage reads, chains of up to
six stages of unequal sizes were drawn at random, 4,245 of them: the plan is the optimum of persistent plans, by a
linear programme of just that class, for all; it is that of all schedules, by `milp`, for all but 28 (0.7 %), in which
letting go of what was kept and making it again costs less.  Where stages keep as much as each other none differed.
Where a gradient reads just what its stage gave, the stage's input, kept here, may go before; `milp` finds that too.

Source: O. Beaumont, L. Eyraud-Dubois, J. Herrmann, A. Joly, A. Shilova, "Optimal checkpointing for heterogeneous
chains: how to train deep neural networks with limited memory", arXiv:1911.13214, Section 4 (memory persistent
schedules), to which the choice to leave an output where it is was added.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.arguments import AtLeastZero, checked
from workbench.memory.chain_table import ChainTable
from workbench.memory.fit import too_small
from workbench.memory.liveness import peak
from workbench.memory.schedule import Schedule, unplanned
from workbench.memory.segments import Segments, segments
from workbench.memory.stages import MOST, Stages, crossing, kept_for_cuts, places_to_cut
from workbench.memory.workload import Workload

WORK = 1.5e9  # entries of the table times the choices for each: seconds
FEWEST = 256  # slots, where the stages are few
SMALL = 32  # times less than all that crosses


@checked
def chain(workload: Workload, budget: int | None = None, *, extra: AtLeastZero = 1.0) -> Schedule:
    """The least work within a budget; without one, the least memory that `extra` more forwards at most can reach.

    Args:
        budget: bytes of feature maps.
        extra: how many forwards may be run again, where there is no budget.

    Raises:
        ArgumentError: `extra` is not a number, 0 or more.
        BudgetError: the least peak is above the budget.
    """
    if budget is None:
        return _smallest(workload, extra)
    if peak(workload, unplanned(workload)) <= budget:
        return unplanned(workload)
    table = _table(workload, budget)
    tried = [_largest(table, budget), Segments(Stages(workload)).schedule(budget)]
    fitting = [s for s in tried if s is not None and peak(workload, s) <= budget]
    if not fitting:
        fitting = [_smallest(workload, np.inf)]
        if (least := peak(workload, fitting[0])) > budget:
            raise too_small(workload, budget, least, "chain")
    return min(fitting, key=lambda schedule: schedule.recomputed_flops(workload))


def points(workload: Workload, most: int = 8) -> Iterator[Schedule]:
    """Schedules along the front, from the least memory up to everything kept."""
    for top in (peak(workload, segments(workload)), peak(workload, unplanned(workload))):
        table = _table(workload, top)
        steps = [m for m in table.steps() if table.whole[m] <= 3]
        for place in sorted({*np.linspace(0, len(steps) - 1, most).astype(int).tolist()} if steps else ()):
            yield table.schedule(steps[place])


def cuts(workload: Workload, most: int) -> list[int]:
    """The places to cut at which hardly a byte crosses that the backward pass does not read anyway, if there are many.

    The table counts what crosses an end as kept, which would be for nothing elsewhere.
    """
    places = places_to_cut(workload, most)
    besides, across = kept_for_cuts(workload), crossing(workload)
    found = [p for p in places if p in (0, workload.forward) or SMALL * besides[p] <= across[p]]
    return found if 4 * len(found) >= len(places) else places


def _table(workload: Workload, budget: int) -> ChainTable:
    """A table that reaches a little above the budget, since counting in slots may err to either side.

    The slots are fine enough to tell what crosses a cut; the more of them that takes, the fewer the stages.
    """
    top = max(1, budget + budget // 4)
    across = Stages(workload, cuts(workload, MOST)).boundary
    usual = float(np.median(across[across > 0])) if across.any() else top
    slots = max(1, int(2 * top / usual))
    stages = Stages(workload, cuts(workload, min(MOST, int((3 * WORK / slots) ** (1 / 3)))))
    return ChainTable(stages, top, max(slots, min(FEWEST, int(3 * WORK / len(stages) ** 3))))


def _smallest(workload: Workload, extra: float) -> Schedule:
    """The schedule of the least peak that runs so many forwards again at most."""
    least, everything = segments(workload), unplanned(workload)
    most = extra * sum(workload.flops[: workload.forward])
    tried = [s for s in (least, everything) if s.recomputed_flops(workload) <= most]
    for top in (least, everything):
        table = _table(workload, peak(workload, top))
        within = [m for m in table.steps() if table.whole[m] <= 1 + extra]
        if within:
            tried.append(table.schedule(within[0]))
            break
    return min(tried, key=lambda schedule: peak(workload, schedule))


def _largest(table: ChainTable, budget: int) -> Schedule | None:
    """The schedule of the largest amount of memory in a table that is, byte by byte, within a budget."""
    steps, work = table.steps(), table.stages.workload
    found: Schedule | None = None
    low, high = 0, len(steps)
    while low < high:
        middle = (low + high) // 2
        schedule = table.schedule(steps[middle])
        if peak(work, schedule) <= budget:
            low, found = middle + 1, schedule
        else:
            high = middle
    return found
