"""The two records every layer speaks: the type of a tensor, and a labelled figure.

A `TensorType` is interned: two of equal shape and dtype are the same object.  Looking something up
by the types of its inputs then costs a pointer comparison, which is what lets an imperative
operation be recorded in a few microseconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import jax.numpy as jnp
import numpy as np

from workbench.errors import ArgumentError, DTypeError, did_you_mean

Shape = tuple[int, ...]
_LENGTHS = frozenset((int,))
Kind = Literal["published", "predicted", "measured"]


class TensorType:
    """Shape and dtype of a tensor; made by `tensor_type`, compared by identity."""

    __slots__ = ("dtype", "is_float", "shape")

    def __init__(self, shape: Shape, dtype: np.dtype[Any]) -> None:
        self.shape = shape
        self.dtype = dtype
        self.is_float: bool = jnp.issubdtype(dtype, jnp.floating)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.size * self.dtype.itemsize

    def __repr__(self) -> str:
        return f"{self.dtype.name}{list(self.shape)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return tensor_type, (self.shape, self.dtype)


@cache
def _intern(shape: Shape, dtype: np.dtype[Any]) -> TensorType:
    return TensorType(shape, dtype)


def tensor_type(shape: Shape, dtype: Any) -> TensorType:
    """The one `TensorType` of this shape and dtype."""
    return _intern(tuple(map(int, shape)), np.dtype(dtype))


_INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
_BY_NAME = {
    name: np.dtype(getattr(jnp, name)) for name in ("float16", "float32", "float64", "bfloat16", *_INTEGERS)
} | {"bool": np.dtype(bool)}
_KNOWN = frozenset(_BY_NAME.values())


def as_dtype(dtype: Any) -> np.dtype[Any]:
    """Reads a dtype given as a NumPy type, dtype or name.

    Raises:
        DTypeError: the name or object is not a dtype the workbench computes with.
    """
    if dtype is None:
        return np.dtype(np.float32)
    if isinstance(dtype, str):
        found = _BY_NAME.get(dtype)
    else:
        try:
            found = np.dtype(dtype)
        except (TypeError, ValueError):
            found = None
        found = found if found in _KNOWN else None
    if found is None:
        hint = did_you_mean(str(dtype), _BY_NAME)
        raise DTypeError(f"unknown dtype {dtype!r}; known are {', '.join(_BY_NAME)}.{hint}")
    return found


@dataclass(frozen=True)
class Quantity:
    """A figure that carries its kind, so that no view decides it anew.

    Attributes:
        value: the number, in `unit`.
        unit: ``"B"``, ``"s"``, ``"FLOP"``, ``"1"`` for a count, …
        kind: ``"published"``, ``"predicted"`` or ``"measured"``.
        how: the source, the formula, or how and on what it was measured.
        name: what it is a figure of.
        spread: (low, high) in `unit`: of a measurement's repeats, or of a prediction's error bar.
    """

    value: float
    unit: str
    kind: Kind
    how: str
    name: str = ""
    spread: tuple[float, float] | None = None


def whole(what: str, shape: Any) -> None:
    """Refuses a length that is a float, as MXNet does, even a whole one: a division that comes out even is a slip too.

    What reads attributes can't, for it finds them by their value, and 2.0 equals 2.

    Raises:
        ArgumentError: there is one; `what` names the function.
    """
    if type(shape) is not tuple or _LENGTHS.issuperset(map(type, shape)):
        return
    if any(isinstance(length, float) for length in shape):
        raise ArgumentError(f"{what}(): 'shape' must be tuple of int, got {shape!r}.")
