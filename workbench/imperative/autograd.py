"""Automatic differentiation of recorded calls.

`backward` walks the recorded calls from the loss back and *calls* each one's gradient operator.  These
are ordinary calls: they wait in the same list as the forward ones, so forward and backward become
one program, and a planner sees every buffer of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.errors import ArgumentError, AutogradError, ShapeError
from workbench.imperative.function import Function as Function
from workbench.imperative.heads import listed
from workbench.imperative.ndarray import NDArray
from workbench.imperative.rewalk import Gradients, Situation
from workbench.imperative.storage import Storage
from workbench.imperative.tape import GradSlot, Scope, state, switched
from workbench.imperative.walk import added, walk_back
from workbench.runtime import engine
from workbench.runtime.source import called_at


def record(train_mode: bool = True) -> Scope:
    """``with autograd.record():`` calls inside can be differentiated; training behaviour by default.

    Args:
        train_mode: whether operators behave as in training: dropout drops, batch norm uses the batch.
    """
    return Scope(True, train_mode)


def pause(train_mode: bool = False) -> Scope:
    """``with autograd.pause():`` inside a recording, calls that are not recorded.

    Args:
        train_mode: whether operators behave as in training.
    """
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

    Args:
        grad_reqs: what becomes of each gradient: ``"write"``, ``"add"`` to what is there, or ``"null"``; one for
            all or a list.

    Raises:
        ArgumentError: the lists differ in length, or a request is unknown.
        ShapeError: an array and its gradient differ in shape or dtype.
    """
    variables, gradients = listed(variables), listed(gradients)
    reqs: list[Any] = [grad_reqs] * len(variables) if isinstance(grad_reqs, str) else listed(grad_reqs)
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
        slots, cells = _gradients(listed(heads), head_grads, retain_graph, train_mode)
        for slot, cell in zip(slots, cells, strict=True):
            grad, req = slot.grad, slot.req
            if req == "add":
                cell = added((grad._cell(), cell), grad)
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

    Args:
        heads: arrays computed under `record`.
        variables: marked arrays that they were computed from.
        head_grads: cotangents of the heads; ones where not given.
        retain_graph: keep what is needed to differentiate again; as `create_graph` where it is None.
        create_graph: whether the gradients are recorded themselves.
        train_mode: as in `backward`.

    Raises:
        AutogradError: a head was not recorded, or a variable was not marked or not used.
    """
    variables = listed(variables)
    for variable in variables:
        if getattr(variable, "_slot", None) is None:
            raise AutogradError(
                f"autograd.grad(): a variable was never marked; call attach_grad() on it first{called_at()}"
            )
    keep = create_graph if retain_graph is None else retain_graph
    results = []
    with engine.waiting.lock:
        found = walk_back(listed(heads), head_grads, keep, create_graph, train_mode).slots
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
    walk = walk_back(heads, head_grads, retain, False, train_mode)
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
