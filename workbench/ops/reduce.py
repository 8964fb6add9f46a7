"""Reductions: an output element from many input elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from workbench.ops.registry import register
from workbench.types import Shape

Axis = int | Shape | None


def axes_of(axis: Axis, ndim: int, exclude: bool) -> tuple[int, ...]:
    """The axes to reduce; `exclude` turns them into the ones to keep."""
    if axis is None or axis == ():
        return tuple(range(ndim))
    given = (axis,) if isinstance(axis, int) else tuple(axis)
    for a in given:
        if not -ndim <= a < ndim:
            raise ValueError(f"axis {a} is out of range for {ndim} axes")
    wanted = {a % ndim for a in given}
    if len(wanted) < len(given):
        raise ValueError(f"axis {axis} has one of {ndim} axes twice")
    return tuple(sorted(set(range(ndim)) - wanted if exclude else wanted))


def _reduction(name: str, fn: Callable[..., Any], what: str, *aliases: str) -> None:
    def apply(data: Any, *, axis: Axis = None, keepdims: bool = False, exclude: bool = False) -> Any:
        out = fn(data, axis=axes_of(axis, data.ndim, exclude), keepdims=keepdims).astype(data.dtype)
        return out if out.ndim else out.reshape(1)

    apply.__doc__ = (
        f"The {what} over `axis` (all axes if None; all others if `exclude`).\n\n"
        "data: any shape; output: the reduced shape, (1,) where nothing is left; `keepdims` keeps axes as size 1."
    )
    register(name, *aliases)(apply)


for _name, _fn, _what, _aliases in (
    ("sum", jnp.sum, "sum", ("sum_axis",)),
    ("mean", jnp.mean, "mean", ()),
    ("prod", jnp.prod, "product", ()),
    ("max", jnp.max, "maximum", ("max_axis",)),
    ("min", jnp.min, "minimum", ("min_axis",)),
):
    _reduction(_name, _fn, _what, *_aliases)


@register("norm")
def norm(data: Any, *, ord: int = 2, axis: Axis = None, keepdims: bool = False) -> Any:
    """The L1 (`ord` 1) or L2 (`ord` 2) norm over `axis`.

    data: any shape; output: the reduced shape, (1,) where nothing is left.
    """
    if ord not in (1, 2):
        raise ValueError(f"ord must be 1 or 2, got {ord}")
    axes = axes_of(axis, data.ndim, False)
    powers = jnp.abs(data) if ord == 1 else data * data
    out = jnp.sum(powers, axis=axes, keepdims=keepdims)
    out = out if ord == 1 else jnp.sqrt(out)
    return out if out.ndim else out.reshape(1)


def _arg(name: str, fn: Callable[..., Any], what: str) -> None:
    def apply(data: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
        if axis is None:
            out = fn(data.reshape(-1))
            return out.reshape((1,) * data.ndim if keepdims else (1,)).astype(jnp.float32)
        out = fn(data, axis=axis, keepdims=keepdims).astype(jnp.float32)
        return out if out.ndim else out.reshape(1)

    apply.__doc__ = (
        f"The position of the {what} along `axis` (in the flattened array if None), as float32 like MXNet.\n\n"
        "data: any shape; output: the shape without `axis`, (1,) where nothing is left."
    )
    register(name, differentiable=False)(apply)


_arg("argmax", jnp.argmax, "maximum")
_arg("argmin", jnp.argmin, "minimum")
