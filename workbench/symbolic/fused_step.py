"""A training step of a bound symbol, recognised as a whole.

The symbolic style knows its step before it runs: forward, backward, one update of all parameters.  So `forward`
and `backward` of an executor need not be written down as calls each time.  They are *deferred*: their
results are promised, and when the step is run it is one prepared program from the arrays it reads to
those it leaves.  The host's part is then a few dozen look-ups.

Whenever something else happens in between (an output is read before `backward`, parameters are updated by hand)
the step is *expanded* into the ordinary calls it stands for, and the engine does what it always does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from workbench.graph.bind import BoundOp
from workbench.graph.bound import Bound
from workbench.graph.composite import Composite, filled
from workbench.graph.segment import Instruction, Segment
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage
from workbench.runtime import random, run
from workbench.runtime.call import Call, Cell
from workbench.runtime.dependency import framework
from workbench.runtime.device import Context
from workbench.runtime.promise import Promise
from workbench.runtime.recycle import Rewrites
from workbench.runtime.source import Source, caller
from workbench.types import TensorType

Types = tuple[TensorType, ...]


class StepPlan:
    """What every step of one executor has in common.

    Args:
        operator: the symbol in training, as one operator.
        heads: how many of its outputs the user sees; the others move auxiliary states.
        inputs: the arrays it is called on.
        states: positions of the inputs that auxiliary outputs are written to.
        wanted: for each input, whether its gradient is asked for.
        grads: the arrays of those gradients, in the order of the inputs.
    """

    def __init__(
        self,
        operator: Composite,
        heads: int,
        inputs: Sequence[NDArray],
        states: Sequence[int],
        wanted: tuple[bool, ...],
        grads: Sequence[NDArray],
        context: Context,
    ) -> None:
        self.heads = heads
        self.inputs = [a._storage for a in inputs]
        self.states = [self.inputs[i] for i in states]
        self.grads = [g._storage for g in grads]
        self.context = context
        self.key_type = operator.key_type
        self.types: Types = tuple([s.cell.type for s in self.inputs])
        if self.key_type is not None:
            self.types = (*self.types, self.key_type)
            wanted = (*wanted, False)
        self.wanted = wanted
        self.forward = operator.recorded(self.types, wanted)
        self.outputs = self.forward.infer(self.types)
        kinds = self.outputs[:heads]
        mask = tuple([i < heads and t.is_float for i, t in enumerate(self.outputs)])
        self.rule = self.forward.gradient(self.types, mask, wanted)
        self.ones = [filled(t, 1.0) for t in kinds if t.is_float]
        self.updates: dict[Bound, Update] = {}
        self._segments: dict[Any, Segment] = {}

    def segment(self, update: Update | None, keep_grads: bool) -> Segment:
        """The step as a segment: inputs, then what the update reads besides."""
        key = (update, keep_grads)
        made = self._segments.get(key)
        if made is None:
            made = self._segments[key] = self._segment(update, keep_grads)
        return made

    @property
    def first_grad(self) -> int:
        """Slot of the first gradient: after the forward outputs and the heads' cotangents."""
        return len(self.outputs) + len(self.ones)

    def _segment(self, update: Update | None, keep_grads: bool) -> Segment:
        count = len(self.types)
        instructions: list[Instruction] = [(self.forward, tuple(~i for i in range(count)))]
        instructions += [(bound, ()) for bound, _ in self.ones]
        kept = tuple(k.place if k.is_output else ~k.place for k in self.rule.kept)
        cots = tuple(len(self.outputs) + i for i in range(len(self.ones)))
        instructions.append((self.rule.bound, (*kept, *cots)))
        outputs = list(range(self.heads + len(self.states)))
        if keep_grads:
            outputs += range(self.first_grad, self.first_grad + len(self.grads))
        inputs = self.types
        if update is not None:
            instructions.append((update.bound, tuple(update.slot(self, source) for source in update.sources)))
            first = self.first_grad + len(self.grads)
            outputs += range(first, first + len(update.types))
            inputs = (*inputs, *[s.cell.type for s in update.extra])
        return Segment(tuple(instructions), inputs, tuple(outputs), self.context)


