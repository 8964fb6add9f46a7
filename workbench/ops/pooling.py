"""Pooling: one number a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import jax.numpy as jnp
from jax import lax

from workbench.ops.registry import register
from workbench.ops.window import check_windows, spatial
from workbench.types import Shape


def _padding(size: int, kernel: int, stride: int, pad: int, full: bool) -> tuple[int, int]:
    if not full:
        return (pad, pad)
    # "full" rounds the number of windows up: pad the end until the last one fits.
    windows = -(-(size + 2 * pad - kernel) // stride) + 1
    return (pad, max(pad, (windows - 1) * stride + kernel - size - pad))


def _tiles(data: Any, kernel: Shape) -> Any:
    """Windows that neither overlap nor leave a rest, as axes of their own."""
    split: list[int] = []
    for size, k in zip(data.shape[2:], kernel, strict=True):
        split += [size // k, k]
    return data.reshape(*data.shape[:2], *split)


@register("Pooling")
def pooling(
    data: Any,
    *,
    kernel: Shape = (),
    pool_type: Literal["max", "avg", "sum"] = "max",
    global_pool: bool = False,
    pooling_convention: Literal["valid", "full"] = "valid",
    stride: Shape = (),
    pad: Shape = (),
    count_include_pad: bool = True,
    cudnn_off: bool = False,
) -> Any:
    """The maximum, mean or sum over windows.

    data: (n, c, *space); output: (n, c, *out), out = 1 if `global_pool`, else
    (space + 2 pad - kernel) // stride + 1, rounded up under the convention ``"full"``.
    """
    ndim = data.ndim - 2
    axes = tuple(range(2, data.ndim))
    if global_pool:
        return _REDUCTIONS[pool_type](data, axis=axes, keepdims=True)
    if len(kernel) != ndim:
        raise ValueError(f"data of {data.ndim} axes needs a kernel of {ndim}, got {kernel}")
    strides, pads = spatial(stride, ndim, 1), spatial(pad, ndim, 0)
    check_windows(data, kernel, strides, (1,) * ndim, pads)
    whole = all(s % k == 0 for s, k in zip(data.shape[2:], kernel, strict=True))
    if strides == kernel and not any(pads) and whole:
        # Adjoining windows are axes to reduce; XLA's window gradient is far slower on a CPU.
        return _REDUCTIONS[pool_type](_tiles(data, kernel), axis=tuple(range(3, 3 + 2 * ndim, 2)))
    padding = [
        _padding(*each, pooling_convention == "full")
        for each in zip(data.shape[2:], kernel, strides, pads, strict=True)
    ]
    window = ((1, 1, *kernel), (1, 1, *strides), [(0, 0), (0, 0), *padding])
    if pool_type == "max":
        return lax.reduce_window(data, -jnp.inf, lax.max, *window)
    total = lax.reduce_window(data, 0.0, lax.add, *window)
    if pool_type == "sum":
        return total
    return total / _window_sizes(data, kernel, strides, pads, padding, count_include_pad).astype(data.dtype)


def _window_sizes(
    data: Any, kernel: Shape, strides: Shape, pads: Shape, padding: list[tuple[int, int]], include_pad: bool
) -> Any:
    """How many elements each mean is over: what "full" adds at the end never counts."""
    ones = jnp.ones(data.shape[2:])
    if include_pad:
        ones = jnp.pad(ones, [(p, p) for p in pads], constant_values=1)
        padding = [(low - p, high - p) for (low, high), p in zip(padding, pads, strict=True)]
    return lax.reduce_window(ones, 0.0, lax.add, kernel, strides, padding)


_REDUCTIONS: dict[str, Callable[..., Any]] = {"max": jnp.max, "avg": jnp.mean, "sum": jnp.sum}
