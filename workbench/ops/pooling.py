"""Pooling: one number a window.

A window is a product of intervals, so a maximum or a sum over it is taken axis by axis: a kernel of 3 by 3 looks at
3 + 3 slices, not 9.  The gradient of a maximum keeps where each one came from, one byte a window and axis, and
needs no data.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from workbench.errors import ArgumentError
from workbench.ops.registry import register
from workbench.ops.window import (
    channels_last,
    check_axes,
    check_windows,
    spatial,
    to_channels_first,
    to_channels_last,
)
from workbench.types import Shape


class Axis(NamedTuple):
    """The windows along one axis: the first begins `pad` before the data, the next ones a stride later."""

    axis: int
    size: int
    kernel: int
    stride: int
    pad: int
    windows: int

    @property
    def reach(self) -> int:
        """The length from the first window's beginning to the last one's end."""
        return (self.windows - 1) * self.stride + self.kernel

    def slices(self, data: Any, fill: Any) -> list[Any]:
        """The first elements of all windows, then the second ones, …"""
        ends = (self.pad, self.reach - self.size - self.pad, 0)  # the end is cut off where no window reaches
        padded = _pad(data, self.axis, ends, fill)
        last = (self.windows - 1) * self.stride + 1
        return [lax.slice_in_dim(padded, i, i + last, self.stride, self.axis) for i in range(self.kernel)]

    def spread(self, g: Any, winner: Any) -> Any:
        """Each window's cotangent at its winner's place."""
        gap = (
            self.kernel - 1 - self.pad,
            self.size + self.pad - (self.reach - self.kernel + 1),
            self.stride - 1,
        )
        g, winner = _pad(g, self.axis, gap, 0), _pad(winner, self.axis, gap, -1)
        parts = []
        for i in range(self.kernel):
            start = self.kernel - 1 - i
            at, part = (lax.slice_in_dim(a, start, start + self.size, 1, self.axis) for a in (winner, g))
            parts.append(jnp.where(at == i, part, 0))
        return sum(parts)

    def lengths(self, include_pad: bool) -> np.ndarray:
        """How many elements of each window count; what lies behind the padding never does."""
        starts = np.arange(self.windows) * self.stride - self.pad
        ends = np.minimum(starts + self.kernel, self.size + (self.pad if include_pad else 0))
        return np.maximum(ends - (starts if include_pad else np.maximum(starts, 0)), 0)


def _pad(data: Any, axis: int, ends: tuple[int, int, int], fill: Any) -> Any:
    if not any(ends):
        return data
    config = [ends if i == axis else (0, 0, 0) for i in range(data.ndim)]
    return lax.pad(data, jnp.asarray(fill, data.dtype), config)


def _axes(data: Any, kernel: Shape, stride: Shape, pad: Shape, convention: str) -> list[Axis]:
    check_axes(data, kernel)
    ndim, space = len(kernel), data.shape[2:]
    strides, pads = spatial(stride, ndim, 1), spatial(pad, ndim, 0)
    check_windows(space, kernel, strides, (1,) * ndim, pads)
    if any(p >= k for p, k in zip(pads, kernel, strict=True)):
        raise ValueError(
            f"pad {pads} must be less than kernel {kernel}: a window would hold nothing but padding"
        )
    if convention == "same" and any(pads):
        raise ValueError(f'pooling_convention "same" pads by itself, got pad {pads}')
    found = []
    for i, (n, k, s, p) in enumerate(zip(space, kernel, strides, pads, strict=True)):
        free = n + 2 * p - k
        count = {"valid": free // s + 1, "full": -(-free // s) + 1, "same": -(-n // s)}[convention]
        found.append(Axis(2 + i, n, k, s, p, count))
    return found


def _lowest(dtype: Any) -> Any:
    return jnp.finfo(dtype).min if jnp.issubdtype(dtype, jnp.inexact) else jnp.iinfo(dtype).min


def _maximum(data: Any, axes: list[Axis]) -> tuple[Any, ...]:
    """The maxima, and for each axis which element of the window won: the first of equal ones."""
    winners = []
    for axis in reversed(axes):
        data, *others = axis.slices(data, _lowest(data.dtype))
        winner = jnp.zeros(data.shape, jnp.int8 if axis.kernel <= 127 else jnp.int32)
        for i, other in enumerate(others, 1):
            better = other > data
            data, winner = jnp.where(better, other, data), jnp.where(better, i, winner).astype(winner.dtype)
        winners.append(winner)
    return data, *reversed(winners)


def _total(data: Any, axes: list[Axis]) -> Any:
    for axis in reversed(axes):
        data = sum(axis.slices(data, 0))
    return data


_POWERS: dict[int, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    1: (lambda x: x, lambda x: x),
    2: (jnp.square, jnp.sqrt),
    3: (lambda x: x * x * x, jnp.cbrt),
}


def _linear(
    data: Any, axes: list[Axis] | None, pool_type: str, include_pad: bool, p_value: int | None
) -> Any:
    """Pooling by sums; over all of space where there are no axes."""
    before, after = _POWERS[p_value or 0] if pool_type == "lp" else _POWERS[1]
    data = before(data)
    if axes is None:
        out = jnp.sum(data, range(2, data.ndim), keepdims=True)
        count: Any = math.prod(data.shape[2:])
    else:
        out = _total(data, axes)
        count = math.prod(np.ix_(*(axis.lengths(include_pad) for axis in axes)))
    if pool_type == "avg":
        out = out / jnp.asarray(np.maximum(count, 1), out.dtype)
    zero = out == 0  # where a root has no slope
    return jnp.where(zero, 0, after(jnp.where(zero, 1, out))) if after is not _POWERS[1][1] else out


def _winners(*, pool_type: str, global_pool: bool, kernel: Shape, **_: Any) -> tuple[str, ...]:
    count = 0 if pool_type != "max" else 1 if global_pool else len(kernel)
    return tuple(f"winner{i}" for i in range(count))


def _kept(**attrs: Any) -> tuple[str, ...]:
    return ("data",) if attrs["pool_type"] == "lp" else _winners(**attrs)


@register("Pooling", outputs=lambda **attrs: ("output", *_winners(**attrs)), visible=1)
def pooling(
    data: Any,
    *,
    kernel: Shape = (),
    pool_type: Literal["max", "avg", "sum", "lp"] = "max",
    global_pool: bool = False,
    pooling_convention: Literal["valid", "full", "same"] = "valid",
    stride: Shape = (),
    pad: Shape = (),
    p_value: int | None = None,
    count_include_pad: bool | None = None,
    cudnn_off: bool = False,
    layout: str | None = None,
) -> Any:
    """The maximum, mean, sum or p-norm over windows.

    data: (n, c, *space), or (n, *space, c) in a `layout` that ends in C; output: (n, c, *out), out = 1 if
    `global_pool`, else (space + 2 pad - kernel) // stride + 1, rounded up under the convention ``"full"``; under
    ``"same"`` space / stride rounded up, without `pad`.  A mean counts the padding unless `count_include_pad` is
    off.  ``"lp"`` is ``(Σ x^p)^(1/p)`` for a `p_value` of 1, 2 or 3.
    """
    if pool_type == "lp" and p_value not in _POWERS:
        raise ArgumentError(f"Pooling(): 'lp' needs p_value 1, 2 or 3, got {p_value}")
    last = channels_last(layout, data.ndim - 2, "Pooling")
    data = to_channels_first(data) if last else data
    axes = None if global_pool else _axes(data, kernel, stride, pad, pooling_convention)
    winners: list[Any] = []
    if pool_type != "max":
        out = _linear(data, axes, pool_type, count_include_pad is not False, p_value)
    elif axes is not None:
        out, *winners = _maximum(data, axes)
    else:
        flat = data.reshape(*data.shape[:2], -1)
        winners = [jnp.argmax(flat, -1)]
        out = jnp.max(flat, -1).reshape(*data.shape[:2], *(1,) * (data.ndim - 2))
    return to_channels_last(out) if last else out, *winners


@pooling.gradient(_kept)
def _pooling_gradient(g: Any, *kept: Any, _types: Any, **attrs: Any) -> Any:
    (given, *_), (of, *_) = g if isinstance(g, tuple) else (g,), _types
    if attrs["pool_type"] != "max":
        point = kept[0] if kept else jnp.zeros(of.shape, of.dtype)
        return jax.vjp(lambda data: pooling.fn(data, **attrs)[0], point)[1](given)[0]
    last = channels_last(attrs["layout"], len(of.shape) - 2, "Pooling")
    shape = (of.shape[0], of.shape[-1], *of.shape[1:-1]) if last else of.shape
    given = to_channels_first(given) if last else given
    if attrs["global_pool"]:
        places = jnp.arange(math.prod(shape[2:])) == kept[0][..., None]
        given = jnp.where(places.reshape(shape), given, 0)
    else:
        facts = (attrs[name] for name in ("kernel", "stride", "pad", "pooling_convention"))
        for axis, winner in zip(_axes(jax.ShapeDtypeStruct(shape, of.dtype), *facts), kept, strict=True):
            given = axis.spread(given, winner)
    return to_channels_last(given) if last else given
