"""A sequence of symbols: one symbol with a time axis, or a list with one a step; and the states before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.errors import ArgumentError
from workbench.graph.bind import BoundOp
from workbench.symbolic import sym
from workbench.symbolic.symbol import Symbol, apply

Steps = list[Symbol]


def time_axis(layout: str) -> int:
    """The axis of the steps.

    Raises:
        ArgumentError: the layout has none.
    """
    if not isinstance(layout, str) or "T" not in layout or "N" not in layout:
        raise ArgumentError(f"a layout such as 'NTC' or 'TNC' has the axes T and N, got {layout!r}")
    return layout.index("T")


def as_steps(inputs: Any, length: int, layout: str) -> Steps:
    """One symbol a step.

    Raises:
        ArgumentError: the inputs are no symbols, a group, or a list of another length.
    """
    axis = time_axis(layout)
    if isinstance(inputs, Symbol):
        if len(inputs.list_outputs()) != 1:
            raise ArgumentError(
                "unroll() takes one symbol with a time axis or a list with one a step; "
                f"got a group of {len(inputs.list_outputs())}: list(group) makes it a list"
            )
        return list(sym.split(inputs, num_outputs=length, axis=axis, squeeze_axis=True))
    return _checked(inputs, length)


def as_whole(inputs: Any, length: int, layout: str) -> Symbol:
    """One symbol with a time axis."""
    if isinstance(inputs, Symbol):
        return inputs
    axis = time_axis(layout)
    return sym.Concat(*[sym.expand_dims(step, axis=axis) for step in _checked(inputs, length)], dim=axis)


def arranged(inputs: Any, length: int, layout: str, merge: bool | None) -> Any:
    """As one symbol (`merge` true), as a list of steps (false), or whichever it is (None)."""
    if merge is None:
        return inputs
    return as_whole(inputs, length, layout) if merge else as_steps(inputs, length, layout)


def _checked(inputs: Any, length: int) -> Steps:
    if not isinstance(inputs, Sequence) or not all(isinstance(step, Symbol) for step in inputs):
        raise ArgumentError(f"unroll() takes a symbol or a list of symbols, got {type(inputs).__name__}")
    if len(inputs) != length:
        raise ArgumentError(f"unroll(length={length}) got a list of {len(inputs)} inputs")
    return list(inputs)


def first_state(func: Callable[..., Symbol], name: str, info: Any, **kwargs: Any) -> Symbol:
    """The state `func` makes; zeros and ones may leave the batch open, as 0 in their shape."""
    given = {**kwargs, **(info or {})}
    if func in (sym.zeros, sym.ones):
        value = 1.0 if func is sym.ones else 0.0
        return apply("_full", name=name, value=value, **given)
    return func(name=name, **given)


def for_batch(states: Sequence[Symbol], like: Symbol, batch_axis: int = 0) -> list[Symbol]:
    """The states; one whose shape left the batch open gets that of `like`.

    A symbol's shape is inferred from what it reads, so what was to be *some* number of zeros becomes zeros made
    from the input.
    """
    return [_sized(state, like, batch_axis) for state in states]


def _sized(state: Symbol, like: Symbol, batch_axis: int) -> Symbol:
    node = state.values[0].node
    shape = node.bound.attrs.get("shape", ()) if isinstance(node.bound, BoundOp) else ()
    if not isinstance(node.bound, BoundOp) or node.bound.name != "_full" or 0 not in shape:
        return state
    value, name = node.bound.unpack(node.scalars)["value"], node.name
    row = like if batch_axis == 0 else sym.swapaxes(like, dim1=0, dim2=batch_axis, name=f"{name}_rows")
    row = sym.Reshape(row, shape=(0, -1), name=f"{name}_row")
    row = sym.slice_axis(row, axis=1, begin=0, end=1, name=f"{name}_first")
    thin = sym.zeros_like(row, name=f"{name}_column")
    thin = sym.Reshape(thin, shape=tuple(-1 if n == 0 else 1 for n in shape), name=f"{name}_batch")
    one = sym.full(tuple(n or 1 for n in shape), value, name=f"{name}_value")
    return sym.broadcast_add(thin, one, name=name)
