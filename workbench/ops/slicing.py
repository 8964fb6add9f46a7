"""Slicing operators: a block of an array, taken out, written into, or framed by padding."""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp

from workbench.ops import index as indexing
from workbench.ops.registry import register
from workbench.types import Shape

Bounds = tuple[int | None, ...]  # None leaves one open


@register("slice", "crop")
def slice_(data: Any, *, begin: Bounds, end: Bounds, step: Bounds = ()) -> Any:
    """``data[begin:end:step]`` on the leading axes; None leaves a bound open.

    data: any shape; output: the sliced shape.
    """
    steps = step or (None,) * len(begin)
    return data[tuple(slice(b, e, s) for b, e, s in zip(begin, end, steps, strict=True))]


@register("slice_axis")
def slice_axis(data: Any, *, axis: int, begin: int, end: int | None) -> Any:
    """``begin:end`` along one axis."""
    size = data.shape[axis]
    if not -size <= begin <= size or not -size <= (size if end is None else end) <= size:
        raise ValueError(f"begin and end must be within an axis of {size}")
    return jax.lax.slice_in_dim(data, *slice(begin, end).indices(data.shape[axis])[:2], axis=axis)


@register("_getitem", dynamic=("start",))
def getitem(data: Any, *, key: Any, start: tuple[float, ...] = ()) -> Any:
    """Basic indexing; the key as `ops.index` encodes it, and the places it leaves open."""
    return indexing.read(data, key, start)


@register("_row", dynamic=("index",))
def row(data: Any, *, index: float) -> Any:
    """``data[index]`` along the first axis, for an index that may differ from call to call of one program.

    data: shape (n, *S) → S.
    """
    return jax.lax.dynamic_index_in_dim(data, jnp.asarray(index).astype(jnp.int32), keepdims=False)


@register("_setitem", dynamic=("start",))
def setitem(data: Any, value: Any, *, key: Any, start: tuple[float, ...] = ()) -> Any:
    """`data` with the part that the key selects replaced by `value`."""
    return indexing.write(data, value, key, start)


@register("slice_like")
def slice_like(data: Any, shape_like: Any, *, axes: Shape = ()) -> Any:
    """The leading part of `data` of the size `shape_like` has, on `axes` or on all.

    data: any shape; shape_like: no axis larger; output: those sizes, the dtype of data.
    """
    chosen = {axis % data.ndim for axis in axes} or range(data.ndim)
    for axis in chosen:
        if shape_like.shape[axis] > data.shape[axis]:
            raise ValueError(
                f"axis {axis} of size {data.shape[axis]} can't be cut to size {shape_like.shape[axis]}"
            )
    return data[tuple(slice(shape_like.shape[a] if a in chosen else None) for a in range(data.ndim))]


@register("Crop")
def crop(*data: Any, offset: Shape = (0, 0), h_w: Shape = (0, 0), center_crop: bool = False) -> Any:
    """A window of an image, of the size `h_w` or of the second input's, at `offset` or in the middle.

    data: (n, c, h, w), and optionally an array of the height and width wanted; output: (n, c, height, width).
    """
    image, *like = data
    height, width = like[0].shape[2:] if like else h_w
    top, left = offset
    if center_crop:
        top, left = (image.shape[2] - height) // 2, (image.shape[3] - width) // 2
    if not (0 < height <= image.shape[2] - top and 0 < width <= image.shape[3] - left):
        raise ValueError(f"a window of {height} x {width} at {(top, left)} is not inside {image.shape}")
    return image[:, :, top : top + height, left : left + width]


@register("Pad", "pad")
def pad(
    data: Any,
    *,
    mode: Literal["constant", "edge", "reflect"],
    pad_width: Shape,
    constant_value: float = 0.0,
) -> Any:
    """`data` in a frame of a constant, of its edge, or of its reflection.

    data: any shape; `pad_width`: (before, after) of each axis in turn; output: each axis longer by both.
    """
    if len(pad_width) != 2 * data.ndim:
        raise ValueError(f"'pad_width' needs {2 * data.ndim} numbers, two an axis, got {pad_width}")
    widths = list(zip(pad_width[::2], pad_width[1::2], strict=True))
    if mode == "reflect" and any(max(w) >= n for w, n in zip(widths, data.shape, strict=True) if max(w)):
        raise ValueError("a reflection is shorter than the axis it reflects")
    if mode == "constant":
        return jnp.pad(data, widths, constant_values=constant_value)
    return jnp.pad(data, widths, mode=mode)
