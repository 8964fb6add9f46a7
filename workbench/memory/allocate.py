"""Allocation: where each value of a schedule lies in one arena, and how large the arena gets.

Liveness says what is in memory; an allocator decides before anything runs which values take turns in the same
place.  Three plans, each of which saves what the one before does and more:

``none``      every value has memory of its own
``inplace``   a result is written over an input that is read no more
``share``     memory that is free again is given to another value, of another size too

The plan that shares walks through the operations as they run.  A value takes the free block that fits it best, if
there is one within the match range: from a `match_range`-th of its size to `match_range` times it.  A block larger
than asked is preferred, and a smaller one grows.  A small range leaves blocks unused, a large one gives large blocks
to small values.

Source: T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174,
Section 3; MXNet 1.x allocates in this way, with a match range of 16.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated

from workbench.arguments import Positive, Range, checked
from workbench.errors import ArgumentError, did_you_mean
from workbench.memory.arena import Arena, Buffer, layers
from workbench.memory.colours import colours_of
from workbench.memory.liveness import Lifetime, lifetimes
from workbench.memory.schedule import Schedule
from workbench.memory.workload import Workload

PLANS = ("none", "inplace", "share")
MATCH_RANGE = 16
AtLeastOne = Annotated[float, Range(1)]


@checked
def allocate(
    workload: Workload,
    schedule: Schedule,
    plan: str = "share",
    *,
    match_range: AtLeastOne = MATCH_RANGE,
    colours: Positive = 1,
    workspace: Sequence[int] = (),
) -> Arena:
    """Gives every feature map of a schedule its place in one arena.

    Args:
        workload, schedule: what runs, and when.
        plan: ``"none"``, ``"inplace"`` or ``"share"``.
        match_range: how much larger or smaller than what is asked for a free block may be.
        colours: how many paths through the operations run at the same time; memory is shared only along one, so
            that fewer operations wait for others because of it.
        workspace: bytes that each operation takes while it runs, by its number; nothing by default.

    Raises:
        ArgumentError: there is no such plan, or an argument does not fit.
    """
    _check(plan, len(workspace), len(workload.operations))
    work = workload.apart() if plan == "none" else workload
    walk = _Walk(work, schedule, _Pool(match_range if plan == "share" else None))
    buffers = walk.buffers(colours_of(workload, schedule, colours), workspace)
    return Arena(plan, workload, schedule, tuple(buffers), tuple(walk.pool.sizes))


def _check(plan: str, workspace: int, operations: int) -> None:
    if plan not in PLANS:
        raise ArgumentError(
            f"allocate(plan={plan!r}): there is none of that name.{did_you_mean(str(plan), PLANS)} "
            f"There are {', '.join(PLANS)}"
        )
    if workspace not in (0, operations):
        raise ArgumentError(f"allocate(workspace=…) has {workspace} entries for {operations} operations")


class _Pool:
    """Blocks of an arena: those in use, and those that are free, by size and colour.

    Attributes:
        sizes: bytes of each block.
    """

    def __init__(self, match_range: float | None) -> None:
        self.sizes: list[int] = []
        self._match_range = match_range
        self._free: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def take(self, size: int, colour: int) -> int:
        """The free block that fits best, else a new one."""
        free = self._free[colour]
        place = self._best(free, size)
        if place is None:
            self.sizes.append(size)
            return len(self.sizes) - 1
        _, block = free.pop(place)
        self.sizes[block] = max(self.sizes[block], size)
        return block

    def _best(self, free: list[tuple[int, int]], size: int) -> int | None:
        if self._match_range is None:
            return None
        place = bisect_left(free, (size, -1))
        if place < len(free) and free[place][0] <= size * self._match_range:
            return place
        return place - 1 if place and free[place - 1][0] * self._match_range >= size else None

    def give_back(self, block: int, colour: int) -> None:
        """The block is free for those of this colour."""
        if self._match_range is not None:
            insort(self._free[colour], (self.sizes[block], block))


class _Walk:
    """One walk along a schedule: at each place values are made, and those let go that are read there last."""

    def __init__(self, work: Workload, schedule: Schedule, pool: _Pool) -> None:
        self.pool = pool
        self._work = work
        self._schedule = schedule
        self._layers = layers(work)
        self._block_of: dict[int, int] = {}
        self._born: dict[int, list[Lifetime]] = defaultdict(list)
        self._gone: dict[int, list[Lifetime]] = defaultdict(list)
        for life in lifetimes(work, schedule):
            if work.sizes[life.value] and life.value not in work.fixed:
                self._born[life.start].append(life)
                written_over = life.end + 1 == life.last_read
                self._gone[life.end + written_over].append(life)

    def buffers(self, colours: Sequence[int], workspace: Sequence[int]) -> list[Buffer]:
        """What lies where, in the order in which it is made."""
        made: list[Buffer] = []
        for place, number in enumerate(self._schedule):
            written_over = {life.value for life in self._gone[place] if life.end < place}
            for life in self._born[place]:
                made.append(self._value(life, number, written_over, colours[place]))
            if workspace and workspace[number]:
                made.append(self._workspace(place, number, workspace[number], colours[place]))
            for life in self._gone[place]:
                if life.value in self._block_of and (life.end == place or life.value in written_over):
                    self.pool.give_back(self._block_of.pop(life.value), colours[place])
        return made

    def _value(self, life: Lifetime, number: int, written_over: set[int], colour: int) -> Buffer:
        """A value's buffer: that of the value it is written over, which leaves the set, or one from the pool."""
        value, size = life.value, self._work.sizes[life.value]
        read = dict(self._work.operations[number].in_place).get(value)
        if read is not None and read in written_over:
            written_over.remove(read)
            block = self._block_of.pop(read)
        else:
            block = self.pool.take(size, colour)
        self._block_of[value] = block
        kind, maker = self._work.kind(value), self._work.maker[value]
        return Buffer(value, maker, self._layers[maker], kind, size, block, life.start, life.end)

    def _workspace(self, place: int, number: int, size: int, colour: int) -> Buffer:
        block = self.pool.take(size, colour)
        self.pool.give_back(block, colour)
        return Buffer(None, number, self._layers[number], "workspace", size, block, place, place)
