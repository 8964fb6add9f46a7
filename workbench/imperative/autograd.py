"""Automatic differentiation of recorded calls.

`backward` walks the recorded calls from the loss back and *calls* each one's gradient operator.  These
are ordinary calls: they wait in the same list as the forward ones, so forward and backward become
one program, and a planner sees every buffer of both.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from workbench.errors import ArgumentError, AutogradError, DeviceError, NotSupportedError, ShapeError
from workbench.graph.bind import BoundOp, bind
from workbench.imperative.function import Function as Function
from workbench.imperative.function import FunctionCall
from workbench.imperative.make import ones_like
from workbench.imperative.ndarray import NDArray
from workbench.imperative.rewalk import Gradients, Situation
from workbench.imperative.storage import Storage
from workbench.imperative.tape import GradSlot, Scope, state, switched
from workbench.ops import registry
from workbench.runtime import engine
from workbench.runtime.call import Call, Cell
from workbench.runtime.source import called_at


def record(train_mode: bool = True) -> Scope:
    """``with autograd.record():`` calls inside can be differentiated; training behaviour by default."""
    return Scope(True, train_mode)


def pause(train_mode: bool = False) -> Scope:
    """``with autograd.pause():`` inside a recording, calls that are not recorded."""
    return Scope(False, train_mode)


def train_mode() -> Scope:
    """Training behaviour (dropout drops, batch norm uses the batch) without recording."""
    return Scope(None, True)


def predict_mode() -> Scope:
    """Prediction behaviour, recorded or not."""
    return Scope(None, False)


def is_recording() -> bool:
    """Whether calls are being recorded."""
    return state.recording


def is_training() -> bool:
    """Whether operators behave as in training."""
    return state.training


def set_recording(is_record: bool) -> bool:
    """Sets recording; returns what it was."""
    before, state.recording = state.recording, bool(is_record)
    switched(state.recording)
    return before


def set_training(train: bool) -> bool:
    """Sets training behaviour; returns what it was."""
    before, state.training = state.training, bool(train)
    return before


def mark_variables(
    variables: NDArray | Sequence[NDArray], gradients: NDArray | Sequence[NDArray], grad_reqs: Any = "write"
) -> None:
    """Marks arrays as variables whose gradients are left in `gradients`.

    Raises:
        ArgumentError: the lists differ in length, or a request is unknown.
        ShapeError: an array and its gradient differ in shape or dtype.
    """
    variables, gradients = _list(variables), _list(gradients)
    reqs: list[Any] = [grad_reqs] * len(variables) if isinstance(grad_reqs, str) else _list(grad_reqs)
    if not len(variables) == len(gradients) == len(reqs):
        raise ArgumentError(
            f"mark_variables() got {len(variables)} variables, {len(gradients)} gradients and {len(reqs)} requests"
        )
    for variable, gradient in zip(variables, gradients, strict=True):
        kinds = type(variable).__name__, type(gradient).__name__
        if kinds != ("NDArray", "NDArray"):
            raise ArgumentError(
                f"mark_variables() takes NDArrays and their gradients, got {' and '.join(kinds)}"
            )
        if variable._type is not gradient._type:
            raise ShapeError(f"a variable {variable._type} can't have a gradient {gradient._type}")
    slots = [GradSlot(g, _checked_req(r)) for g, r in zip(gradients, reqs, strict=True)]
    for variable, slot in zip(variables, slots, strict=True):
        variable._slot = slot


def _checked_req(req: str) -> str:
    if req not in ("write", "add", "null"):
        raise ArgumentError(f"grad_req is 'write', 'add' or 'null', got {req!r}")
    return req


def backward(
    heads: NDArray | Sequence[NDArray],
    head_grads: Any = None,
    retain_graph: bool = False,
    train_mode: bool = True,
) -> None:
    """Leaves the gradient of the heads in every marked array they were computed from.

    Args:
        heads: arrays computed under `record`.
        head_grads: cotangents of the same shapes; ones where not given.
        retain_graph: keep what backward needs, so that it can be called again.
        train_mode: the mode that a `Function`'s backward runs in.  An operator is differentiated in the mode it was
            called in, whatever this says.

    Raises:
        AutogradError: a head was not computed under `record`, or its graph was freed.
        ShapeError: a head gradient has another shape than its head.
        DeviceError: a head gradient lives on another device than its head.
    """
    with engine.waiting.lock:  # as for a single call: nothing may run until the gradients are held
        slots, cells = _gradients(_list(heads), head_grads, retain_graph, train_mode)
        for slot, cell in zip(slots, cells, strict=True):
            grad, req = slot.grad, slot.req
            if req == "add":
                cell = _sum((grad._cell(), cell), grad)
            if req != "null":
                if grad._view:
                    grad._write(cell)
                else:
                    grad._storage.show(cell)
                slot.fresh = True
        engine.settle()


def grad(
    heads: NDArray | Sequence[NDArray],
    variables: NDArray | Sequence[NDArray],
    head_grads: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    train_mode: bool = True,
) -> list[NDArray]:
    """The gradients of the heads with respect to `variables`: a list of new arrays, for one variable too.

    With `create_graph` they are recorded themselves and can be differentiated again.

    Raises:
        AutogradError: a head was not recorded, or a variable was not marked or not used.
    """
    variables = _list(variables)
    for variable in variables:
        if getattr(variable, "_slot", None) is None:
            raise AutogradError(
                f"autograd.grad(): a variable was never marked; call attach_grad() on it first{called_at()}"
            )
    keep = create_graph if retain_graph is None else retain_graph
    results = []
    with engine.waiting.lock:
        found = _walk(_list(heads), head_grads, keep, create_graph, train_mode).slots
        for variable in variables:
            cell = found.get(variable._slot) if variable._slot is not None else None
            if cell is None:
                raise AutogradError(
                    f"autograd.grad(): the heads do not depend on the variable of shape {variable.shape}{called_at()}"
                )
            results.append(NDArray(Storage(cell, variable.context)))
        engine.settle()
    return results


def _gradients(heads: list[NDArray], head_grads: Any, retain: bool, train_mode: bool) -> Gradients:
    """The gradients, by the walk taken before where there is one."""
    situation = None
    if head_grads is None and not retain and len(heads) == 1 and engine.bulks():
        situation = _situation(heads[0])
    found = situation.repeat() if situation is not None else None
    if found is not None:
        return found
    walk = _walk(heads, head_grads, retain, False, train_mode)
    if situation is not None:
        situation.remember(walk.made, walk.slots, walk.visited)
    return list(walk.slots), list(walk.slots.values())


def _situation(head: NDArray) -> Situation | None:
    """Where a walk from this head starts; None where that is not a recorded call that waits."""
    if not isinstance(head, NDArray) or head._view:
        return None
    cell = head._cell()
    batch = engine.waiting.batches.get(head.context)
    if batch is None or cell.mark is not batch.mark or head._tape(cell) is not True:
        return None
    return Situation(batch, cell)


def _list(arrays: Any) -> list[NDArray]:
    return list(arrays) if isinstance(arrays, (list, tuple)) else [arrays]


ONE = (True,)  # the mask of an operator with one output
AT_ONCE = 8  # gradients of a variable that are added up by one operation, as MXNet's MXNET_EXEC_INPLACE_GRAD_SUM_CAP


class _Walk:
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
        self.cotangents[cell] = _sum((earlier, cotangent), like) if earlier else cotangent
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
        self.slots[slot] = _sum((self.slots[slot], *cells), likes[-1])

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
        entries += [True if _recorded(c) else None for c in back.inputs[len(kept) :]]
        tape = tuple([e if m else None for e, m in zip(entries, mask, strict=True)])
        if any(t is not None for t in tape):
            back.tape = tape


def _walk(heads: list[NDArray], head_grads: Any, retain: bool, create_graph: bool, train_mode: bool) -> _Walk:
    walk = _Walk(create_graph)
    grads = [None] * len(heads) if head_grads is None else _list(head_grads)
    if len(grads) != len(heads):
        raise ArgumentError(f"backward() got {len(heads)} heads and {len(grads)} head gradients")
    starts = [_start(head, head_grad) for head, head_grad in zip(heads, grads, strict=True)]
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


def _start(head: NDArray, head_grad: NDArray | None) -> tuple[Cell, Any, Storage]:
    """A head's value, how its gradient goes on, and its cotangent, held in case the next head's fills the list."""
    if not isinstance(head, NDArray):
        raise ArgumentError(f"backward() starts from NDArrays, got {type(head).__name__}")
    cell = head._cell()
    entry = head._tape(cell)
    if entry is None:
        raise AutogradError(f"{_why_not(head, cell)}{called_at()}")
    return cell, entry, _cotangent(head, head_grad)._shown()


OUTSIDE = "compute it inside `with autograd.record():`"
UNMARKED = "attach_grad() on a float array that it is computed from, before recording"
FREED = "give that backward() retain_graph=True, or compute the array again"


def _why_not(head: NDArray, cell: Cell) -> str:
    """Which mistake leaves a head without a gradient; where they can't be told apart, each that is possible."""
    if not head._type.is_float:
        dtype = head._type.dtype.name
        return (
            f"backward() from an array of {dtype}: only floats have gradients; astype('float32') makes some"
        )
    if head._slot is not None:
        return "backward() from an array whose grad_req is 'null': it asks for no gradient"
    if head._detached:
        return "backward() from what detach() gave: no gradient flows through it"
    if getattr(cell, "freed", False):
        return f"backward() for the second time: the first has freed the graph of this array; {FREED}"
    what = f"backward() from an array of shape {head.shape} that was not recorded"
    serial = getattr(cell.node, "serial", 0)
    if not serial or head._view:
        return f"{what}: {OUTSIDE}, and call {UNMARKED}"
    if not state.began < serial <= (serial if state.recording else state.ended):
        return f"{what}: it was computed outside; {OUTSIDE}"
    if serial <= state.freed:
        return f"{what}, or whose graph an earlier backward() has freed: call {UNMARKED}; or {FREED}"
    return (
        f"{what}: it was computed inside `with autograd.record():`, but nothing behind it asks for a gradient; "
        f"call {UNMARKED} (pause(), detach() and BlockGrad cut a gradient off too)"
    )


