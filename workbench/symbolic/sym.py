"""The `sym` namespace: Symbol, its makers, and every operator as a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.errors import unknown_name as _unknown_name
from workbench.ops import namespace as _namespace
from workbench.ops.join import cuts as _cuts
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
    return _apply("_zeros", shape=shape, dtype=dtype or "float32", name=name)


def ones(shape: Any, dtype: Any = "float32", name: str | None = None) -> Symbol:
    """A symbol of ones."""
    return _apply("_ones", shape=shape, dtype=dtype or "float32", name=name)


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


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    name: str | None = None,
    dtype: Any = "float32",
) -> Symbol:
    """A symbol of `num` evenly spaced values from `start` to `stop`."""
    attrs = {"start": start, "stop": stop, "num": num, "endpoint": endpoint, "dtype": dtype or "float32"}
    return _apply("_linspace", name=name, **attrs)


def eye(N: int, M: int = 0, k: int = 0, name: str | None = None, dtype: Any = "float32") -> Symbol:
    """A symbol of zeros with ones on the `k`-th diagonal."""
    return _apply("_eye", N=N, M=M, k=k, dtype=dtype or "float32", name=name)


def split_v2(
    ary: Symbol, indices_or_sections: int | Sequence[int], axis: int = 0, squeeze_axis: bool = False
) -> Symbol:
    """Equal parts, or the parts between indices, along an axis."""
    return _apply("_split_v2", ary, axis=axis, squeeze_axis=squeeze_axis, **_cuts(indices_or_sections))


_namespace.fill(globals(), _function)

for _name in _PAIRS:
    globals()[_name] = _pair(_name, Symbol, _apply)


def __getattr__(name: str) -> Any:
    raise _unknown_name("sym", name, globals())
