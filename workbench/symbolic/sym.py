"""The `sym` namespace: Symbol, its makers, and every operator as a function."""

from __future__ import annotations

from typing import Any

from workbench.errors import unknown_name as _unknown_name
from workbench.ops import namespace as _namespace
from workbench.ops.pairs import PAIRS as _PAIRS
from workbench.ops.pairs import function as _pair
from workbench.symbolic import contrib as contrib
from workbench.symbolic import linalg as linalg
from workbench.symbolic import random as random
from workbench.symbolic.function import function as _function
from workbench.symbolic.symbol import Group as Group
from workbench.symbolic.symbol import Symbol as Symbol
from workbench.symbolic.symbol import apply as _apply
from workbench.symbolic.symbol import load as load
from workbench.symbolic.symbol import load_json as load_json
from workbench.symbolic.symbol import var as var

Variable = var


def zeros(shape: Any, dtype: Any = "float32", name: str | None = None) -> Symbol:
    """A symbol of zeros."""
    return _apply("_full", shape=shape, dtype=dtype or "float32", value=0.0, name=name)


def ones(shape: Any, dtype: Any = "float32", name: str | None = None) -> Symbol:
    """A symbol of ones."""
    return _apply("_full", shape=shape, dtype=dtype or "float32", value=1.0, name=name)


def full(shape: Any, val: float, dtype: Any = "float32", name: str | None = None) -> Symbol:
    """A symbol filled with one number."""
    return _apply("_full", shape=shape, dtype=dtype or "float32", value=val, name=name)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    name: str | None = None,
    dtype: Any = "float32",
) -> Symbol:
    """A symbol of evenly spaced values."""
    return _apply(
        "_arange", start=start, stop=stop, step=step, repeat=repeat, dtype=dtype or "float32", name=name
    )


_namespace.fill(globals(), _function)

for _name in _PAIRS:
    globals()[_name] = _pair(_name, Symbol, _apply)


def __getattr__(name: str) -> Any:
    raise _unknown_name("sym", name, globals())
