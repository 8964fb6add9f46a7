"""Promises: values nobody has asked for yet, that can still be had.

A training step's gradients are read by its update and, as a rule, by nobody else.  To give each of them as a
result would cost a write to memory, so an array may be marked *lazy*: a segment then runs without
giving it, and what the segment ran on is kept instead (old parameters, as much memory as their
gradients).  If someone does read it, the segment runs again for it, and from then on it is given.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from workbench.graph.segment import Segment
from workbench.runtime.call import Cell

Run = Callable[[Segment, Sequence[Any], Sequence[float], Sequence[Cell]], None]  # it fills these cells


class Promise:
    """A segment that ran, what it ran on, and the slots of the values it did not give."""

    def __init__(
        self,
        segment: Segment,
        inputs: Sequence[Any],
        scalars: Sequence[float],
        cells: Sequence[Cell],
        slots: Sequence[int],
    ) -> None:
        self._segment = segment
        self._inputs = inputs
        self._scalars = scalars
        self._cells = list(map(weakref.ref, cells))
        self._slots = slots
        for cell in cells:
            cell.promise = self

    def keep(self, run: Run) -> None:
        """Computes every value of the segment that can still be asked for; they are lazy no more."""
        known = zip(self._cells, self._slots, strict=True)
        found = [(cell, slot) for ref, slot in known if (cell := ref()) is not None]
        segment = self._segment
        outputs = tuple([slot for _, slot in found])
        again = Segment(segment.instructions, segment.inputs, outputs, segment.device)
        run(again, self._inputs, self._scalars, [cell for cell, _ in found])
        for cell, _ in found:
            cell.promise = None
            if cell.shown is not None:
                cell.shown.lazy = False
