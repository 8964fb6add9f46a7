"""The `nd` namespace: NDArray, its makers, and every operator as a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.errors import unknown_name as _unknown_name
from workbench.imperative import contrib as contrib
from workbench.imperative import linalg as linalg
from workbench.imperative import random as random
from workbench.imperative.files import load as load
from workbench.imperative.files import load_frombuffer as load_frombuffer
from workbench.imperative.files import save as save
from workbench.imperative.invoke import function as _function
from workbench.imperative.make import array as array
from workbench.imperative.make import empty as empty
from workbench.imperative.make import from_jax as from_jax
from workbench.imperative.make import full as full
from workbench.imperative.make import ones as ones
from workbench.imperative.make import zeros as zeros
from workbench.imperative.ndarray import NDArray as NDArray
from workbench.ops import namespace as _namespace
from workbench.ops.pairs import PAIRS as _PAIRS
from workbench.ops.pairs import function as _pair
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
    raise _unknown_name("nd", name, globals())


_namespace.fill(globals(), _function)

for _name in _PAIRS:
    globals()[_name] = _pair(_name, NDArray, lambda op, *arrays, **attrs: globals()[op](*arrays, **attrs))
