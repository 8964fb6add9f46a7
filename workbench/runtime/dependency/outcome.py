"""Outcomes: what a program gave, kept so that later runs can't change it, and compared part by part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def kept(value: Any) -> Any:
    """A copy of numbers, arrays, text, and lists, tuples and dicts of them; anything else as it is."""
    if isinstance(value, Mapping):
        return {key: kept(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [kept(each) for each in value]
    if hasattr(value, "asnumpy"):
        return value.asnumpy()
    if hasattr(value, "__array__"):
        return np.array(value)
    return value


def difference(one: Any, other: Any, where: str = "") -> str | None:
    """The first part in which two kept values differ, in words; None where they are equal.

    NaN equals NaN: a program that gives it twice gives the same.
    """
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        parts = [(f"{where}[{key!r}]" if where else str(key), one[key], other[key]) for key in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        parts = [(f"{where}[{i}]", a, b) for i, (a, b) in enumerate(zip(one, other, strict=True))]
    else:
        return (
            None if _equal(one, other) else f"{where or 'the program'} is {_short(one)}, then {_short(other)}"
        )
    return next((found for place, a, b in parts if (found := difference(a, b, place))), None)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        numbers = np.asarray(one).dtype.kind in "fc" and np.asarray(other).dtype.kind in "fc"
        return np.shape(one) == np.shape(other) and np.array_equal(one, other, equal_nan=numbers)
    return bool(one == other or (one != one and other != other))


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "…"