def cotangents(heads: Sequence[NDArray], head_grads: Any) -> list[NDArray]:
    """The cotangents of the floating-point heads, checked: those given, else ones.

    Raises:
        ArgumentError, ShapeError, DeviceError: as `backward`.
    """
    grads = [None] * len(heads) if head_grads is None else _list(head_grads)
    if len(grads) != len(heads):
        raise ArgumentError(f"backward() got {len(heads)} heads and {len(grads)} head gradients")
    pairs = zip(heads, grads, strict=True)
    return [_cotangent(head, grad) for head, grad in pairs if head._type.is_float]


def _cotangent(head: NDArray, head_grad: Any) -> NDArray:
    if head_grad is None:
        return ones_like(head)
    if not isinstance(head_grad, NDArray):
        raise ArgumentError(f"backward(): a head gradient must be an NDArray, got {type(head_grad).__name__}")
    if head_grad.shape != head.shape:
        raise ShapeError(f"backward(): the head has shape {head.shape}, its gradient {head_grad.shape}")
    if head_grad.context is not head.context:
        raise DeviceError(f"backward(): the head is on {head.context}, its gradient on {head_grad.context}")
    # A copy: a head that is a variable itself hands it on to its gradient's array.
    return head_grad.astype(head.dtype)


def _recorded(cell: Cell) -> bool:
    call: Any = cell.node
    return call is not None and call.tape is not None


@cache
def _adding(count: int) -> BoundOp:
    name, given = ("elemwise_add", {}) if count == 2 else ("add_n", {"num_args": count})
    return bind(registry.get(name), given)[0]


def _sum(cells: tuple[Cell, ...], like: Any) -> Cell:
    """The sum of cotangents, on the device and for the line of `like`."""
    source = like.source if isinstance(like, Call) else None
    types = tuple([cell.type for cell in cells])
    call = Call(_adding(len(cells)), cells, (), like.context, source, types, types[:1])
    if state.recording and any(map(_recorded, cells)):
        call.tape = tuple([True if _recorded(cell) else None for cell in cells])
    engine.submit(call)
    return call.outputs[0]
