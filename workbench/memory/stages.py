"""A network as a chain of stages: where it can be cut, and what it costs to do so.

Between any two operations of the forward pass some values are still to be read: they *cross* that place.  Where
few bytes cross, a network can be cut: keep just what crosses, and everything between two cuts can be computed
again from it.  So every network is a chain, of stages that are as short as its places to cut allow, and most
strategies are ways of walking such a chain.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence, Set
from functools import cached_property

import numpy as np

from workbench.memory.schedule import Schedule, of_groups
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
        return (*self.needed(first, stop, back), *back) if recompute else back

    def needed(self, first: int, stop: int, readers: Sequence[int], given: bool = True) -> list[int]:
        """The forward operations between two cuts that these need again, in order.

        Args:
            first, stop: cuts.
            readers: operations of the backward pass.
            given: whether what crosses cut `stop` is there.

        Results and what the user asks to keep (``force_mirroring=False``) are there too.
        """
        operations, maker, last = self.workload.operations, self.workload.maker, self._last_read
        lowest, highest = self.cuts[first], self.cuts[stop]
        needed: set[int] = set()
        waiting = list(readers)
        while waiting:
            for value in operations[waiting.pop()].reads:
                made = maker.get(value, -1)
                if not lowest <= made < highest or made in needed or value in self._stays:
                    continue
                if not given or last.get(value, -1) < highest:
                    needed.add(made)
                    waiting.append(made)
        return sorted(needed)

    @cached_property
    def _stays(self) -> frozenset[int]:
        """What is there from when it is first made, whatever the plan."""
        asked = (op.gives for op in self.workload.operations[: self.workload.forward] if op.mirror is False)
        return self.workload.results.union(*asked)

    @cached_property
    def _last_read(self) -> dict[int, int]:
        return last_reads(self.workload)

    def segmented(self, cuts: Sequence[int]) -> Schedule:
        """The schedule that keeps what crosses these cuts and computes the rest again, segment by segment.

        The last segment goes back while all it made is there, but for what the user asks to recompute.

        Args:
            cuts: which of the cuts, without the first and the last.
        """
        inner = [*sorted(set(cuts) - {0, len(self)})]
        pairs = list(zip([0, *inner], [*inner, len(self)], strict=True))
        forward = [self.forward_group(a, b) for a, b in pairs]
        last = len(pairs) - 1
        backward = [
            self.backward_group(a, b, recompute=i < last) for i, (a, b) in reversed(list(enumerate(pairs)))
        ]
        asked = {i for i in forward[-1] if self.workload.operations[i].mirror} if forward else set()
        backward[:1] = [at_their_gradients(self.workload, group, asked) for group in backward[:1]]
        return of_groups([*forward, *backward], len(forward))


def at_their_gradients(workload: Workload, backward: Sequence[int], again: Set[int]) -> tuple[int, ...]:
    """Backward operations, with those of `again` run once more just before the first that reads what they make."""
    found: list[int] = []
    done: set[int] = set()

    def write(number: int) -> None:
        for value in workload.operations[number].reads:
            made = workload.maker.get(value, -1)
            if made in again and made not in done:
                done.add(made)
                write(made)
        found.append(number)

    for number in backward:
        write(number)
    return tuple(found)


def crossing(workload: Workload, weights: Sequence[int] | None = None) -> np.ndarray:
    """Bytes that cross each place of the forward pass, from before its first operation to after its last.

    Args:
        weights: what to add up for each value instead of its bytes.
    """
    weights = workload.sizes if weights is None else weights
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

    Where the user has marked any (``mirror_stage``), these are the places after the marked operations; else those
    after operations that leave one value to be read, or no more than before.  Where there are too many, of each
    neighbourhood the one that fewest values cross.
    """
    end = workload.forward
    marked = [i + 1 for i, operation in enumerate(workload.operations[: end - 1]) if operation.stage]
    if end < 2 or marked:
        return [0, *marked, end] if end else [0]
    counts = crossing(workload, [1] * len(workload.sizes))
    inner = np.arange(1, end)
    found = inner[counts[1:end] <= np.maximum(counts[: end - 1], 1)].tolist()
    if len(found) > most:
        costs = np.stack([counts, crossing(workload), kept_for_cuts(workload)], 1)
        found = _of_neighbourhoods(found, costs.tolist(), -(-end // most))
    return [0, *found, end]


def kept_for_cuts(workload: Workload) -> np.ndarray:
    """Of the bytes that cross each place those that backward does not read: kept just to start again from there."""
    read = workload.read_backward
    return crossing(workload, [0 if v in read else size for v, size in enumerate(workload.sizes)])


def _of_neighbourhoods(places: list[int], costs: list[list[int]], reach: int) -> list[int]:
    """Of every `reach` operations the place of least cost, if none as near is better still."""

    def cost(place: int) -> list[int]:
        return costs[place]

    best: dict[int, int] = {}
    for place in places:
        block = place // reach
        if block not in best or cost(place) < cost(best[block]):
            best[block] = place
    chosen = [-reach, *best.values(), len(costs) + reach]
    return [
        here
        for before, here, after in zip(chosen, chosen[1:], chosen[2:], strict=False)
        if not any(abs(p - here) <= reach and cost(p) < cost(here) for p in (before, after))
    ]
