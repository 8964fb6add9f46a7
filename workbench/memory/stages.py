"""A network as a chain of stages: where it can be cut, and what it costs to do so.

Between any two operations of the forward pass some values are still to be read: they *cross* that place.  Where
    few
bytes cross, a network can be cut: keep just what crosses, and everything between two cuts can be computed
again from it.  So every network is a chain, of stages that are as short as its places to cut allow,
and most strategies are ways of walking such a chain.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from workbench.memory.liveness import lifetimes, timeline
from workbench.memory.schedule import Schedule, of_groups, unplanned
from workbench.memory.workload import Workload

MOST = 400  # stages: dynamic programmes look at every pair of them


class Stages:
    """A workload's forward pass as stages, and the backward operations that belong to each.

    Stage i is the forward operations from ``cuts[i]`` to ``cuts[i + 1]``.

    Args:
        workload: the pass.
        cuts: places between operations of the forward pass, from 0 to their number; by default chosen by
            `places_to_cut`.

    Attributes:
        workload, cuts: as given.
    """

    def __init__(self, workload: Workload, cuts: Sequence[int] | None = None) -> None:
        self.workload = workload
        self.cuts = tuple(places_to_cut(workload) if cuts is None else cuts)

    def __len__(self) -> int:
        return len(self.cuts) - 1

    # -- what belongs to a stage -----------------------------------------------------------------

    def of_operation(self, forward: int) -> int:
        """The stage of a forward operation."""
        return bisect_right(self.cuts, forward) - 1

    @cached_property
    def backward(self) -> tuple[tuple[int, ...], ...]:
        """For each stage its backward operations, in order.

        A gradient belongs to the stage of what it differentiates; what has no such origin (a sum of gradients)
        to the first stage, going backward, at which all it reads is there.
        """
        work = self.workload
        stage_of: dict[int, int] = {}
        groups: list[list[int]] = [[] for _ in range(len(self))]
        for number in range(work.forward, len(work.operations)):
            operation = work.operations[number]
            found = [stage_of[m] for v in operation.reads if (m := work.maker.get(v, -1)) >= work.forward]
            if operation.of is not None:
                found.append(self.of_operation(operation.of))
            stage_of[number] = min(found, default=len(self) - 1)
            groups[stage_of[number]].append(number)
        return tuple(map(tuple, groups))

    # -- what a stage costs ----------------------------------------------------------------------

    @cached_property
    def boundary(self) -> np.ndarray:
        """Bytes that cross each cut, the first and the last included; one entry a cut."""
        return crossing(self.workload)[list(self.cuts)]

    @cached_property
    def kept(self) -> np.ndarray:
        """Bytes of a stage's values that backward reads: what it takes to go back through it; one entry a stage."""
        work = self.workload
        found = np.zeros(len(self), np.int64)
        for value in work.read_backward - work.fixed:
            found[self.of_operation(work.maker[value])] += work.sizes[value]
        return found

    @cached_property
    def forward_flops(self) -> np.ndarray:
        """Work of each stage's forward operations, in FLOP."""
        flops = np.array(self.workload.flops[: self.workload.forward])
        return np.add.reduceat(flops, list(self.cuts[:-1])) if len(self) else flops

    @cached_property
    def transient(self) -> np.ndarray:
        """Bytes that a stage's own backward takes at most beside what is `kept`: gradients on their way."""
        work = self.workload
        lives = lifetimes(work, unplanned(work))
        total = timeline(work, unplanned(work), lives).total
        below = np.concatenate([[0], np.cumsum(self.kept)])
        found = np.zeros(len(self), np.int64)
        for stage, group in enumerate(self.backward):
            if group:
                found[stage] = max(0, int(total[list(group)].max()) - int(below[stage + 1]))
        return found

    # -- walking the chain -----------------------------------------------------------------------

    def forward_group(self, first: int, stop: int) -> tuple[int, ...]:
        """The operations that lead from cut `first` to cut `stop`."""
        return tuple(range(self.cuts[first], self.cuts[stop]))

    def backward_group(self, first: int, stop: int, recompute: bool = True) -> tuple[int, ...]:
        """The backward operations from cut `stop` back to cut `first`, after the forward ones that they need again.

        Args:
            first, stop: cuts.
            recompute: whether what is made between the cuts is gone and must be computed again first.
        """
        back = tuple(n for stage in range(stop - 1, first - 1, -1) for n in self.backward[stage])
        return (*self._needed(first, stop, back), *back) if recompute else back

    def _needed(self, first: int, stop: int, readers: Sequence[int]) -> list[int]:
        """The forward operations between two cuts that these need, in order; what crosses the later cut is there."""
        operations, maker, last = self.workload.operations, self.workload.maker, self._last_read
        lowest, highest = self.cuts[first], self.cuts[stop]
        needed: set[int] = set()
        waiting = list(readers)
        while waiting:
            for value in operations[waiting.pop()].reads:
                made = maker.get(value, -1)
                if lowest <= made < highest and made not in needed and last.get(value, -1) < highest:
                    needed.add(made)
                    waiting.append(made)
        return sorted(needed)

    @cached_property
    def _last_read(self) -> dict[int, int]:
        return last_reads(self.workload)

    def segmented(self, cuts: Sequence[int]) -> Schedule:
        """The schedule that keeps what crosses these cuts and computes the rest again, segment by segment.

        Args:
            cuts: which of the cuts, in order, without the first and the last.  The last segment runs forward
                and backward
                while all it made is there.
        """
        inner = [*sorted(set(cuts) - {0, len(self)})]
        pairs = list(zip([0, *inner], [*inner, len(self)], strict=True))
        forward = [self.forward_group(a, b) for a, b in pairs]
        last = len(pairs) - 1
        backward = [
            self.backward_group(a, b, recompute=i < last) for i, (a, b) in reversed(list(enumerate(pairs)))
        ]
        return of_groups([*forward, *backward], len(forward))


