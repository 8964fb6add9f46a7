"""Sequences of arrays or symbols: as a list of steps or as one with a time axis, masked and reversed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.symbolic import sym
from workbench.symbolic.symbol import Symbol

ONE = (NDArray, Symbol)


def namespace(value: Any) -> Any:
    """`nd` or `sym`, whichever the value, or the first of several, is of."""
    first = value[0] if isinstance(value, (list, tuple)) else value
    if not isinstance(first, ONE):
        raise ArgumentError(
            f"a recurrent cell takes an NDArray, a Symbol or a list of them, got {type(first).__name__}"
        )
    return sym if isinstance(first, Symbol) else nd


def time_axis(layout: str) -> int:
    """Where time is.

    Raises:
        ArgumentError: the layout has no T or no N.
    """
    if "T" not in layout or "N" not in layout:
        raise ArgumentError(f"layout names the axes T, N and C, such as 'NTC' or 'TNC'; got {layout!r}")
    return layout.index("T")


def as_steps(value: Any, length: int, axis: int) -> list[Any]:
    """One for each step, without the time axis.

    Raises:
        ShapeError: there are not `length` steps.
    """
    if isinstance(value, ONE):
        if isinstance(value, Symbol) and len(value) != 1:
            raise ArgumentError(
                f"unroll() takes a symbol of one output or a list of symbols; {value.name!r} has {len(value)}"
            )
        if isinstance(value, NDArray) and value.shape[axis] != length:
            raise ShapeError(
                f"unroll(): {length} steps, but axis {axis} of the inputs {value.shape} has {value.shape[axis]}"
            )
        parts = namespace(value).split(value, num_outputs=length, axis=axis, squeeze_axis=True)
        return [parts] if isinstance(parts, NDArray) else list(parts)
    if len(value) != length:
        raise ShapeError(f"unroll(): {length} steps, but the list of inputs has {len(value)}")
    return list(value)


def as_one(value: Any, axis: int) -> Any:
    """All steps along a time axis."""
    return value if isinstance(value, ONE) else namespace(value).stack(*value, axis=axis)


def shaped(value: Any, length: int, axis: int, merge: bool | None) -> Any:
    """As one (`merge`), as a list (not `merge`), or as it is (None)."""
    if merge is None:
        return value
    return as_one(value, axis) if merge else as_steps(value, length, axis)


def masked(value: Any, valid_length: Any, axis: int) -> Any:
    """As one, with 0 after each sequence's own length."""
    whole = as_one(value, axis)
    return namespace(whole).SequenceMask(
        whole, sequence_length=valid_length, use_sequence_length=True, axis=axis
    )


def last_states(each: Sequence[Sequence[Any]], valid_length: Any) -> list[Any]:
    """Of the states after each step, those after each sequence's own last."""
    return [
        namespace(kind).SequenceLast(
            as_one(kind, 0), sequence_length=valid_length, use_sequence_length=True, axis=0
        )
        for kind in zip(*each, strict=True)
    ]


def reversed_steps(steps: Sequence[Any], valid_length: Any) -> list[Any]:
    """The steps backwards, each sequence from its own end."""
    if valid_length is None:
        return list(reversed(steps))
    whole = as_one(steps, 0)
    turned = namespace(whole).SequenceReverse(whole, sequence_length=valid_length, use_sequence_length=True)
    return as_steps(turned, len(steps), 0)


def zeros_like_batch(like: Any, shape: Sequence[int], batch_axis: int) -> Any:
    """Zeros of a shape whose 0 stands for the batch of `like`, an array or a symbol."""
    F = namespace(like)
    rank, at = len(shape), list(shape).index(0)
    row = like
    if batch_axis:
        row = F.swapaxes(row, dim1=0, dim2=batch_axis)
    row = F.slice_axis(F.Reshape(row, shape=(0, -1)), axis=1, begin=0, end=1)
    thin = F.Reshape(F.zeros_like(row), shape=[-1 if axis == at else 1 for axis in range(rank)])
    return F.broadcast_to(thin, shape=tuple(shape))
