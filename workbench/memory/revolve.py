"""Binomial checkpointing: the optimal way along a chain of equal stages with room for c of them.

Let N(c, r) be the longest chain that can be gone back through with c checkpoints, no stage being run forward to
get somewhere more than r times.  Its first checkpoint comes after k stages: what follows has one checkpoint less,
so at most N(c - 1, r) stages; what comes before was run once already, so at most N(c, r - 1).  Hence

    N(c, r) = N(c, r - 1) + N(c - 1, r) = (c + 1 + r choose r),

Pascal's triangle: memory and work grow together as the logarithm of the length.  The input of the chain is held by
the caller and is not among the c.  Real stages are not equal; the counts are then a good rule, not an optimum.

Source: A. Griewank, A. Walther, "Algorithm 799: Revolve", ACM Transactions on Mathematical Software 26 (2000).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

from workbench.arguments import Count, checked
from workbench.memory.fit import too_small
from workbench.memory.liveness import peak
from workbench.memory.schedule import Schedule
from workbench.memory.stages import Stages
from workbench.memory.walk import Walk
from workbench.memory.workload import Workload

RUNS = 2  # of a stage to get somewhere, where neither checkpoints nor a budget are given
MOST_RUNS = 8  # with a budget: schedules that run stages more often are not sought


@checked
def revolve(workload: Workload, budget: int | None = None, *, checkpoints: Count | None = None) -> Schedule:
    """The binomial schedule with so many checkpoints; with a budget, with as many as fit.

    Args:
        budget: bytes of feature maps.
        checkpoints: how many to keep at once, beside the chain's input; with neither, the fewest with which no
            stage is run forward more than twice before its own turn.

    Raises:
        ArgumentError: `checkpoints` is not a whole number, 0 or more.
        BudgetError: no number of checkpoints that is tried fits, or the number given does not.
    """
    stages = Stages(workload)
    if checkpoints is None and budget is None:
        checkpoints = fewest(len(stages), RUNS)
    if budget is None:
        assert checkpoints is not None
        return binomial(stages, checkpoints)
    return _within(stages, budget, checkpoints)


def points(workload: Workload) -> Iterator[Schedule]:
    """Schedules of ever more checkpoints."""
    stages = Stages(workload)
    for runs in range(MOST_RUNS, 0, -1):
        yield binomial(stages, fewest(len(stages), runs))


def longest(checkpoints: int, runs: int) -> int:
    """N(c, r): the longest chain for so many checkpoints and runs of a stage."""
    return comb(checkpoints + 1 + runs, runs) if checkpoints >= 0 and runs >= 0 else 0


def fewest(length: int, runs: int) -> int:
    """The fewest checkpoints for a chain of this length where a stage may run so often."""
    return next(c for c in range(length + 1) if longest(c, runs) >= length)


def first_checkpoint(length: int, checkpoints: int) -> int:
    """After how many stages of a chain to place the first of the checkpoints."""
    runs = next(r for r in range(length + 1) if longest(checkpoints, r) >= length)
    return min(longest(checkpoints, runs - 1), length - longest(checkpoints - 1, runs - 1))


def binomial(stages: Stages, checkpoints: int) -> Schedule:
    """The schedule with so many checkpoints at once."""
    walk = Walk(stages)
    waiting = [(0, len(stages), checkpoints)] if len(stages) else []
    while waiting:
        first, stop, left = waiting.pop()
        if stop - first == 1:
            walk.cut()
            walk.there_and_back(first, stop)
            continue
        middle = first + first_checkpoint(stop - first, left) if left else stop - 1
        walk.run(first, middle)
        waiting += [(first, middle, left), (middle, stop, left - 1)]
    return walk.schedule


def _within(stages: Stages, budget: int, checkpoints: int | None) -> Schedule:
    """The schedule of least work within a budget: of the numbers of checkpoints one tries, the most that fit."""
    work, count = stages.workload, len(stages)
    low, high = fewest(count, MOST_RUNS), max(0, count - 1)
    if checkpoints is not None:
        low = high = checkpoints
    least = binomial(stages, low)
    if peak(work, least) > budget:
        raise too_small(work, budget, peak(work, least), "revolve")
    while low < high:
        middle = (low + high + 1) // 2
        schedule = binomial(stages, middle)
        if peak(work, schedule) <= budget:
            low, least = middle, schedule
        else:
            high = middle - 1
    return least
