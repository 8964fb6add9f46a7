"""A schedule: which operation runs when, and which again.

It is the one thing that every strategy gives.  An operation that stands in it a second time is recomputed, and
a value is let go after the last operation that reads it before it is made again.  So a schedule says, without
another word, what is kept and what is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from workbench.errors import ArgumentError
from workbench.memory.workload import Workload


class Move(NamedTuple):
    """A value that lies in the host's memory for a while.

    Attributes:
        value: the value.
        out: the group after which it leaves the device.
        back: the group before which it comes back.
    """

    value: int
    out: int
    back: int


@dataclass(frozen=True)
class Schedule:
    """Groups of operations, in order; each group runs as one compiled program.

    Attributes:
        groups: the numbers of the operations.
        forward: how many of the groups run before the backward pass is asked for.
        moved: values that are moved to the host's memory in between.
    """

    groups: tuple[tuple[int, ...], ...]
    forward: int
    moved: tuple[Move, ...] = ()

    def __iter__(self) -> Iterator[int]:
        """The operations in order, repeats included."""
        return (operation for group in self.groups for operation in group)

    def __len__(self) -> int:
        return sum(map(len, self.groups))

    @cached_property
    def order(self) -> np.ndarray:
        """The operations in order as one array."""
        return np.fromiter(self, np.int64, len(self))

    @cached_property
    def repeats(self) -> dict[int, int]:
        """How often each operation runs beyond the first time, where that is more than never."""
        return {i: n - 1 for i, n in enumerate(np.bincount(self.order).tolist()) if n > 1}

    def recomputed_flops(self, workload: Workload) -> float:
        """The work done again, in FLOP."""
        return sum(workload.flops[operation] * times for operation, times in self.repeats.items())

    def check(self, workload: Workload) -> None:
        """Makes sure that the schedule computes the workload.

        Raises:
            ArgumentError: an operation is missing or unknown, or reads a value that is not there yet, or is moved
                away.
        """
        self._check_forward(workload)
        there = set(workload.held)
        for position, operation in enumerate(self):
            if not 0 <= operation < len(workload.operations):
                raise ArgumentError(f"the schedule runs operation {operation}, of {len(workload.operations)}")
            wanting = [v for v in workload.operations[operation].reads if v not in there]
            if wanting:
                makers = ", ".join(workload.operations[workload.maker[v]].name for v in wanting)
                name = workload.operations[operation].name
                raise ArgumentError(f"the schedule runs {name!r} at place {position} before {makers}")
            there.update(workload.operations[operation].gives)
        missing = [workload.operations[workload.maker[v]].name for v in workload.results if v not in there]
        if missing:
            raise ArgumentError(f"the schedule never runs {', '.join(sorted(set(missing)))}")
        self._check_moves(workload)

    def _check_forward(self, workload: Workload) -> None:
        if not 0 <= self.forward <= len(self.groups):
            raise ArgumentError(
                f"the schedule has {len(self.groups)} groups, and says forward={self.forward}"
            )
        ran = {n for group in self.groups[: self.forward] for n in group}
        early = [n for n in ran if n >= workload.forward]
        if early:
            name = (
                workload.operations[min(early)].name if min(early) < len(workload.operations) else min(early)
            )
            raise ArgumentError(f"the schedule runs {name!r} before the backward pass is asked for")
        makers = {workload.maker[v] for v in workload.results}
        late = [workload.operations[n].name for n in sorted(makers - ran) if n < workload.forward]
        if late:
            raise ArgumentError(f"the schedule's forward groups never run {', '.join(late)}")

    def _check_moves(self, workload: Workload) -> None:
        for value, out, back in self.moved:
            if value not in workload.maker or not 0 <= out < back < len(self.groups):
                raise ArgumentError(
                    f"the schedule moves value {value} after group {out} and back before {back}, of {len(self.groups)}"
                )
            between = (n for group in self.groups[out + 1 : back] for n in group)
            for operation in (workload.operations[n] for n in between):
                if value in operation.reads or value in operation.gives:
                    made = workload.operations[workload.maker[value]].name
                    raise ArgumentError(
                        f"the schedule runs {operation.name!r} while a value of {made!r} is away"
                    )


def unplanned(workload: Workload) -> Schedule:
    """Everything once: forward as one program, backward as one, all that backward reads kept."""
    forward, everything = range(workload.forward), range(len(workload.operations))
    return of_groups([forward, everything[workload.forward :]], 1)


def of_groups(groups: Sequence[Sequence[int]], forward: int) -> Schedule:
    """A schedule of these groups, empty ones left out; the first `forward` of them are the forward pass."""
    first = sum(1 for group in groups[:forward] if group)
    return Schedule(tuple(tuple(group) for group in groups if group), first)


def in_groups(workload: Workload, order: Iterable[int]) -> Schedule:
    """A schedule of this order, cut before the first backward operation and wherever one comes again in its group."""
    groups: list[list[int]] = [[]]
    forward: int | None = None
    for number in order:
        if forward is None and number >= workload.forward:
            forward = len(groups)
            groups.append([])
        if number in groups[-1]:
            groups.append([])
        groups[-1].append(number)
    return of_groups(groups, len(groups) if forward is None else forward)


def pruned(workload: Workload, schedule: Schedule) -> Schedule:
    """The schedule without the runs that nobody needs: what they make is made again before it is read.

    The first run of an operation that makes a result stays.
    """
    order, operations = schedule.order, workload.operations
    _, first = np.unique(order, return_index=True)
    makes_result = {int(p) for p in first if not workload.results.isdisjoint(operations[order[p]].gives)}
    awaited: set[int] = set()
    needed = np.zeros(len(order), bool)
    for place in range(len(order) - 1, -1, -1):
        operation = operations[order[place]]
        if place in makes_result or not awaited.isdisjoint(operation.gives):
            needed[place] = True
            awaited.difference_update(operation.gives)
            awaited.update(operation.reads)
    kept = iter(needed.tolist())
    groups = [[number for number in group if next(kept)] for group in schedule.groups]
    return of_groups(groups, schedule.forward)