def crossing(workload: Workload) -> np.ndarray:
    """Bytes that cross each place of the forward pass, from before its first operation to after its last."""
    return _crossing(workload, workload.sizes)


def _crossing(workload: Workload, weights: Sequence[int]) -> np.ndarray:
    change = np.zeros(workload.forward + 2, np.int64)
    for value, number in last_reads(workload).items():
        if value not in workload.fixed:
            change[workload.maker[value] + 1] += weights[value]
            change[number + 1] -= weights[value]
    return np.cumsum(change)[: workload.forward + 1]


def last_reads(workload: Workload) -> dict[int, int]:
    """For each value that the forward pass reads the last of its operations to do so."""
    last: dict[int, int] = {}
    for number, operation in enumerate(workload.operations[: workload.forward]):
        last.update(dict.fromkeys(operation.reads, number))
    return last


def places_to_cut(workload: Workload, most: int = MOST) -> list[int]:
    """Places of the forward pass that are worth a cut, the two ends included, about `most` at most.

    These are the places after operations that leave no more values to be read than before.  Where there are too
    many, of each neighbourhood the one that fewest values cross.
    """
    end = workload.forward
    if end < 2:
        return [0, end] if end else [0]
    counts = _crossing(workload, [1] * len(workload.sizes))
    inner = np.arange(1, end)
    found = inner[counts[1:end] <= counts[: end - 1]].tolist()
    if len(found) > most:
        found = _of_neighbourhoods(found, counts, crossing(workload), -(-end // most))
    return [0, *found, end]


def _of_neighbourhoods(places: list[int], counts: np.ndarray, size: np.ndarray, reach: int) -> list[int]:
    """Of every `reach` operations the place that fewest values cross, if none as near is better still."""

    def cost(place: int) -> tuple[int, int]:
        return int(counts[place]), int(size[place])

    best: dict[int, int] = {}
    for place in places:
        block = place // reach
        if block not in best or cost(place) < cost(best[block]):
            best[block] = place
    chosen = [-reach, *best.values(), len(counts) + reach]
    return [
        here
        for before, here, after in zip(chosen, chosen[1:], chosen[2:], strict=False)
        if not any(abs(p - here) <= reach and cost(p) < cost(here) for p in (before, after))
    ]
