"""Liveness: when each value of a schedule is in memory, and how much is at each moment.

A value is alive from the operation that makes it to the last one that reads it before it is made again.  Where
an operation may write its result over a value that dies there, the two share their memory.  A value that is moved to
the host's memory takes none in between: its life falls into two stretches.  Beside the values stands the workspace of
the operation that runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from workbench.memory.schedule import Schedule
from workbench.memory.workload import Kind, Workload


@dataclass(frozen=True, slots=True)
class Lifetime:
    """One making of a value, or a stretch of it where it is moved to the host's memory and back.

    Attributes:
        value: the value.
        start, end: places in the schedule, from 0: where it is made or comes back, and the last one at which it takes
            memory.
        last_read: the place of the last operation that reads this making; where none does, that of the making.
    """

    value: int
    start: int
    end: int
    last_read: int


def lifetimes(workload: Workload, schedule: Schedule) -> list[Lifetime]:
    """Every stretch of every value that someone reads or asks for, in the order in which they begin.

    A result stays to the end from the first time it is made.  What nobody reads takes no memory: a compiled
    program leaves it out.
    """
    lives = Lives.of(workload, schedule)
    rows = np.stack([lives.value, lives.start, lives.end, lives.last_read], 1)
    return [Lifetime(*row) for row in rows[np.lexsort((lives.value, lives.start))].tolist()]


class Lives(NamedTuple):
    """Lifetimes as columns."""

    value: np.ndarray
    start: np.ndarray
    end: np.ndarray
    last_read: np.ndarray

    @classmethod
    def of(cls, workload: Workload, schedule: Schedule) -> Lives:
        """Sorts all reads and makings by value and place: a life is a making and the reads before the next.

        It is split where the schedule moves the value away.
        """
        if not len(schedule):
            return cls(*np.zeros((4, 0), np.int64))
        events = _events(workload, schedule)
        makes = np.flatnonzero(events.made)
        ends = np.append(makes[1:], len(events.made)) - 1
        value, start, last = events.value[makes], events.place[makes], events.place[ends]
        end = last - events.over[ends]
        first = np.ones(len(makes), bool)
        first[1:] = value[1:] != value[:-1]
        asked = first & np.isin(value, list(workload.results))
        end[asked] = len(schedule) - 1
        there = asked | (last > start)
        return cls(*(column[there] for column in (value, start, end, last)))._split(schedule)

    def _split(self, schedule: Schedule) -> Lives:
        """With a stretch more for each move: a life ends where its value leaves, and goes on where it returns."""
        if not schedule.moved:
            return self
        before = np.cumsum([0, *map(len, schedule.groups)])
        value, out, back = np.array(schedule.moved, np.int64).T
        leaves, returns = before[out + 1] - 1, before[back]
        key = len(schedule) + 1  # lives are sorted by value, then place: as one number
        home = np.searchsorted(self.value * key + self.start, value * key + leaves, "right") - 1
        fits = (
            (home >= 0)
            & (self.value[home] == value)
            & (leaves + 1 < returns)
            & (returns <= self.end[home] + 1)
        )
        life = np.concatenate([np.arange(len(self.value)), home[fits]])
        start = np.concatenate([self.start, returns[fits]])
        left = np.concatenate([np.full(len(self.value), -1), leaves[fits]])
        order = np.lexsort((start, life))
        life, start, left = life[order], start[order], left[order]
        end = self.end[life]
        goes_on = np.flatnonzero(life[1:] == life[:-1])
        end[goes_on] = left[goes_on + 1]
        return Lives(self.value[life], start, end, self.last_read[life])


class _Events(NamedTuple):
    """Makings and reads of values that are made, by value and place, an operation's reads before its makings."""

    value: np.ndarray
    place: np.ndarray
    made: np.ndarray
    over: np.ndarray  # reads by an operation that may write over the value


def _events(workload: Workload, schedule: Schedule) -> _Events:
    reads, gives = workload.reads, workload.gives
    read_place, read = reads.along(schedule.order)
    give_place, given = gives.along(schedule.order)
    value = np.concatenate([reads.values[read], gives.values[given]])
    place = np.concatenate([read_place, give_place])
    made = np.arange(len(value)) >= len(read)
    over = np.concatenate([workload.overwrites[read], np.zeros(len(given), bool)])
    order = np.argsort((value * len(schedule) + place) * 2 + made, kind="stable")
    value, place, made, over = value[order], place[order], made[order], over[order]
    making = np.maximum.accumulate(np.where(made, np.arange(len(made)), -1))
    there = (making >= 0) & (value == value[making])  # others are the caller's
    return _Events(value[there], place[there], made[there], over[there])


@dataclass(frozen=True)
class Timeline:
    """Bytes alive at each place of a schedule.

    Attributes:
        feature_maps: by kind, the bytes of values that the plan decides about: activations and gradients of
            activations; one array a kind, one entry an operation run.
        workspace: what the operation that runs takes beside its values; one entry an operation run.
        fixed_bytes: what is there besides, from start to end: inputs, parameters, their gradients, outputs.
    """

    feature_maps: Mapping[Kind, np.ndarray]
    workspace: np.ndarray
    fixed_bytes: int

    @cached_property
    def total(self) -> np.ndarray:
        """Feature maps and workspace at each place, in bytes."""
        return self._maps + self.workspace

    @property
    def _maps(self) -> np.ndarray:
        return sum(self.feature_maps.values(), np.zeros(1, np.int64))

    @property
    def peak(self) -> int:
        """The most bytes of feature maps and workspace at once."""
        return int(self.total.max(initial=0))

    @property
    def most_maps(self) -> int:
        """The most bytes of feature maps at once."""
        return int(self._maps.max(initial=0))

    @property
    def peak_place(self) -> int:
        """Where that is."""
        return int(self.total.argmax()) if len(self.total) else 0


def timeline(workload: Workload, schedule: Schedule) -> Timeline:
    """The bytes alive at each place of a schedule."""
    lives = Lives.of(workload, schedule)
    bytes_of = workload.map_bytes[lives.value]
    forward = workload.makers[lives.value] < workload.forward
    activation = alive(lives.start, lives.end, bytes_of * forward, len(schedule))
    gradient = alive(lives.start, lives.end, bytes_of * ~forward, len(schedule))
    maps: dict[Kind, np.ndarray] = {"activation": activation, "gradient": gradient}
    return Timeline(maps, workload.workspace[schedule.order], workload.fixed_bytes)


def alive(start: np.ndarray, end: np.ndarray, sizes: np.ndarray, length: int) -> np.ndarray:
    """Bytes at each of `length` places, of values that are there from one place to another, both included."""
    change = np.bincount(start, sizes, length + 1) - np.bincount(end + 1, sizes, length + 1)
    return np.cumsum(change)[:length].astype(np.int64)


def peak(workload: Workload, schedule: Schedule) -> int:
    """The most bytes of feature maps and workspace that a schedule takes at once."""
    return timeline(workload, schedule).peak
