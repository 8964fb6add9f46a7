"""Taking composites apart: a segment of single operators only.

A bound symbol's step is a handful of instructions, each a whole graph.  To see what repeats inside it, it is
written out operator by operator.  The numbers that are fixed inside a composite become ordinary
scalars, so that blocks which differ in a number alone are still equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from workbench.graph.bind import BoundOp, bind
from workbench.graph.bound import Bound
from workbench.graph.composite import Composite
from workbench.graph.segment import Instruction, Segment
from workbench.ops import registry


class Scalar(NamedTuple):
    """A number of a flat segment: one that is fixed, or the original segment's at a place."""

    number: float
    place: int | None = None


@dataclass(frozen=True)
class Flat:
    """A segment of single operators that does what another does.

    Attributes:
        segment: the instructions, one operator each; same inputs and outputs.
        scalars: where its numbers come from.
    """

    segment: Segment
    scalars: tuple[Scalar, ...]


def size(segment: Segment) -> int:
    """How many operators a segment has, those inside its composites counted."""
    return sum(_operators(bound) for bound, _ in segment.instructions)


def _operators(bound: Bound) -> int:
    if isinstance(bound, Composite):
        return bound.operators
    return bound.output_count if isinstance(bound, BoundOp) and bound.op.each else 1


def flatten(segment: Segment) -> Flat:
    """The segment with every composite, and every operator that does another for many rows, written out."""
    writer = _Writer()
    slots: list[int] = []
    at = 0
    for bound, arguments in segment.instructions:
        inputs = [s if s < 0 else slots[s] for s in arguments]
        scalars = [Scalar(0.0, at + i) for i in range(bound.scalar_count)]
        at += bound.scalar_count
        slots += writer.write(bound, inputs, scalars)
    outputs = tuple(s if s < 0 else slots[s] for s in segment.outputs)
    flat = Segment(tuple(writer.instructions), segment.inputs, outputs, segment.device)
    return Flat(flat, tuple(writer.scalars))


class _Writer:
    """Instructions written one after another, with their scalars and result slots."""

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self.scalars: list[Scalar] = []
        self._count = 0

    def write(self, bound: Bound, inputs: Sequence[int], scalars: Sequence[Scalar]) -> Sequence[int]:
        """The result slots of an operator on these slots, taken apart where it has parts."""
        if isinstance(bound, Composite):
            return self._write_composite(bound, inputs)
        if isinstance(bound, BoundOp) and bound.op.each:
            return self._write_rows(bound, inputs, scalars)
        self.instructions.append((bound, tuple(inputs)))
        self.scalars += scalars
        made = range(self._count, self._count + bound.output_count)
        self._count = made.stop
        return made

    def _write_composite(self, composite: Composite, inputs: Sequence[int]) -> list[int]:
        slots = list(inputs)
        program, outputs = composite.program
        for bound, numbers, arguments in program:
            slots += self.write(bound, [slots[i] for i in arguments], [Scalar(n) for n in numbers])
        return [slots[i] for i in outputs]

    def _write_rows(self, bound: BoundOp, inputs: Sequence[int], scalars: Sequence[Scalar]) -> list[int]:
        each = registry.get(bound.op.each or "")
        named: dict[str, Any] = bound.unpack(scalars)
        static = {k: v for k, v in bound.attrs.items() if k in each.attributes}
        width = len(each.inputs)
        rows: list[Sequence[int]] = []
        for row, start in enumerate(range(0, len(inputs), width)):
            mine = [named[n] if n in named else named[f"{n}s"][row] for n in each.dynamic]
            one, _ = bind(each, {**static, **dict.fromkeys(each.dynamic, 0.0)})
            rows.append(self.write(one, inputs[start : start + width], mine))
        return [slots[i] for i in range(len(each.output_names({}))) for slots in rows]
