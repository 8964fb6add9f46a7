"""From waiting calls to a segment: what it reads, what it must give.

What a segment must give is what someone can still ask for: values that are shown, and those that gradients of
recorded calls will read.  Everything else stays inside the program, where XLA fuses it away.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.graph.segment import Instruction, Segment
from workbench.runtime.call import Call, Cell


class Batch:
    """Calls written as one segment.

    Args:
        calls: the calls, in order.
        wanted: ids of cells that must be given although nobody shows them.
        may_promise: whether lazily shown values may be promised instead of given.

    Attributes:
        reads, gives: the cells of the segment's inputs and outputs.
        promised: cells that are shown lazily and not given, each with its slot.
    """

    __slots__ = ("gives", "promised", "reads", "scalars", "segment")

    def __init__(self, calls: Sequence[Call], wanted: set[int], may_promise: bool) -> None:
        slots: dict[Cell, int] = {}
        self.reads: list[Cell] = []
        self.gives: list[Cell] = []
        self.scalars: list[float] = []
        self.promised: list[tuple[Cell, int]] = []
        instructions: list[Instruction] = []
        made: list[Cell] = []
        reads = self.reads
        for call in calls:
            arguments = []
            for cell in call.inputs:
                slot = slots.get(cell)
                if slot is None:
                    slot = slots[cell] = ~len(reads)
                    reads.append(cell)
                arguments.append(slot)
            for cell in call.outputs:
                slots[cell] = len(made)
                made.append(cell)
            if call.scalars:
                self.scalars.extend(call.scalars)
            instructions.append((call.bound, tuple(arguments)))  # type: ignore[arg-type]
        # A promise keeps what the segment read.  That must not be activations, which are soon freed otherwise.
        may_promise = may_promise and not any([cell.residual for cell in reads])
        outputs = self._outputs(made, wanted, may_promise)
        types = tuple([cell.type for cell in self.reads])
        self.segment = Segment(tuple(instructions), types, outputs, calls[0].context)

    def _outputs(self, made: Sequence[Cell], wanted: set[int], may_promise: bool) -> tuple[int, ...]:
        outputs = []
        for slot, cell in enumerate(made):
            if wanted and id(cell) in wanted:
                cell.residual = cell.shown is None
                outputs.append(slot)
                self.gives.append(cell)
            elif cell.holder is not None and (shown := cell.shown) is not None:
                if shown.lazy and may_promise:
                    self.promised.append((cell, slot))
                else:
                    outputs.append(slot)
                    self.gives.append(cell)
        return tuple(outputs)


def wanted_by_tape(calls: Sequence[Call]) -> set[int]:
    """ids of the cells that gradients of reachable recorded calls will read."""
    wanted: set[int] = set()
    reachable: set[int] = set()
    for call in reversed(calls):
        if call.tape is None:
            continue
        if id(call) not in reachable and all(cell.shown is None for cell in call.outputs):
            continue
        assert call.bound is not None
        cots = tuple([c.type.is_float for c in call.outputs])
        kept = call.bound.gradient(call.types, cots, tuple([bool(t) for t in call.tape])).kept
        wanted.update(id((call.outputs if k.is_output else call.inputs)[k.place]) for k in kept)
        reachable.update(id(c.node) for c, t in zip(call.inputs, call.tape, strict=True) if t is True)
    return wanted
