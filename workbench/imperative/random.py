"""`nd.random`: random arrays; the seed is `workbench.random.seed`."""

from __future__ import annotations

from typing import Any

from workbench.imperative.invoke import invoke
from workbench.imperative.ndarray import NDArray
from workbench.ops import registry
from workbench.runtime.device import Context
from workbench.runtime.random import seed as seed
from workbench.types import as_dtype


def _draw(op: str, shape: Any, dtype: Any, ctx: Context | None, out: NDArray | None, **attrs: Any) -> NDArray:
    shape = out.shape if out is not None else (shape,) if isinstance(shape, int) else tuple(shape)
    name = as_dtype(dtype or (out.dtype if out is not None else "float32")).name
    ctx = out.context if out is not None else ctx
    return invoke(registry.get(op), (), {"shape": shape, "dtype": name, **attrs}, out, ctx)


def uniform(
    low: float = 0,
    high: float = 1,
    shape: Any = (1,),
    dtype: Any = None,
    ctx: Context | None = None,
    out: Any = None,
) -> NDArray:
    """Numbers spread evenly over [low, high)."""
    return _draw("_random_uniform", shape, dtype, ctx, out, low=low, high=high)


def normal(
    loc: float = 0,
    scale: float = 1,
    shape: Any = (1,),
    dtype: Any = None,
    ctx: Context | None = None,
    out: Any = None,
) -> NDArray:
    """Gaussian numbers of mean `loc` and standard deviation `scale`."""
    return _draw("_random_normal", shape, dtype, ctx, out, loc=loc, scale=scale)


def randn(
    *shape: int, loc: float = 0, scale: float = 1, dtype: Any = None, ctx: Context | None = None
) -> NDArray:
    """Gaussian numbers; the shape as separate arguments."""
    return normal(loc, scale, shape or (1,), dtype, ctx)


def randint(
    low: int, high: int, shape: Any = (1,), dtype: Any = "int32", ctx: Context | None = None, out: Any = None
) -> NDArray:
    """Integers spread evenly over [low, high)."""
    return _draw("_random_randint", shape, dtype, ctx, out, low=low, high=high)


def shuffle(data: NDArray, out: NDArray | None = None) -> NDArray:
    """The slices along the first axis in a random order."""
    return invoke(registry.get("_shuffle"), (data,), {}, out)
