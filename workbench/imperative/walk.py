"""The walk backward over the tape: each recorded call's gradient operator is called, and its results handed on."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from workbench.errors import AutogradError, NotSupportedError
from workbench.graph.bind import BoundOp, bind
from workbench.imperative.function import FunctionCall
from workbench.imperative.heads import start, with_grads
from workbench.imperative.ndarray import NDArray, is_recorded
from workbench.imperative.storage import Storage
from workbench.imperative.tape import GradSlot, Scope, state
from workbench.ops import registry
from workbench.runtime import engine
from workbench.runtime.call import Call, Cell
from workbench.runtime.source import called_at

ONE = (True,)  # the mask of an operator with one output
AT_ONCE = 8  # gradients of a variable that are added up by one operation, as MXNet's MXNET_EXEC_INPLACE_GRAD_SUM_CAP


class Walk:
    """One pass backward over the tape."""

    def __init__(self, create_graph: bool) -> None:
        self.create_graph = create_graph
        self.cotangents: dict[Cell, Cell] = {}
        self.slots: dict[GradSlot, Cell] = {}
        self.more: dict[GradSlot, list[tuple[Cell, Any]]] = {}  # what is to be added, and what it is of
        self.most = 1 if engine.bulks() else AT_ONCE - 1  # a program of many sums needs no larger ones
        self.heap: list[tuple[int, Call]] = []
        self.seen: set[int] = set()
        self.made: dict[Call, Call] = {}  # each gradient's call, and the recorded call it is of
        self.visited: list[Call] = []

    def leave(self, entry: Any, cell: Cell, cotangent: Cell, like: Any) -> None:
        """Passes a cotangent on: into a slot, or to the call that made the cell."""
        if entry is not True:
            self._gather(entry, cotangent, like)
            return
        call: Any = cell.node
        if call is None or call.tape is None:
            raise AutogradError(
                "backward() through operations that an earlier backward() has freed; "
                f"give that one retain_graph=True, or differentiate all heads in one call{called_at()}"
            )
        earlier = self.cotangents.get(cell)
        self.cotangents[cell] = added((earlier, cotangent), like) if earlier else cotangent
        if call.serial not in self.seen:
            self.seen.add(call.serial)
            heapq.heappush(self.heap, (-call.serial, call))

    def _gather(self, slot: GradSlot, cotangent: Cell, like: Any) -> None:
        if slot not in self.slots:
            self.slots[slot] = cotangent
            return
        more = self.more.setdefault(slot, [])
        more.append((cotangent, like))
        if len(more) == self.most:
            self.add_up(slot)

    def add_up(self, slot: GradSlot) -> None:
        """Adds to a variable's gradient what was gathered for it."""
        cells, likes = zip(*self.more.pop(slot), strict=True)
        self.slots[slot] = added((self.slots[slot], *cells), likes[-1])

    def _gathered(self) -> list[Cell]:
        return [cell for more in self.more.values() for cell, _ in more]

    def step(self, call: Call) -> None:
        """Calls the gradient operator of one recorded call."""
        assert call.bound is not None and call.tape is not None
        given = [self.cotangents.pop(cell, None) for cell in call.outputs]
        if isinstance(call, FunctionCall):
            self._pull(call, given)
            return
        mask = ONE if len(given) == 1 else tuple([g is not None for g in given])
        wanted = tuple([t is not None for t in call.tape])
        rule = call.bound.gradient(call.types, mask, wanted)
        cells = [(call.outputs if output else call.inputs)[index] for output, index in rule.kept]
        cells += [g for g in given if g is not None]
        types = tuple([c.type for c in cells])
        outputs = rule.bound.infer(types)
        back = Call(rule.bound, tuple(cells), call.scalars, call.context, call.source, types, outputs)
        if self.create_graph:
            self._record(back, call, rule.kept)
        engine.submit(back)
        self.made[back] = call
        self._hand_on(call, back.outputs)

    def _pull(self, call: FunctionCall, given: list[Cell | None]) -> None:
        """Asks a function for its gradients; its code may read values, so what is on the way is held meanwhile."""
        if self.create_graph:
            raise NotSupportedError(f"create_graph=True through {call.described}")
        moving = [*self.cotangents.values(), *self.slots.values(), *self._gathered()]
        held = [Storage(cell, call.context) for cell in moving if cell.shown is None]
        pulled = call.pull(given)
        self._hand_on(call, [storage.cell for storage in pulled])
        del held

    def _hand_on(self, call: Call, gradients: Iterable[Cell]) -> None:
        """Passes on the gradients of the inputs that want one."""
        assert call.tape is not None
        made = iter(gradients)
        slots = self.slots
        for cell, entry in zip(call.inputs, call.tape, strict=True):
            if entry is None:
                continue
            if entry is not True and entry not in slots:
                slots[entry] = next(made)  # a parameter used once: nearly always
            else:
                self.leave(entry, cell, next(made), call)

    def _record(self, back: Call, call: Call, kept: Any) -> None:
        assert call.tape is not None and back.bound is not None
        mask = back.bound.differentiable_inputs(back.types)
        entries = [True if k.is_output else call.tape[k.place] for k in kept]
        entries += [True if is_recorded(c) else None for c in back.inputs[len(kept) :]]
        tape = tuple([e if m else None for e, m in zip(entries, mask, strict=True)])
        if any(t is not None for t in tape):
            back.tape = tape


def walk_back(
    heads: Sequence[NDArray], head_grads: Any, retain: bool, create_graph: bool, train_mode: bool
) -> Walk:
    """Goes back from the heads to every marked array they were computed from.

    Args: as `autograd.backward`, and `create_graph` as `autograd.grad`.

    Raises:
        ArgumentError, AutogradError, ShapeError, DeviceError: as `autograd.backward`.
    """
    walk = Walk(create_graph)
    starts = [start(head, grad) for head, grad in with_grads(heads, head_grads)]
    for head, (cell, entry, cotangent) in zip(heads, starts, strict=True):
        walk.leave(entry, cell, cotangent.cell, head)
    with Scope(create_graph, train_mode):
        while walk.heap:
            call = heapq.heappop(walk.heap)[1]
            walk.step(call)
            walk.visited.append(call)
        for slot in [*walk.more]:
            walk.add_up(slot)
    if not retain:
        for call in walk.visited:
            call.release()
        for cell, _, _ in starts:
            cell.freed = True
        state.freed = engine.waiting.serial
    return walk


@cache
def _adding(count: int) -> BoundOp:
    name, given = ("elemwise_add", {}) if count == 2 else ("add_n", {"num_args": count})
    return bind(registry.get(name), given)[0]


def added(cells: tuple[Cell, ...], like: Any) -> Cell:
    """The sum of cotangents, on the device and for the line of `like`."""
    source = like.source if isinstance(like, Call) else None
    types = tuple([cell.type for cell in cells])
    call = Call(_adding(len(cells)), cells, (), like.context, source, types, types[:1])
    if state.recording and any(map(is_recorded, cells)):
        call.tape = tuple([True if is_recorded(cell) else None for cell in cells])
    engine.submit(call)
    return call.outputs[0]