class Update:
    """The call that updates all parameters after backward.

    `sources` says where each argument comes from: ``("read", i)`` an input of the step, ``("grad", i)`` a
    gradient, ``("extra", i)`` another array, such as a momentum.
    """

    def __init__(
        self, bound: Bound, storages: list[Storage], sources: list[tuple[str, int]], extra: list[Storage]
    ) -> None:
        self.bound = bound
        self.storages = storages
        self.sources = sources
        self.extra = extra
        self.reads = [(s, i) for s, (kind, i) in zip(storages, sources, strict=True) if kind == "read"]
        self.types = bound.infer(tuple([s.cell.type for s in storages]))

    def slot(self, plan: StepPlan, source: tuple[str, int]) -> int:
        """The slot of an argument in the plan's segment."""
        kind, i = source
        if kind == "grad":
            return plan.first_grad + i
        return ~i if kind == "read" else ~(len(plan.types) + i)


class Absorbed(NamedTuple):
    """An update that became part of a step: its call, and the cells it reads besides the step's."""

    update: Update
    call: Call
    extra: Sequence[Cell]


NOTHING = (None, None, ())


class FusedStep:
    """One step that waits: what it read, and the promised values it will fill."""

    def __init__(self, plan: StepPlan, slots: Sequence[Any]) -> None:
        self.plan = plan
        self._slots = slots
        self.reads = [s.cell for s in plan.inputs]
        if plan.key_type is not None:
            self.reads.append(Cell(None, 0, plan.key_type, random.next_keys(plan.key_type.shape)))
        self.outputs = [Cell(None, 0, t) for t in plan.outputs[: plan.heads + len(plan.states)]]
        self.grads: list[Cell] | None = None
        self.absorbed: Absorbed | None = None
        self._held: list[Storage] = []
        self._source = caller()
        self._backward_source: Source | None = None

    @property
    def ready(self) -> bool:
        """Whether it can run as it is: `backward` was called."""
        return self.grads is not None

    def move_states(self) -> None:
        """Promises the new auxiliary states; the step must wait by then, or an interrupt would lose the old ones."""
        for storage, cell in zip(self.plan.states, self.outputs[self.plan.heads :], strict=True):
            storage.show(cell)

    def backward(self) -> None:
        """Defers the backward pass: promises every gradient."""
        self._backward_source = caller()
        self.grads = [Cell(None, 0, s.cell.type) for s in self.plan.grads]
        for storage, cell in zip(self.plan.grads, self.grads, strict=True):
            storage.show(cell)

    def absorb(self, bound: Bound, arrays: Sequence[NDArray], scalars: tuple[float, ...]) -> Call | None:
        """Makes an update of all parameters part of the step; None for any other call."""
        if self.grads is None or self.absorbed is not None or any([a._view for a in arrays]):
            return None
        storages = [a._storage for a in arrays]
        update = self.plan.updates.get(bound)
        if update is None or update.storages != storages:
            update = self._learn(bound, storages)
        reads = self.reads
        if update is None or any([s.cell is not reads[i] for s, i in update.reads]):
            return None
        if any([s.cell.array is None for s in update.extra]):
            return None
        call = Call(
            bound, tuple([s.cell for s in storages]), scalars, self.plan.context, caller(), (), update.types
        )
        for cell in call.outputs:
            cell.node = None  # type: ignore[assignment]
        # In one assignment: an interrupt finds the update in the step or not, and never half of it.
        self.absorbed = Absorbed(update, call, [s.cell for s in update.extra])
        return call

    def _learn(self, bound: Bound, storages: list[Storage]) -> Update | None:
        if not isinstance(bound, BoundOp) or not bound.op.update:
            return None
        assert self.grads is not None
        reads = {cell: i for i, cell in enumerate(self.reads)}
        grads = {cell: i for i, cell in enumerate(self.grads)}
        sources: list[tuple[str, int]] = []
        extra: list[Storage] = []
        for storage in storages:
            cell = storage.cell
            if cell in reads:
                sources.append(("read", reads[cell]))
            elif cell in grads:
                sources.append(("grad", grads[cell]))
            else:
                sources.append(("extra", len(extra)))
                extra.append(storage)
        if {i for kind, i in sources if kind == "grad"} != set(range(len(self.grads))):
            return None
        update = self.plan.updates[bound] = Update(bound, storages, sources, extra)
        return update

    def cells(self) -> tuple[Sequence[Cell], Sequence[Cell]]:
        """What it reads, and what it gives."""
        _, call, extra = self.absorbed or NOTHING
        return (*self.reads, *extra), (*self.outputs, *(self.grads or ()), *(call.outputs if call else ()))

    def run(self) -> None:
        """Runs the step as one program and fills what it promised."""
        plan = self.plan
        assert self.grads is not None
        keep = any([not s.lazy for s in plan.grads])
        update, call, extra = self.absorbed or NOTHING
        segment = plan.segment(update, keep)
        reads = (*self.reads, *extra)
        inputs = [cell.array for cell in reads]
        scalars = [n for _, numbers in plan.ones for n in numbers]
        filled = [*self.outputs, *(self.grads if keep else ())]
        if call is not None:
            scalars += call.scalars
            filled += call.outputs
        turn = framework.AT_ONCE
        if framework.contended():
            names = [bound.name for bound, _ in segment.instructions]
            turn = framework.Turn(names, reads, filled, plan.context, self._source)
        with turn:
            results = run.run_compiled(segment, inputs, scalars, Rewrites(reads, filled))
            for cell, array in zip(filled, results, strict=True):
                cell.array = array
        if not keep:
            first = plan.first_grad
            Promise(segment, inputs, scalars, self.grads, range(first, first + len(self.grads)))

    def expand(self) -> list[Call]:
        """The ordinary calls this step stands for, filling the same promised values."""
        plan = self.plan
        forward = Call(
            plan.forward, tuple(self.reads), (), plan.context, self._source, plan.types, plan.outputs
        )
        _fill(forward, self.outputs)
        if self.grads is None:
            forward.tape = tuple(
                [slot if want else None for slot, want in zip(self._slots, plan.wanted, strict=False)]
            )
            forward.tape += (None,) * (len(self.reads) - len(forward.tape))
            heads = self.outputs[: plan.heads]
            # A program may have written over an output that `backward` is yet to start from.
            self._held = [Storage(cell, plan.context) for cell in heads if cell.shown is None]
            return [forward]
        ones = [
            Call(bound, (), numbers, plan.context, None, (), bound.infer(())) for bound, numbers in plan.ones
        ]
        kept = [(forward.outputs if k.is_output else forward.inputs)[k.place] for k in plan.rule.kept]
        cells = (*kept, *[one.outputs[0] for one in ones])
        types = tuple([c.type for c in cells])
        bound = plan.rule.bound
        backward = Call(bound, cells, (), plan.context, self._backward_source, types, bound.infer(types))
        _fill(backward, self.grads)
        calls = [forward, *ones, backward]
        if self.absorbed is not None:
            call = self.absorbed.call
            _fill(call, call.outputs)
            call.types = tuple([c.type for c in call.inputs])
            calls.append(call)
        return calls


def _fill(call: Call, cells: Sequence[Cell]) -> None:
    """Makes promised cells the first outputs of a call."""
    for index, cell in enumerate(cells):
        cell.node, cell.index = call, index
    call.outputs = (*cells, *call.outputs[len(cells) :])
