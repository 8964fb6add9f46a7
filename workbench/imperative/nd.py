"""The `nd` namespace: NDArray, its makers, and every operator as a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.imperative import random as random
from workbench.imperative.files import load as load
from workbench.imperative.files import save as save
from workbench.imperative.invoke import function as _function
from workbench.imperative.ndarray import NDArray as NDArray
from workbench.imperative.ndarray import array as array
from workbench.imperative.ndarray import empty as empty
from workbench.imperative.ndarray import from_jax as from_jax
from workbench.imperative.ndarray import full as full
from workbench.imperative.ndarray import ones as ones
from workbench.imperative.ndarray import zeros as zeros
from workbench.ops import registry as _registry
from workbench.runtime import engine as _engine
from workbench.runtime.device import Context


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    ctx: Context | None = None,
    dtype: Any = None,
) -> NDArray:
    """Evenly spaced values in [start, stop), each repeated `repeat` times."""
    name = np.dtype(dtype or np.float32).name
    return globals()["_arange"](start=start, stop=stop, step=step, repeat=repeat, ctx=ctx, dtype=name)


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Arrays joined along an axis."""
    return globals()["concat"](*arrays, dim=axis)


def waitall() -> None:
    """Returns once everything that was called has run."""
    _engine.wait_all()


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return _function(_registry.get(name), name)  # raises, naming the nearest operator


for _name, _op in _registry.table().items():
    if _name not in globals():
        globals()[_name] = _function(_op, _name)


def _arithmetic(name: str, both: str, scalar: str, reverse: str) -> Any:
    def apply(lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, NDArray) and isinstance(rhs, NDArray):
            return globals()[both](lhs, rhs)
        if isinstance(lhs, NDArray):
            return globals()[scalar](lhs, scalar=rhs)
        if isinstance(rhs, NDArray):
            return globals()[reverse](rhs, scalar=lhs)
        raise TypeError(
            f"nd.{name}() needs at least one NDArray, got {type(lhs).__name__} and {type(rhs).__name__}"
        )

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = f"`{both}` of two arrays, or of an array and a number."
    return apply


for _name, _both, _scalar, _reverse in (
    ("add", "broadcast_add", "_plus_scalar", "_plus_scalar"),
    ("subtract", "broadcast_sub", "_minus_scalar", "_rminus_scalar"),
    ("multiply", "broadcast_mul", "_mul_scalar", "_mul_scalar"),
    ("divide", "broadcast_div", "_div_scalar", "_rdiv_scalar"),
    ("power", "broadcast_power", "_power_scalar", "_rpower_scalar"),
    ("maximum", "broadcast_maximum", "_maximum_scalar", "_maximum_scalar"),
    ("minimum", "broadcast_minimum", "_minimum_scalar", "_minimum_scalar"),
):
    globals()[_name] = _arithmetic(_name, _both, _scalar, _reverse)
