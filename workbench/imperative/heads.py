"""Where a backward starts: a recorded head and its cotangent, or what was done wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.errors import ArgumentError, AutogradError, DeviceError, ShapeError
from workbench.imperative.make import ones_like
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage
from workbench.imperative.tape import state
from workbench.runtime.call import Cell
from workbench.runtime.source import called_at


def listed(arrays: Any) -> list[Any]:
    """One array, or several, as a list."""
    return list(arrays) if isinstance(arrays, (list, tuple)) else [arrays]


def with_grads(heads: Sequence[NDArray], head_grads: Any) -> list[tuple[NDArray, Any]]:
    """Each head with its gradient, None where none was given.

    Raises:
        ArgumentError: there are more of one than of the other.
    """
    grads = [None] * len(heads) if head_grads is None else listed(head_grads)
    if len(grads) != len(heads):
        raise ArgumentError(f"backward() got {len(heads)} heads and {len(grads)} head gradients")
    return list(zip(heads, grads, strict=True))


def start(head: NDArray, head_grad: NDArray | None) -> tuple[Cell, Any, Storage]:
    """A head's value, how its gradient goes on, and its cotangent, held in case the next head's fills the list.

    Raises:
        ArgumentError, AutogradError, ShapeError, DeviceError: as `autograd.backward`.
    """
    if not isinstance(head, NDArray):
        raise ArgumentError(f"backward() starts from NDArrays, got {type(head).__name__}")
    cell = head._cell()
    entry = head._tape(cell)
    if entry is None:
        raise AutogradError(f"{_why_not(head, cell)}{called_at()}")
    return cell, entry, _cotangent(head, head_grad)._shown()


def cotangents(heads: Sequence[NDArray], head_grads: Any) -> list[NDArray]:
    """The cotangents of the floating-point heads, checked: those given, else ones.

    Raises:
        ArgumentError, ShapeError, DeviceError: as `backward`.
    """
    return [_cotangent(head, grad) for head, grad in with_grads(heads, head_grads) if head._type.is_float]


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
