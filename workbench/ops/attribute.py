"""An operator's attribute: its type, its default, and how it reads from text.

Saved symbols hold attributes as text, as MXNet's files do, so each attribute must read back what it
wrote.  Reading is by `ast.literal_eval` on known types; nothing in a file is ever evaluated.
"""

from __future__ import annotations

import ast
import inspect
import math
import types as pytypes
import typing
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, did_you_mean
from workbench.types import as_dtype

MISSING = inspect.Parameter.empty


class DType(str):
    """Annotation of an attribute that names a dtype."""


@dataclass(frozen=True)
class Attribute:
    """One attribute of an operator."""

    name: str
    types: tuple[Any, ...]
    choices: tuple[Any, ...]
    default: Any
    items: tuple[Any, ...] = ()  # what a tuple may hold, where its annotation says so

    @classmethod
    def of(cls, name: str, hint: Any, default: Any) -> Attribute:
        """Reads an annotation such as ``int``, ``Shape | None`` or ``Literal["max", "avg"]``."""
        parts = typing.get_args(hint) if isinstance(hint, pytypes.UnionType) else (hint,)
        parts = tuple(p for part in parts for p in (_union(part)))
        choices = tuple(
            c for p in parts if typing.get_origin(p) is typing.Literal for c in typing.get_args(p)
        )
        types = [
            str if typing.get_origin(p) is typing.Literal else (typing.get_origin(p) or p) for p in parts
        ]
        types.sort(key=lambda t: t is not type(None))  # in a file None is written "None", which is text too
        held = [typing.get_args(p)[0] for p in parts if typing.get_origin(p) is tuple]
        items = tuple(kind for each in held for kind in (typing.get_args(each) or (each,)))
        return cls(name, tuple(types), choices, default, items)

    @property
    def text(self) -> str:
        """The type in words, for signatures and messages."""
        if self.choices:
            return " | ".join(repr(c) for c in self.choices)
        return " | ".join(map(self._named, self.types))

    def _named(self, kind: Any) -> str:
        if kind is tuple and self.items:
            return f"tuple of {' or '.join(map(_word, self.items))}"
        return _word(kind)

    def parse(self, value: Any, op: str) -> Any:
        """The value as this attribute's type.

        Raises:
            ArgumentError: it is not one; the message has the operator, the attribute and the value.
        """
        for kind in self.types:
            found = _read(kind, value)
            if kind is tuple and self.items and found is not MISSING:
                found = _each(self.items, found)
            if found is not MISSING:
                if self.choices and found is not None and found not in self.choices:
                    break
                return found
        hint = did_you_mean(str(value), map(str, self.choices))
        raise ArgumentError(f"{op}(): {self.name!r} must be {self.text}, got {value!r}.{hint}")


def _union(part: Any) -> tuple[Any, ...]:
    return typing.get_args(part) if typing.get_origin(part) is typing.Union else (part,)


def _literal(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value


def _read(kind: Any, value: Any) -> Any:
    """`value` as `kind`, or MISSING where it can't be read so."""
    if kind is Any:
        value = _literal(value)
        return tuple(value) if isinstance(value, list) else value
    if kind is DType:
        # Not by comparing: NumPy's float64 equals None, which it reads as its default dtype.
        left_out = value is None or (isinstance(value, str) and value == "None")
        return MISSING if left_out else as_dtype(value).name
    if kind is str:
        return value if isinstance(value, str) else MISSING
    if kind is float and isinstance(value, str) and value.strip("+-") in ("inf", "nan"):
        value = float(value)
    value = _literal(value)
    if kind is type(None):
        return None if value is None else MISSING
    if kind is bool:
        known = isinstance(value, (bool, np.bool_)) or (
            isinstance(value, (int, np.integer)) and value in (0, 1)
        )
        if known:
            return bool(value)
        return (
            {"true": True, "false": False}.get(str(value).lower(), MISSING)
            if isinstance(value, str)
            else MISSING
        )
    if kind is int:
        whole = isinstance(value, (int, np.integer)) or (isinstance(value, float) and value.is_integer())
        return int(value) if whole and not isinstance(value, bool) else MISSING
    if kind is float:
        if not isinstance(value, (int, float, np.number)):
            return MISSING
        try:
            number = float(value)
        except OverflowError:  # an integer beyond the largest float
            return MISSING
        return number if number == number else math.nan  # one for all: each other is equal to none
    if kind is tuple:
        return _tuple(value)
    return MISSING


def _word(kind: Any) -> str:
    return "None" if kind is type(None) else getattr(kind, "__name__", str(kind))


def _each(kinds: tuple[Any, ...], values: tuple[Any, ...]) -> Any:
    """The values of a tuple, each as one of these kinds, or MISSING."""
    read = tuple(next((f for k in kinds if (f := _read(k, v)) is not MISSING), MISSING) for v in values)
    return MISSING if any(v is MISSING for v in read) else read


def _tuple(value: Any) -> Any:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return (int(value),)
    if not isinstance(value, (tuple, list, np.ndarray)):
        return MISSING
    items = tuple(v.item() if isinstance(v, np.generic) else v for v in value)
    return items if all(v is None or isinstance(v, (int, float)) for v in items) else MISSING
