"""Eviction as one goes: what to do when the program is not known beforehand.

Imperative code gives its operations one by one.  Where the next result does not fit, something that is in memory
must go: of all values the one with the least

    h = cost of making it again / (bytes × time since it was last used),

cheap, large and long unused.  A value that is read after it went is made again first, and so, if need be, is what
it was made from; so the cost counts that of neighbours which went before, or long stretches would go for good.
Here the same rule is played through on a known workload; it never looks ahead but to let go, as
the program itself does, of what it will not read any more.

Source: M. Kirisame et al., "Dynamic Tensor Rematerialization", ICLR 2021, arXiv:2006.09616, Section 3: `h` with the
equivalence classes of evicted neighbours, brought up to date now and then instead of at every step, and values let
go when the program drops them ("eager eviction").
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.arguments import AtLeastZero, checked
from workbench.memory.fit import too_small
from workbench.memory.liveness import peak
from workbench.memory.schedule import Schedule, in_groups, unplanned
from workbench.memory.workload import Workload

STEPS = 5  # of halving the range of budgets, by their logarithm
WIDEST = 64  # times less than what keeping everything takes: budgets below are not tried
MOST = 4.0  # more forwards, after which a run is given up as thrashing
REFRESH = 32  # evictions between two looks at the neighbours


@checked
def online(workload: Workload, budget: int | None = None, *, extra: AtLeastZero = 1.0) -> Schedule:
    """What eviction makes of a budget; without one, of about the least with which it runs `extra` forwards again.

    Args:
        budget: bytes of feature maps.
        extra: how many forwards may be run again, where there is no budget.

    Raises:
        ArgumentError: `extra` is not a number, 0 or more.
        BudgetError: with so little it does not come to an end.
    """
    if budget is None:
        return _least(workload, extra)
    found = evicted(workload, budget, MOST)
    if found is None:
        found = _least(workload, MOST)
        if (least := peak(workload, found)) > budget:
            raise too_small(workload, budget, least, "online")
    return found


def points(workload: Workload, most: int = 4) -> Iterator[Schedule]:
    """What eviction makes of budgets between the least and that of keeping everything."""
    everything = max(1, peak(workload, unplanned(workload)))
    for budget in np.geomspace(everything / 8, everything, most):
        found = evicted(workload, int(budget), MOST)
        if found is not None:
            yield found


def evicted(workload: Workload, budget: int, extra: float) -> Schedule | None:
    """The schedule that eviction comes to; None where a value finds no room, or too much is run again."""
    memory = _Memory(workload, budget, extra)
    for number in range(len(workload.operations)):
        if not memory.run(number):
            return None
    return in_groups(workload, memory.order)


def _least(workload: Workload, extra: float) -> Schedule:
    found = unplanned(workload)
    high = float(peak(workload, found))
    low = high / WIDEST
    for _ in range(STEPS):
        middle = (low * high) ** 0.5
        schedule = evicted(workload, int(middle), extra)
        if schedule is None:
            low = middle
        else:
            found, high = schedule, middle
    return found


class _Memory:
    """Values in a memory of limited size.

    Attributes:
        order: the operations that ran.
    """

    def __init__(self, workload: Workload, budget: int, extra: float) -> None:
        self._work = workload
        self._budget = budget
        self._spare = (1 + extra) * sum(workload.flops[: workload.forward]) + sum(
            workload.flops[workload.forward :]
        )
        self._left = np.bincount(workload.reads.values, minlength=len(workload.sizes))  # reads to come
        self._sizes = np.where(self._left > 0, workload.map_bytes, 0)
        flops = np.array([*workload.flops, 0.0])
        self._cost = flops[workload.makers]
        self._near = np.zeros(len(workload.sizes))  # cost of the neighbours that went
        self._made = np.zeros(len(workload.sizes), bool)
        self._edges = _edges(workload)
        self._evictions = 0
        self._there = workload.makers < 0
        self._used = np.zeros(len(workload.sizes))  # when, in operations run
        self._pinned = np.zeros(len(workload.sizes), int)
        self._taken = 0
        self.order: list[int] = []

    def run(self, number: int) -> bool:
        """Runs the program's next operation, after what must be made again for it; False where that does not work."""
        if not self._make(number):
            return False
        reads = list(self._work.operations[number].reads)
        np.subtract.at(self._left, reads, 1)
        self._let_go(reads)
        return True

    def _make(self, number: int) -> bool:
        operations, maker = self._work.operations, self._work.maker
        waiting = [number]
        np.add.at(self._pinned, list(operations[number].reads), 1)
        while waiting:
            operation = operations[waiting[-1]]
            missing = next((v for v in operation.reads if not self._there[v]), None)
            if missing is not None:
                waiting.append(maker[missing])
                np.add.at(self._pinned, list(operations[maker[missing]].reads), 1)
                continue
            if not self._execute(waiting.pop()):
                return False
            np.subtract.at(self._pinned, list(operation.reads), 1)
            self._let_go(list(operation.reads))
        return True

    def _execute(self, number: int) -> bool:
        operation = self._work.operations[number]
        made = [v for v in operation.gives if not self._there[v]]
        self._spare -= self._work.flops[number]
        size = int(self._sizes[made].sum())
        if self._spare < 0 or not self._room(size + int(self._work.workspace[number])):
            return False
        self._there[made] = self._made[made] = True
        self._taken += size
        self.order.append(number)
        self._used[[*operation.reads, *operation.gives]] = len(self.order)
        return True

    def _room(self, size: int) -> bool:
        """Evicts, the least h first, until so many bytes are free."""
        above = self._taken + size - self._budget
        if above <= 0:
            return True
        if self._evictions % REFRESH == 0:
            self._near = self._neighbours()
        self._evictions += 1
        values = np.flatnonzero(self._there & (self._pinned == 0) & (self._sizes > 0))
        stale = len(self.order) + 1 - self._used[values]
        cost = self._cost[values] + self._near[values]
        order = values[np.argsort(cost / (self._sizes[values] * stale), kind="stable")]
        enough = int(np.searchsorted(np.cumsum(self._sizes[order]), above)) + 1
        self._drop(order[:enough])
        return enough <= len(order)

    def _neighbours(self) -> np.ndarray:
        """For each value the cost of the connected stretches of values beside it that went."""
        from scipy.sparse import coo_array  # its import takes longer than that of all planners together
        from scipy.sparse.csgraph import connected_components

        (one, other), count = self._edges, len(self._there)
        gone = self._made & ~self._there
        inside = gone[one] & gone[other]
        links = coo_array((inside[inside], (one[inside], other[inside])), (count, count))
        _, stretch = connected_components(links, directed=False)
        whole = np.bincount(stretch, self._cost * gone, count)[stretch]
        found = np.zeros(count)
        for here, there in ((one, other), (other, one)):
            beside = gone[there] & ~gone[here]
            found += np.bincount(here[beside], whole[there[beside]], count)
        return found

    def _let_go(self, values: list[int]) -> None:
        """What the program will not read any more, and nothing waits for."""
        found = [v for v in dict.fromkeys(values) if not self._left[v] and not self._pinned[v]]
        self._drop(np.array([v for v in found if self._there[v] and self._sizes[v]], int))

    def _drop(self, values: np.ndarray) -> None:
        self._there[values] = False
        self._taken -= int(self._sizes[values].sum())


def _edges(workload: Workload) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a value that is computed and one that is made from it."""
    made = workload.maker
    pairs = [(r, g) for op in workload.operations for r in op.reads if r in made for g in op.gives]
    first, second = np.array(pairs, int).reshape(-1, 2).T
    return first, second
