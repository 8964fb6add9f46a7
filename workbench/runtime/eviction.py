"""Keeping to a budget as one goes: recorded values are let go, and computed again when somebody reads them.

An imperative program says nothing of what it will do next, so nothing can be planned.  What can be done is to
decide as one goes: whenever the values kept for gradients exceed the budget, the one goes that costs least to
compute again for the bytes it frees, and that was not read for longest.  What is left of it is how it was made: the
segment, and the values that read.  Those may have been let go too; then they are computed first.

Source: M. Kirisame et al., "Dynamic Tensor Rematerialization", ICLR 2021, arXiv:2006.09616, Section 2.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from workbench.graph.bind import BoundOp
from workbench.graph.segment import Segment
from workbench.runtime.call import Call, Cell
from workbench.runtime.cost import operation_flops
from workbench.runtime.promise import Run


class Again:
    """A value that may be let go: how it was made, and when it was last needed.

    Once it is gone, this is its cell's promise (`runtime.promise` has the other kind).
    """

    def __init__(
        self, evictor: Evictor, cell: Cell, segment: Segment, reads: Sequence[Cell], scalars: Sequence[float]
    ) -> None:
        self._evictor = evictor
        self._cell = weakref.ref(cell)
        self.segment = segment
        self.reads = tuple(reads)
        self.scalars = tuple(scalars)
        self.bytes = cell.type.nbytes
        self.used = 0

    @property
    def cell(self) -> Cell | None:
        """The value; None where nobody holds it any more."""
        return self._cell()

    @cached_property
    def flops(self) -> float:
        """Work to make it again, in FLOP: predicted."""
        return sum(operation_flops(bound, types) for bound, types in _operations(self.segment))

    def keep(self, run: Run) -> None:
        """Makes the value."""
        self._evictor.restore(self, run)


def _operations(segment: Segment) -> Iterable[tuple[Any, Any]]:
    for bound, arguments in segment.instructions:
        yield bound, tuple([segment.inputs[~s] if s < 0 else segment.types[s] for s in arguments])


class Evictor:
    """Keeps recorded values within a budget.

    Args:
        budget: bytes of recorded values.

    Attributes:
        peak: the most bytes of recorded values that were there at once, measured.
        evictions: how many values were let go.
        recomputations: how many were made again.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.peak = 0
        self.evictions = 0
        self.recomputations = 0
        self._clock = 0
        self._kept: dict[int, Again] = {}

    def made(
        self, segment: Segment, reads: Sequence[Cell], scalars: Sequence[float], gives: Sequence[Cell]
    ) -> None:
        """A segment ran: notes what it read, and how what it gave was made; lets go what is too much."""
        self._clock += 1
        for cell in reads:
            if (known := self._kept.get(id(cell))) is not None:
                known.used = self._clock
        for slot, cell in zip(segment.outputs, gives, strict=True):
            if _recorded(cell):
                alone = Segment(segment.instructions, segment.inputs, (slot,), segment.device)
                again = self._kept[id(cell)] = Again(self, cell, alone, reads, scalars)
                again.used = self._clock
        self._settle(gives)

    def _settle(self, needed: Iterable[Cell]) -> None:
        """Lets values go until the rest is within the budget; those needed stay."""
        there = self._there()
        total = sum(again.bytes for again in there)
        self.peak = max(self.peak, total)
        staying = set(map(id, needed))
        free = sorted(there, key=self._cost, reverse=True)
        while total > self.budget and free:
            again = free.pop()
            cell = again.cell
            if cell is not None and id(cell) not in staying:
                cell.promise, cell.array = again, None
                self.evictions += 1
                total -= again.bytes

    def _there(self) -> list[Again]:
        """The values that are there and that a gradient may still need; what none does is forgotten."""
        found = []
        for key, again in list(self._kept.items()):
            cell = again.cell
            if cell is None or not _recorded(cell):
                del self._kept[key]
            elif cell.array is not None:
                found.append(again)
        return found

    def _cost(self, again: Again) -> float:
        """What letting it go costs, for each byte and each moment that it was not read."""
        return (1.0 + again.flops) / (max(again.bytes, 1) * (1 + self._clock - again.used))

    def restore(self, wanted: Again, run: Run) -> None:
        """Makes a value again, and before it whatever it is made of that was let go too."""
        cell = wanted.cell
        while cell is not None and cell.array is None:
            path = _path(cell, wanted)
            self._run(*path[-1], run)
            self._settle([path[-1][0], *[read for _, again in path for read in again.reads]])

    def _run(self, cell: Cell, again: Again, run: Run) -> None:
        for read in again.reads:
            if read.array is None and read.promise is not None:
                read.promise.keep(run)
        run(again.segment, [read.array for read in again.reads], again.scalars, [cell])
        cell.promise = None
        self._clock += 1
        again.used = self._clock
        self.recomputations += 1


def _path(cell: Cell, again: Again) -> list[tuple[Cell, Again]]:
    """From a value that is gone down to one that can be made: all it reads is there, or promised otherwise."""
    path = [(cell, again)]
    while True:
        gone = [(c, c.promise) for c in path[-1][1].reads if c.array is None and isinstance(c.promise, Again)]
        if not gone:
            return path
        path.append(gone[0])


def _recorded(cell: Cell) -> bool:
    """Whether a gradient may still need the value; a state that is written back is never let go."""
    call: Any = cell.node
    if not isinstance(call, Call) or call.tape is None:
        return False
    bound = call.bound
    return not isinstance(bound, BoundOp) or all(output != cell.index for _, output in bound.writes)
