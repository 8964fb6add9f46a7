"""From waiting calls to a segment: what it reads, what it must give.

A batch is written down as its calls come: each value gets its slot when it is first met, so that running
the batch needs no second pass over the calls.

What a segment must give is what someone can still ask for: values that are shown, and those that gradients of
recorded calls will read.  Everything else stays inside the program, where XLA fuses it away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.graph.segment import Instruction, Segment
from workbench.runtime.call import Call, Cell
from workbench.runtime.device import Context
from workbench.runtime.passage import Passage, Template
from workbench.runtime.source import Source


class Batch:
    """Calls on one device, written as the instructions of one segment.

    Attributes:
        calls: the calls in order, those of a passage as one.
        instructions: what the calls do, in slots.
        scalars: their dynamic numbers.
        reads: the cells of the segment's inputs.
        made: the cell of each result slot; None where a passage has not written it down.
    """

    __slots__ = ("calls", "context", "instructions", "made", "mark", "reads", "scalars")

    def __init__(self, context: Context) -> None:
        self.context = context
        self.mark = object()
        self.calls: list[Call | Passage] = []
        self.instructions: list[Instruction] = []
        self.scalars: list[float] = []
        self.reads: list[Cell] = []
        self.made: list[Cell | None] = []

    @staticmethod
    def of(calls: Sequence[Call]) -> Batch:
        """A batch of these calls."""
        batch = Batch(calls[0].context)
        for call in calls:
            batch.add(call)
        return batch

    def add(self, call: Call) -> None:
        """Writes one more call down."""
        mark, made, reads = self.mark, self.made, self.reads
        slots = []
        for cell in call.inputs:
            if cell.mark is not mark:
                cell.mark = mark
                cell.slot = ~len(reads)
                reads.append(cell)
            slots.append(cell.slot)
        slot = len(made)
        for cell in call.outputs:
            cell.mark = mark
            cell.slot = slot
            slot += 1
        made += call.outputs
        if call.scalars:
            self.scalars += call.scalars
        self.instructions.append((call.bound, tuple(slots)))  # type: ignore[arg-type]
        self.calls.append(call)

    @property
    def size(self) -> int:
        """How many calls there are, those of passages counted."""
        return len(self.instructions)

    def repeat(self, template: Template, source: Source | None) -> Passage:
        """Writes down at once the calls of a template that was taken behind these very instructions."""
        passage = Passage(template, self.made, self.reads, self.mark, self.context, source)
        self.scalars += passage.scalars()
        self.instructions += template.instructions
        self.calls.append(passage)
        return passage

    def expanded(self) -> list[Call]:
        """Every call, those of passages too."""
        calls: list[Call] = []
        for call in self.calls:
            if isinstance(call, Passage):
                calls += call.expanded()
            else:
                calls.append(call)
        return calls


class Outputs:
    """What a batch gives.

    Args:
        wanted: ids of cells that must be given although nobody shows them.
        may_promise: whether lazily shown values may be promised instead of given.

    Attributes:
        gives: the cells of the segment's outputs.
        promised: cells that are shown lazily and not given.
    """

    __slots__ = ("gives", "promised", "segment")

    def __init__(self, batch: Batch, wanted: set[int], may_promise: bool) -> None:
        self.gives: list[Cell] = []
        self.promised: list[Cell] = []
        # A promise keeps what the segment read.  That must not be activations, which are soon freed otherwise.
        lazily = may_promise and not any([cell.residual for cell in batch.reads])
        outputs = self._outputs(batch.made, wanted, lazily)
        types = tuple([cell.type for cell in batch.reads])
        self.segment = Segment(tuple(batch.instructions), types, outputs, batch.context)

    def _outputs(self, made: Iterable[Cell | None], wanted: set[int], lazily: bool) -> tuple[int, ...]:
        gives = self.gives
        for cell in made:
            if cell is None:
                continue
            holder = cell.holder
            shown = holder() if holder is not None else None
            if shown is not None and shown.cell is not cell:
                shown = None
            if wanted and id(cell) in wanted:
                cell.residual = shown is None
            elif shown is None:
                continue
            elif lazily and shown.lazy:
                self.promised.append(cell)
                continue
            gives.append(cell)
        return tuple([cell.slot for cell in gives])


def wanted_by_tape(calls: Sequence[Call | Passage]) -> set[int]:
    """ids of the cells that gradients of reachable recorded calls will read."""
    wanted: set[int] = set()
    reachable: set[int] = set()
    for call in reversed(calls):
        if call.tape is None:
            continue
        if id(call) not in reachable and not any([cell.shown is not None for cell in call.outputs]):
            continue
        assert call.bound is not None
        cots = tuple([c.type.is_float for c in call.outputs])
        kept = call.bound.gradient(call.types, cots, tuple([bool(t) for t in call.tape])).kept
        wanted.update(id((call.outputs if k.is_output else call.inputs)[k.place]) for k in kept)
        reachable.update(id(c.node) for c, t in zip(call.inputs, call.tape, strict=True) if t is True)
    return wanted
