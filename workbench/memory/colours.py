"""Colours: which operations run one after another anyway, and which only wait because they share memory.

Two operations that do not need each other can run at the same time, until one of them is given the memory that the
other still reads.  So operations are coloured, path by path, and memory is passed on only between operations of one
colour: along a path nothing runs at the same time.

Source: T. Chen et al., "MXNet: A Flexible and Efficient Machine Learning Library for Heterogeneous Distributed
Systems", arXiv:1512.01274, Section 3.1 (co-share); paths as MXNet 1.x finds them, the longest first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

from workbench.memory.schedule import Schedule
from workbench.memory.workload import Workload


class Placed(Protocol):
    """A value in a block of memory."""

    @property
    def value(self) -> int | None: ...
    @property
    def block(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def needs(workload: Workload, schedule: Schedule) -> list[set[int]]:
    """For each place of a schedule the places that make what it reads."""
    made: dict[int, int] = {}
    found = []
    for place, number in enumerate(schedule):
        operation = workload.operations[number]
        found.append({made[v] for v in operation.reads if v in made})
        made.update(dict.fromkeys(operation.gives, place))
    return found


def colours_of(workload: Workload, schedule: Schedule, count: int) -> list[int]:
    """A colour, from 0, for each place of a schedule.

    The longest path has colour 0, the longest of what it leaves colour 1, and so on; what is left in the end has the
    last.

    Args:
        workload, schedule: what runs, and when.
        count: of colours.
    """
    found = [count - 1] * len(schedule)
    if count == 1:
        return found
    before = needs(workload, schedule)
    left = [True] * len(before)
    for colour in range(count - 1):
        for place in _longest_path(before, left):
            if left[place]:
                found[place], left[place] = colour, False
    return found


def _longest_path(before: Sequence[set[int]], left: Sequence[bool]) -> list[int]:
    """The path with the most places that are left."""
    lengths: list[int] = []
    steps: list[int | None] = []
    for place, needed in enumerate(before):
        step = max(needed, key=lambda p: (lengths[p], -p), default=None)
        lengths.append((0 if step is None else lengths[step]) + left[place])
        steps.append(step)
    path: list[int] = []
    end = max(range(len(lengths)), key=lambda p: (lengths[p], -p), default=None)
    while end is not None:
        path.append(end)
        end = steps[end]
    return path


def waits(workload: Workload, schedule: Schedule, placed: Sequence[Placed]) -> tuple[tuple[int, int], ...]:
    """Pairs of places of which the second waits for the first only because it is given its memory.

    Who waits for whom is kept as one bit a pair, so n operations take n² / 8 bytes while this runs.

    Args:
        workload, schedule: what runs, and when.
        placed: the values in memory, in the order in which they are made.
    """
    ancestors: list[int] = []
    for needed in needs(workload, schedule):
        bits = 0
        for place in needed:
            bits |= ancestors[place] | 1 << place
        ancestors.append(bits)
    readers = _readers(workload, schedule)
    last: dict[int, Placed] = {}
    found = set()
    for here in placed:
        before = last.get(here.block)
        if before is not None:
            found |= {
                (user, here.start)
                for user in _users(before, readers)
                if user != here.start and not ancestors[here.start] >> user & 1
            }
        last[here.block] = here
    return tuple(sorted(found))


def _users(placed: Placed, readers: Mapping[int | None, Sequence[int]]) -> set[int]:
    """The places that write or read a value while it lies there; what writes over it reads it right after its end."""
    places = readers.get(placed.value, ())
    first, stop = bisect_right(places, placed.start), bisect_right(places, placed.end + 1)
    return {placed.start, *places[first:stop]}


def _readers(workload: Workload, schedule: Schedule) -> dict[int | None, list[int]]:
    """The places that read each value, in order."""
    found: dict[int | None, list[int]] = defaultdict(list)
    for place, number in enumerate(schedule):
        for value in set(workload.operations[number].reads):
            found[value].append(place)
    return found
