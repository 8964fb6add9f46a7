"""Memory of the order of log n: cut a chain in two, keep what crosses the cut, and do the same with each half.

While it goes back through the second half just the cut's bytes are kept for the first; going back through half of
that half, two cuts' bytes; and so on, log₂ n cuts deep.  Each level of the recursion runs half of its piece
forward once more, so that the work grows by log₂ n half forwards: g(n) = 1 + g(n / 2) bytes for n log₂ n work.
With more room the recursion may stop early, at pieces that fit as a whole.

Source: T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training Deep Nets with Sublinear Memory Cost",
arXiv:1604.06174, Section 4.3.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.memory.fit import too_small
from workbench.memory.liveness import peak
from workbench.memory.schedule import Schedule
from workbench.memory.segments import Segments
from workbench.memory.stages import Stages
from workbench.memory.walk import Walk
from workbench.memory.workload import Workload

PIECES = 16  # sizes of the smallest piece that are tried, spread evenly by their logarithm


def recursive(workload: Workload, budget: int | None = None) -> Schedule:
    """Halves down to single stages; with a budget, down to pieces as large as it allows.

    Args:
        budget: bytes of feature maps.

    Raises:
        BudgetError: even single stages take more than the budget.
    """
    if budget is None:
        return halved(Segments(Stages(workload)), 0)
    tried = {schedule: peak(workload, schedule) for schedule in points(workload)}
    fitting = [schedule for schedule, taken in tried.items() if taken <= budget]
    if not fitting:
        raise too_small(workload, budget, min(tried.values()), "recursive")
    return min(fitting, key=lambda schedule: schedule.recomputed_flops(workload))


def points(workload: Workload) -> Iterator[Schedule]:
    """Schedules that stop at pieces of more and more bytes, up to the whole chain."""
    table = Segments(Stages(workload))
    largest = table.working[np.isfinite(table.working)].max(initial=1)
    for piece in [0, *np.geomspace(1 + largest / 10**4, 1 + largest, PIECES)]:
        yield halved(table, piece)


def halved(table: Segments, piece: float) -> Schedule:
    """The schedule that halves pieces until they are single stages or take at most so many bytes to go back through."""
    stages = table.stages
    walk = Walk(stages)
    below = np.concatenate([[0], np.cumsum(stages.kept)])
    waiting = [(0, len(stages))] if len(stages) else []
    while waiting:
        first, stop = waiting.pop()
        if stop - first == 1 or table.working[first, stop] <= piece:
            walk.cut()
            walk.there_and_back(first, stop)
            continue
        half = int(np.searchsorted(below, (below[first] + below[stop]) / 2))
        middle = min(max(half, first + 1), stop - 1)
        walk.run(first, middle)
        waiting += [(first, middle), (middle, stop)]
    return walk.schedule
