"""Nested arguments as a flat list and a form, and back.

A graph has flat inputs and outputs, while a block may take and give lists of arrays (a recurrent cell's
states).  The form says how they nest, and is what a traced graph is remembered by.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from workbench.errors import ArgumentError
from workbench.imperative.ndarray import NDArray
from workbench.symbolic.symbol import Symbol


class _Leaf:
    """Stands in a form for one array."""

    def __repr__(self) -> str:
        return "array"

    def __reduce__(self) -> str:
        return "LEAF"  # a copy of a form has this very object in it


LEAF = _Leaf()


def flatten(value: Any, flat: list[Any]) -> Hashable:
    """Appends the arrays in `value` to `flat`; returns its form.

    Raises:
        ArgumentError: there is something in it that is no array, list, or fixed value such as a number.
    """
    if isinstance(value, (NDArray, Symbol)):
        flat.append(value)
        return LEAF
    if isinstance(value, (list, tuple)):
        return (type(value), *[flatten(v, flat) for v in value])
    if not isinstance(value, Hashable):
        raise ArgumentError(
            f"a hybridized block takes arrays, lists of them and fixed values, got {type(value).__name__}"
        )
    return _Fixed(value)


class _Fixed:
    """A value that is part of the form: another value is another graph."""

    def __init__(self, value: Hashable) -> None:
        self.value = value
        self._key = (type(value), value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Fixed) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def nest(form: Any, flat: Iterator[Any]) -> Any:
    """The nested value of this form, its arrays taken from `flat`."""
    if form is LEAF:
        return next(flat)
    if isinstance(form, _Fixed):
        return form.value
    kind, *parts = form
    return kind(nest(part, flat) for part in parts)
