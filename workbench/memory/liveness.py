"""Liveness: when each value of a schedule is in memory, and how much is at each moment.

A value is alive from the operation that makes it to the last one that reads it before it is made again.  Where
an operation may write its result over a value that dies there, the two share their memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.memory.schedule import Schedule
from workbench.memory.workload import Kind, Workload


@dataclass(frozen=True, slots=True)
class Lifetime:
    """One making of a value.

    Attributes:
        value: the value.
        start, end: places in the schedule, from 0: where it is made, and the last one at which it takes memory.
        last_read: the place of the last operation that reads it; `start` where none does.
    """

    value: int
    start: int
    end: int
    last_read: int


def lifetimes(workload: Workload, schedule: Schedule) -> list[Lifetime]:
    """Every making of every value that someone reads or asks for, in the order in which they are made.

    A result stays to the end from the first time it is made.  What nobody reads takes no memory: a compiled
    program leaves it out.
    """
    finished = _Finished(workload, len(schedule) - 1)
    current: dict[int, list[int]] = {}
    for place, number in enumerate(schedule):
        operation = workload.operations[number]
        for value in operation.reads:
            if value in current:
                current[value][1] = place
        overwritten = {
            read: given
            for given, read in operation.in_place
            if read in current and workload.sizes[read] == workload.sizes[given]
        }
        for value in operation.gives:
            if value in current:
                finished.add(value, *current[value])
            current[value] = [place, place]
        for read in overwritten:
            finished.may_be_overwritten(read, place)
    for value, (start, last) in current.items():
        finished.add(value, start, last)
    return sorted(finished.found, key=lambda life: (life.start, life.value))


class _Finished:
    """Collects lifetimes; ends those early whose memory the last reader takes over."""

    def __init__(self, workload: Workload, end: int) -> None:
        self.found: list[Lifetime] = []
        self._results = workload.results
        self._end = end
        self._made: set[int] = set()
        self._overwritten: set[tuple[int, int]] = set()

    def may_be_overwritten(self, value: int, place: int) -> None:
        """An operation at this place writes over the value, should it be the last to read it."""
        self._overwritten.add((value, place))

    def add(self, value: int, start: int, last: int) -> None:
        end = last - 1 if last > start and (value, last) in self._overwritten else last
        if value in self._results and value not in self._made:
            self._made.add(value)
            end = self._end
        elif last == start:
            return
        self.found.append(Lifetime(value, start, end, last))


@dataclass(frozen=True)
class Timeline:
    """Bytes alive at each place of a schedule.

    Attributes:
        feature_maps: by kind, the bytes that the plan decides about: activations and gradients of activations;
            one
            array a kind, one entry an operation run.
        fixed_bytes: what is there besides, from start to end: inputs, parameters, their gradients, outputs.
    """

    feature_maps: Mapping[Kind, np.ndarray]
    fixed_bytes: int

    @cached_property
    def total(self) -> np.ndarray:
        """Feature maps at each place, in bytes."""
        return sum(self.feature_maps.values(), np.zeros(1, np.int64))

    @property
    def peak(self) -> int:
        """The most bytes of feature maps at once."""
        return int(self.total.max(initial=0))

    @property
    def peak_place(self) -> int:
        """Where that is."""
        return int(self.total.argmax()) if len(self.total) else 0


def timeline(workload: Workload, schedule: Schedule, lives: list[Lifetime] | None = None) -> Timeline:
    """The bytes alive at each place of a schedule."""
    lives = lifetimes(workload, schedule) if lives is None else lives
    length = len(schedule)
    change: dict[Kind, np.ndarray] = {k: np.zeros(length + 1, np.int64) for k in ("activation", "gradient")}
    for life in lives:
        if life.value not in workload.fixed:
            steps = change[workload.kind(life.value)]
            steps[life.start] += workload.sizes[life.value]
            steps[life.end + 1] -= workload.sizes[life.value]
    maps = {kind: np.cumsum(steps)[:length] for kind, steps in change.items()}
    return Timeline(maps, workload.fixed_bytes)


def peak(workload: Workload, schedule: Schedule) -> int:
    """The most bytes of feature maps that a schedule has alive at once."""
    return timeline(workload, schedule).peak
