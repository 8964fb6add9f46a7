"""Reshaping an executor: which arrays it shares with the new one, and which must be made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from workbench.errors import ShapeError
from workbench.graph.infer import Inference
from workbench.graph.node import Value
from workbench.imperative.make import zeros
from workbench.imperative.ndarray import NDArray
from workbench.symbolic import binding
from workbench.symbolic.binding import Arrays
from workbench.types import Shape, TensorType

if TYPE_CHECKING:
    from workbench.symbolic.executor import Executor


class Made(NamedTuple):
    """The arrays of a new executor by name."""

    args: Arrays
    grads: Arrays
    aux: Arrays


def arrays(executor: Executor, shapes: Mapping[str, Shape], partial: bool, larger: bool) -> Made:
    """Arrays for the new shapes: the executor's own where the shape stays, zeros elsewhere.

    Args:
        partial: let arguments that `shapes` does not name change too.
        larger: let arrays grow.

    Raises:
        ArgumentError: a name is unknown.
        ShapeError: an array would change that may not, or the shapes contradict the graph.
    """
    held = {**executor.arg_dict, **executor.aux_dict}
    types = _types(executor, shapes, held)

    def fitting(name: str, array: NDArray) -> NDArray:
        type_ = types[name]
        if array.shape == type_.shape:
            return array
        if not partial and name not in shapes:
            raise ShapeError(
                f"reshape(): {name!r} would change from {array.shape} to {type_.shape} and not be shared any more; "
                "check the shapes, or give partial_shaping=True if this is meant"
            )
        if not larger and type_.size > array.size:
            raise ShapeError(
                f"reshape(): {name!r} would grow from {array.shape} to {type_.shape}; bind the largest shapes first "
                "and reshape to smaller ones, or give allow_up_sizing=True for a new array"
            )
        return zeros(type_.shape, array.context, array.dtype)

    args = {n: fitting(n, a) for n, a in executor.arg_dict.items()}
    grads = {
        n: g if args[n] is executor.arg_dict[n] else zeros(args[n].shape, g.context, g.dtype)
        for n, g in executor.grad_dict.items()
        if g is not None
    }
    return Made(args, grads, {n: fitting(n, a) for n, a in executor.aux_dict.items()})


def _types(executor: Executor, shapes: Mapping[str, Shape], held: Arrays) -> dict[str, TensorType]:
    """Types that follow from the new shapes; where one does not follow, the array keeps its shape."""
    symbol = executor._symbol
    dtypes = {n: a.dtype for n, a in held.items()}
    found = Inference(symbol.values, {n: s for n, s in shapes.items() if n in held}, dtypes)
    kept = {
        n.name: held[n.name].shape for n in symbol.nodes if n.is_variable and found.shape(Value(n)) is None
    }
    return binding.inferred(symbol, {**kept, **shapes}, dtypes, "reshape()")
