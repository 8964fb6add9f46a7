"""A passage: calls that follow from those before them, as they did the last time.

A loop calls the same operations turn after turn, and what backward calls is decided by what forward called.  So the
first time, the calls of a backward are taken down as a `Template`; when the same calls have come
before it again, the template stands in the list as a whole, and only the values that someone gets to
hold are made: the gradients.  If somebody wants to see the calls one by one (an error, a listing, smaller
groups), the passage is expanded into them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.graph.bound import Bound
from workbench.graph.segment import Instruction
from workbench.runtime.call import Call, Cell
from workbench.runtime.device import Context
from workbench.runtime.source import Source
from workbench.types import TensorType


class Step(NamedTuple):
    """One call of a template.

    Attributes:
        slots: its inputs.
        of: a result slot of the earlier call whose numbers and line it takes; None where it has its own.
        numbers: its own dynamic numbers.
    """

    bound: Bound
    slots: tuple[int, ...]
    of: int | None
    numbers: tuple[float, ...]


class Template:
    """Calls in slots, and which of their results are held.

    Args:
        steps: the calls.
        given: the result slots that someone holds afterwards, in order, with their types.
        first: the first result slot.
        count: how many result slots there are.
    """

    __slots__ = ("count", "first", "given", "instructions", "numbered", "steps")

    def __init__(
        self, steps: Sequence[Step], given: Sequence[tuple[int, TensorType]], first: int, count: int
    ) -> None:
        self.steps = tuple(steps)
        self.given = tuple(given)
        self.first = first
        self.count = count
        self.instructions: list[Instruction] = [(step.bound, step.slots) for step in steps]
        self.numbered = [step for step in steps if step.bound.scalar_count]


class Passage:
    """A template put in the list.

    Args:
        template: what is called.
        made, reads: the cells of the result slots and inputs of the batch it stands in; its own are added.
        mark: that batch's mark.
        source: where it was called.

    Attributes:
        cells: the cells of the slots that are given.
    """

    __slots__ = ("_calls", "_context", "_made", "_reads", "_source", "cells", "template")

    tape = None

    def __init__(
        self,
        template: Template,
        made: list[Cell | None],
        reads: list[Cell],
        mark: object,
        context: Context,
        source: Source | None,
    ) -> None:
        self.template = template
        self._made, self._reads = made, reads
        self._context, self._source = context, source
        self._calls: list[Call] | None = None
        self.cells: list[Cell] = []
        own: list[Cell | None] = [None] * template.count
        for slot, type_ in template.given:
            cell = own[slot - template.first] = Cell(None, 0, type_)
            cell.slot, cell.mark = slot, mark
            self.cells.append(cell)
        made += own

    def scalars(self) -> list[float]:
        """The dynamic numbers of its calls."""
        numbers: list[float] = []
        for step in self.template.numbered:
            numbers += step.numbers if step.of is None else self._maker(step.of).scalars
        return numbers

    def _maker(self, slot: int) -> Call:
        cell = self._made[slot]
        assert cell is not None
        return cell.node  # type: ignore[return-value]

    def expanded(self) -> list[Call]:
        """Its calls, one by one; the same ones each time."""
        if self._calls is None:
            self._calls = []
            slot = self.template.first
            for step in self.template.steps:
                call = self._call(step)
                call.outputs = tuple([self._known(slot + i, cell) for i, cell in enumerate(call.outputs)])
                slot += len(call.outputs)
                self._calls.append(call)
        return self._calls

    def _call(self, step: Step) -> Call:
        maker = None if step.of is None else self._maker(step.of)
        cells = [self._reads[~s] if s < 0 else self._made[s] for s in step.slots]
        inputs = tuple([cell for cell in cells if cell is not None])
        types = tuple([cell.type for cell in inputs])
        numbers, source = (step.numbers, self._source) if maker is None else (maker.scalars, maker.source)
        return Call(step.bound, inputs, numbers, self._context, source, types, step.bound.infer(types))

    def _known(self, slot: int, cell: Cell) -> Cell:
        """The cell of a slot that is held already, as an output of the same call; else this one."""
        known = self._made[slot]
        if known is None:
            self._made[slot] = cell
            return cell
        known.node, known.index = cell.node, cell.index
        return known

    def end(self) -> None:
        """They have run."""
        for call in self._calls or ():
            call.end()
