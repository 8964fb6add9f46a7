"""Resampling images: enlarged, shrunk, or read at places that a grid names.

Resizing is separable: an image times one matrix of weights a side.  Images are (n, c, h, w).
"""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from workbench.ops.registry import register
from workbench.types import Shape


def _resized(data: Any, rows: np.ndarray, columns: np.ndarray) -> Any:
    """An image with its rows and its columns weighted together: matrices of (new, old) weights."""
    return jnp.einsum(
        "nchw,Hh,Ww->ncHW", data, jnp.asarray(rows, data.dtype), jnp.asarray(columns, data.dtype)
    )


def _upsampling_inputs(sample_type: str, **_: Any) -> tuple[str, ...] | None:
    return ("data", "weight") if sample_type == "bilinear" else None


def _upsampling_shapes(known: Any, *, scale: int, sample_type: str, **_: Any) -> Any:
    if sample_type != "bilinear" or "data" not in known:
        return {}
    kernel = 2 * scale - scale % 2
    return {"weight": (known["data"][1], 1, kernel, kernel)}


@register("UpSampling", used=_upsampling_inputs, complete=_upsampling_shapes)
def upsampling(
    *data: Any,
    scale: int,
    sample_type: Literal["bilinear", "nearest"],
    num_filter: int = 0,
    multi_input_mode: Literal["concat", "sum"] = "concat",
    workspace: int = 512,
) -> Any:
    """An image `scale` times as large, by repeating pixels or by a transposed convolution with a weight.

    data: (n, c, h, w), with ``nearest`` several of them, all brought to the first one's new size and joined or added;
    with ``bilinear`` a second input is the weight, (c, 1, k, k) with k = 2 scale - scale mod 2, which
    `init.Bilinear` makes interpolate.  output: (n, c, scale h, scale w).
    """
    if sample_type == "bilinear":
        image, weight = data
        return _transposed(image, weight, scale)
    height, width = (scale * n for n in data[0].shape[2:])
    larger = []
    for image in data:
        if height % image.shape[2] or width % image.shape[3]:
            raise ValueError(f"an image of {image.shape} can't be repeated to {(height, width)}")
        tall = jnp.repeat(image, height // image.shape[2], axis=2)
        larger.append(jnp.repeat(tall, width // image.shape[3], axis=3))
    return sum(larger[1:], larger[0]) if multi_input_mode == "sum" else jnp.concatenate(larger, 1)


def _transposed(data: Any, weight: Any, scale: int) -> Any:
    kernel = weight.shape[2]
    edge = kernel - 1 - -(-(scale - 1) // 2)
    return jax.lax.conv_general_dilated(
        data,
        jnp.flip(weight, (2, 3)),
        (1, 1),
        [(edge, edge)] * 2,
        lhs_dilation=(scale, scale),
        feature_group_count=data.shape[1],
    )


Mode = Literal["size", "like", "odd_scale", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"]

# A side's new size, from its old size, the scale and the size asked for.
_SIDES: dict[str, Any] = {
    "size": lambda old, scale, size: int(old * scale) if scale else size,
    "odd_scale": lambda old, scale, size: int((old - old % 2) * scale) + old % 2,
    "to_even_down": lambda old, scale, size: old - old % 2,
    "to_even_up": lambda old, scale, size: old + old % 2,
    "to_odd_down": lambda old, scale, size: old - (old + 1) % 2,
    "to_odd_up": lambda old, scale, size: old + (old + 1) % 2,
}


@register(
    "_contrib_BilinearResize2D", used=lambda mode, **_: ("data", "like") if mode == "like" else ("data",)
)
def bilinear_resize(
    data: Any,
    like: Any = None,
    *,
    height: int = 1,
    width: int = 1,
    scale_height: float | None = None,
    scale_width: float | None = None,
    mode: Mode = "size",
    align_corners: bool = True,
) -> Any:
    """An image of another size, by bilinear interpolation.

    The new size is `height` and `width`, or the old one times the scales (``size``); that of `like`; or the nearest
    even or odd one.  `align_corners` maps corner pixels onto corner pixels, else edges onto edges.
    data: (n, c, h, w); output: (n, c, height, width).
    """
    if mode == "odd_scale" and not (scale_height and scale_width):
        raise ValueError("mode 'odd_scale' needs 'scale_height' and 'scale_width'")
    sides = zip(data.shape[2:], (scale_height, scale_width), (height, width), strict=True)
    sizes = like.shape[2:] if like is not None else [_SIDES[mode](*side) for side in sides]
    return _resized(
        data, *(_linear(old, new, align_corners) for old, new in zip(data.shape[2:], sizes, strict=True))
    )


def _linear(old: int, new: int, align_corners: bool) -> np.ndarray:
    """Weights of linear interpolation, (new, old)."""
    at = np.arange(new, dtype=np.float64)
    if align_corners:
        at *= (old - 1) / (new - 1) if new > 1 else 0
    else:
        at = np.maximum((at + 0.5) * old / new - 0.5, 0)
    return np.maximum(1 - np.abs(np.minimum(at, old - 1)[:, None] - np.arange(old)), 0)


@register("_contrib_AdaptiveAvgPooling2D")
def adaptive_avg_pooling(data: Any, *, output_size: Shape = ()) -> Any:
    """Means over windows that divide the image evenly: of `output_size` (1 if none is given).

    data: (n, c, h, w); output: (n, c, *output_size).
    """
    sizes = (*output_size, *output_size)[:2] or (1, 1)
    return _resized(data, *(_windows(old, new) for old, new in zip(data.shape[2:], sizes, strict=True)))


def _windows(old: int, new: int) -> np.ndarray:
    """Weights of the mean over each window, (new, old)."""
    first = np.arange(new) * old // new
    last = -(-(np.arange(new) + 1) * old // new)
    inside = (np.arange(old) >= first[:, None]) & (np.arange(old) < last[:, None])
    return inside / inside.sum(1, keepdims=True)


@register("GridGenerator")
def grid_generator(
    data: Any, *, transform_type: Literal["affine", "warp"], target_shape: Shape = (0, 0)
) -> Any:
    """Where `BilinearSampler` is to read: x and y in [-1, 1] for each pixel of its output.

    data: an affine map of each image, (n, 6), for a grid of `target_shape`; or a flow in pixels, (n, 2, h, w).
    output: (n, 2, h, w).  Source: Jaderberg et al., Spatial Transformer Networks (2015), section 3.2.
    """
    height, width = target_shape if transform_type == "affine" else data.shape[2:]
    if transform_type == "warp":
        y, x = jnp.meshgrid(jnp.arange(height), jnp.arange(width), indexing="ij")
        size = jnp.asarray([width, height], data.dtype).reshape(2, 1, 1)
        return (data + jnp.stack([x, y]).astype(data.dtype)) * 2 / (size - 1) - 1
    if height < 1 or width < 1:
        raise ValueError(f"an affine grid needs 'target_shape', got {tuple(target_shape)}")
    y, x = jnp.meshgrid(jnp.linspace(-1, 1, height), jnp.linspace(-1, 1, width), indexing="ij")
    places = jnp.stack([x, y, jnp.ones_like(x)]).astype(data.dtype)
    return jnp.einsum("nij,jhw->nihw", data.reshape(-1, 2, 3), places)


@register("BilinearSampler")
def bilinear_sampler(data: Any, grid: Any, *, cudnn_off: bool | None = None) -> Any:
    """The image read at the places of `grid`, between pixels linearly, outside as zero.

    data: (n, c, h, w); grid: x and y in [-1, 1], (n, 2, height, width); output: (n, c, height, width).
    Source: Jaderberg et al., Spatial Transformer Networks (2015), equation 5.
    """
    height, width = data.shape[2:]
    x, y = (grid[:, 0] + 1) * (width - 1) / 2, (grid[:, 1] + 1) * (height - 1) / 2
    left, top = jnp.floor(x), jnp.floor(y)
    total = 0.0
    for column, row in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
        weight = (1 - jnp.abs(x - column)) * (1 - jnp.abs(y - row))
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        rows = jnp.clip(row, 0, height - 1).astype(jnp.int32)
        columns = jnp.clip(column, 0, width - 1).astype(jnp.int32)
        pixels = jax.vmap(lambda image, r, c: image[:, r, c])(data, rows, columns)
        total = total + pixels * jnp.where(inside, weight, 0)[:, None].astype(data.dtype)
    return total


@register("SpatialTransformer")
def spatial_transformer(
    data: Any,
    loc: Any,
    *,
    target_shape: Shape = (0, 0),
    transform_type: Literal["affine"],
    sampler_type: Literal["bilinear"],
    cudnn_off: bool | None = None,
) -> Any:
    """The image under an affine map: `BilinearSampler` on the grid that `GridGenerator` makes of `loc`.

    data: (n, c, h, w); loc: (n, 6); output: (n, c, *target_shape).
    """
    grid = grid_generator.fn(loc, transform_type="affine", target_shape=target_shape)
    return bilinear_sampler.fn(data, grid)


@register("ROIPooling")
def roi_pooling(data: Any, rois: Any, *, pooled_size: Shape, spatial_scale: float) -> Any:
    """The maximum over each cell of a grid laid over each region of interest.

    data: (n, c, h, w); rois: rows of (image, x1, y1, x2, y2), corners included and scaled by `spatial_scale`, (r, 5);
    output: (r, c, *pooled_size); an empty cell gives 0.  Source: Girshick, Fast R-CNN (2015), section 2.1.
    """
    images = data[rois[:, 0].astype(jnp.int32)]
    corners = jnp.floor(jax.lax.stop_gradient(rois[:, 1:]) * spatial_scale + 0.5)
    rows = _cells(corners[:, 1], corners[:, 3], pooled_size[0], data.shape[2])
    columns = _cells(corners[:, 0], corners[:, 2], pooled_size[1], data.shape[3])
    lowest = -jnp.inf
    tall = jnp.where(rows[:, None, :, :, None], images[:, :, None], lowest).max(3)
    cells = jnp.where(columns[:, None, None], tall[:, :, :, None], lowest).max(4)
    return jnp.where(jnp.isneginf(cells), 0, cells).astype(data.dtype)


def _cells(first: Any, last: Any, count: int, size: int) -> Any:
    """Which of `size` pixels belong to each of `count` cells between two corners: (r, count, size)."""
    width = jnp.maximum(last - first + 1, 1) / count
    cell, pixel = jnp.arange(count), jnp.arange(size)
    begin = jnp.floor(cell * width[:, None]) + first[:, None]
    end = jnp.ceil((cell + 1) * width[:, None]) + first[:, None]
    return (pixel >= begin[..., None]) & (pixel < end[..., None])
