"""Calling an operator imperatively: the few microseconds between `nd.dot(a, b)` and its promise.

Everything that can be looked up is: the bound operator by its attributes, the output types by the
input types.  Mistakes in shapes and arguments surface here, at the user's line; only what the device
itself refuses can surface later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.errors import ArgumentError, DeviceError
from workbench.graph.bound import Bound, BoundOp, bind
from workbench.imperative.ndarray import NDArray, Storage
from workbench.imperative.tape import state
from workbench.ops.registry import Operator
from workbench.runtime import engine, random
from workbench.runtime.device import Context, current_context
from workbench.runtime.engine import Call, Cell
from workbench.runtime.source import caller

_bound: dict[Any, BoundOp] = {}


def function(op: Operator, name: str) -> Callable[..., Any]:
    """The `nd.*` function of an operator."""

    def call(*args: Any, out: Any = None, name: str | None = None, ctx: Context | None = None, **kwargs: Any) -> Any:
        if kwargs:
            args, kwargs = tensors_first(op, args, kwargs)
        return invoke(op, args, kwargs, out, ctx)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = op.doc
    call.__signature__ = op.signature()  # type: ignore[attr-defined]
    return call


def tensors_first(op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Moves tensors given by keyword to their positions.

    Raises:
        ArgumentError: an input is given twice, or one before it is missing.
    """
    named = {n: kwargs[n] for n in op.inputs if n in kwargs}
    if not named:
        return args, kwargs
    rest = {k: v for k, v in kwargs.items() if k not in named}
    filled = list(args)
    for name in op.inputs[len(args) :]:
        filled.append(named.pop(name, None))
    if named:
        raise ArgumentError(f"{op.name}() got {', '.join(map(repr, named))} twice, by position and by name")
    while filled and filled[-1] is None:
        filled.pop()
    return tuple(filled), rest


def bound_op(op: Operator, kwargs: Mapping[str, Any]) -> tuple[BoundOp, tuple[float, ...]]:
    """The bound operator for these attributes under the current mode, and its dynamic numbers."""
    if op.dynamic:
        return bind(op, kwargs, state.training)
    key = (op.name, state.training if op.train_aware else None, *kwargs.items())
    try:
        found = _bound.get(key)
    except TypeError:  # an attribute given as a list
        return bind(op, {k: tuple(v) if isinstance(v, list) else v for k, v in kwargs.items()}, state.training)
    if found is None or any(isinstance(v, (bool, float)) for v in kwargs.values()):
        # 1, 1.0 and True are equal keys and not always equal attributes.
        found = _bound[key] = bind(op, kwargs, state.training)[0]
    return found, ()


def invoke(
    op: Operator, args: Sequence[Any], kwargs: Mapping[str, Any], out: Any = None, ctx: Context | None = None
) -> Any:
    """Calls an operator on NDArrays.

    Raises:
        ArgumentError: an argument is unknown, missing, or not an NDArray.
        ShapeError: the shapes do not fit.
        DeviceError: the arrays live on different devices.
    """
    bound, scalars = bound_op(op, kwargs)
    arrays = [a for a in args if a is not None] if None in map(_none, args) else list(args)
    if bound.input_names is not None and op.used and len(arrays) > len(bound.input_names):
        arrays = arrays[: len(bound.input_names)]
    for position, array in enumerate(arrays):
        if not isinstance(array, NDArray):
            raise _not_an_array(op, bound, position, array)
    results = apply(bound, arrays, scalars, ctx)
    for name, index in op.writes.items():
        _write_back(bound, arrays, name, results[index])
    visible = results[: bound.visible]
    if out is not None:
        return _deliver(op, visible, out)
    return visible[0] if len(visible) == 1 else list(visible)


def _none(value: Any) -> Any:
    return None if value is None else 0


def apply(
    bound: Bound, arrays: Sequence[NDArray], scalars: tuple[float, ...] = (), ctx: Context | None = None
) -> list[NDArray]:
    """Calls a bound operator; gives all its outputs, those written back included."""
    context = _common_context(bound, arrays, ctx)
    shown = [a._shown() for a in arrays]  # holds what views show until the call is on the list
    cells = [s.cell for s in shown]
    if bound.key_type is not None:
        cells.append(Cell(None, 0, bound.key_type, random.next_keys(bound.key_type.shape)))
    types = tuple([c.type for c in cells])
    tape = _tape(bound, arrays, cells, types) if state.recording else None
    if tape is not None:
        bound = bound.recorded(types, tuple([t is not None for t in tape]))
    call = Call(bound, tuple(cells), scalars, context, caller(), bound.infer(types))
    call.tape = tape
    results = [NDArray(Storage(cell, context)) for cell in call.outputs]
    engine.submit(call)
    return results


def _tape(bound: Bound, arrays: Sequence[NDArray], cells: Sequence[Cell], types: Any) -> tuple[Any, ...] | None:
    mask = bound.differentiable_inputs(types)
    tape = [a._tape(c) if m else None for a, c, m in zip(arrays, cells, mask, strict=False)]
    if all(t is None for t in tape):
        return None
    return (*tape, *[None] * (len(cells) - len(tape)))


def _common_context(bound: Bound, arrays: Sequence[NDArray], ctx: Context | None) -> Context:
    if not arrays:
        return ctx or current_context()
    context = arrays[0]._storage.context
    for position, array in enumerate(arrays):
        if array._storage.context is not context:
            names = bound.input_names or ()
            first, other = (
                repr(names[i]) if i < len(names) else f"argument {i}" for i in (0, position)
            )
            raise DeviceError(
                f"{bound.name}: {first} is on {context} and {other} on {array._storage.context}; "
                f"copy one with .as_in_context({context})"
            )
    return context


def _not_an_array(op: Operator, bound: BoundOp, position: int, got: Any) -> ArgumentError:
    names = bound.input_names or ()
    which = repr(names[position]) if position < len(names) else f"argument {position}"
    if type(got).__name__ == "Symbol":
        return ArgumentError(
            f"nd.{op.name}(): {which} is the Symbol {got.name!r}, which has no value yet; "
            f"bind it (simple_bind, eval) or use sym.{op.name}"
        )
    return ArgumentError(f"nd.{op.name}(): {which} must be an NDArray, got {type(got).__name__}; nd.array() makes one")


def _write_back(bound: BoundOp, arrays: Sequence[NDArray], name: str, result: NDArray) -> None:
    names = bound.input_names
    if names is not None and name in names:
        arrays[names.index(name)]._assign(result)


def _deliver(op: Operator, results: Sequence[NDArray], out: Any) -> Any:
    targets = list(out) if isinstance(out, (list, tuple)) else [out]
    if len(targets) != len(results):
        raise ArgumentError(f"nd.{op.name}(): out= needs {len(results)} arrays, got {len(targets)}")
    for target, result in zip(targets, results, strict=True):
        target._assign(result)
    return out
