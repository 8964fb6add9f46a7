"""Images: (height, width, channels) as cameras give them, one or a batch, and the tensors networks take.

`to_tensor` puts the channels first; `normalize` comes after it, everything else before.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp

from workbench.errors import NotSupportedError
from workbench.ops.registry import register
from workbench.types import Shape

NEAREST, LINEAR = 0, 1


def _as(values: Any, dtype: Any) -> Any:
    """Values as a dtype; bytes are cut to 0 … 255 and lose their fractions, as in MXNet."""
    if jnp.issubdtype(dtype, jnp.integer):
        info = jnp.iinfo(dtype)
        values = jnp.clip(values, info.min, info.max)
    return values.astype(dtype)


def _check_image(data: Any) -> None:
    if data.ndim not in (3, 4):
        raise ValueError(f"an image has 3 axes, a batch of them 4; got {data.ndim}")


def _real(data: Any) -> Any:
    """Numbers to compute with: float32 at least."""
    return data.astype(jnp.promote_types(data.dtype, jnp.float32))


@register("_image_to_tensor")
def to_tensor(data: Any) -> Any:
    """Bytes 0 … 255 to numbers 0 … 1, channels first.

    data: (h, w, c) or (n, h, w, c); output: (c, h, w) or (n, c, h, w), float32 for bytes.
    """
    _check_image(data)
    floating = jnp.issubdtype(data.dtype, jnp.floating)
    return jnp.moveaxis(data if floating else data.astype(jnp.float32), -1, -3) / 255


def _by_channel(values: Any, dtype: Any) -> Any:
    """A number a channel, or one for all, to stand before the spatial axes."""
    return jnp.asarray(values, dtype).reshape(-1, 1, 1)


@register("_image_normalize")
def normalize(
    data: Any, *, mean: float | tuple[float, ...] = 0.0, std: float | tuple[float, ...] = 1.0
) -> Any:
    """``(data - mean) / std``, by channel.

    data: (c, h, w) or (n, c, h, w); mean, std: one number, or one a channel; output: the shape of data.
    """
    _check_image(data)
    return (data - _by_channel(mean, data.dtype)) / _by_channel(std, data.dtype)


def resized(height: int, width: int, size: Shape, keep_ratio: bool) -> tuple[int, int]:
    """The (height, width) that `size`, one number or (width, height), asks for."""
    if len(size) == 2:
        return size[1], size[0]
    if not keep_ratio:
        return size[0], size[0]
    if height > width:
        return height * size[0] // width, size[0]
    return size[0], width * size[0] // height


@register("_image_resize")
def resize(data: Any, *, size: Shape, keep_ratio: bool = False, interp: int = LINEAR) -> Any:
    """An image in another size.

    data: (h, w, c) or (n, h, w, c); size: (width, height), or one number for both, with `keep_ratio` for the
    shorter side; interp: 0 nearest, 1 linear; output: (height, width, c) or (n, height, width, c).
    """
    _check_image(data)
    *lead, height, width, channels = data.shape
    new = resized(height, width, size, keep_ratio)
    if interp == NEAREST:
        rows, columns = (jnp.arange(n) * old // n for n, old in zip(new, (height, width), strict=True))
        return data[..., rows[:, None], columns, :]
    if interp != LINEAR:
        raise NotSupportedError(f"resize(): interp={interp}; 0 (nearest) and 1 (linear) are supported")
    out = jax.image.resize(_real(data), (*lead, *new, channels), "linear", antialias=False)
    return _as(out if out.dtype == data.dtype else jnp.round(out), data.dtype)


@register("_image_crop")
def crop(data: Any, *, x: int, y: int, width: int, height: int) -> Any:
    """A rectangle of an image whose upper left corner is at column `x` and row `y`.

    data: (h, w, c) or (n, h, w, c); output: (height, width, c) or (n, height, width, c).
    """
    _check_image(data)
    h, w = data.shape[-3:-1]
    if not (x >= 0 and y >= 0 and 0 < width <= w - x and 0 < height <= h - y):
        raise ValueError(
            f"a crop of {width} × {height} at ({x}, {y}) does not lie inside an image of {w} × {h}"
        )
    return data[..., y : y + height, x : x + width, :]


@register("_image_flip_left_right")
def flip_left_right(data: Any) -> Any:
    """The columns reversed.  data: (h, w, c) or (n, h, w, c); output: the same."""
    return jnp.flip(data, -2)


@register("_image_flip_top_bottom")
def flip_top_bottom(data: Any) -> Any:
    """The rows reversed.  data: (h, w, c) or (n, h, w, c); output: the same."""
    return jnp.flip(data, -3)


# Each column: a principal direction of ImageNet's colours times the root of its variance.
LIGHTING = ((-0.5675, 0.7192, 0.4009), (-0.5808, -0.0045, -0.8140), (-0.5836, -0.6948, 0.4203))
SPREAD = (55.46, 4.794, 1.148)


@register("_image_adjust_lighting", dynamic=("alpha",))
def adjust_lighting(data: Any, *, alpha: tuple[float, ...]) -> Any:
    """Adds `alpha` times each of ImageNet's principal colours (A. Krizhevsky et al., 2012, section 4.1).

    data: (h, w, 3) or (n, h, w, 3); alpha: three numbers; output: the same.
    """
    real = _real(data)
    light = jnp.asarray(LIGHTING) @ (jnp.asarray(SPREAD) * jnp.asarray(alpha))
    return _as(real + light.astype(real.dtype), data.dtype)


@register("_image_blend", dynamic=("alpha",))
def blend(data: Any, *, alpha: float, towards: str) -> Any:
    """``alpha data + (1 - alpha) other``, where other is black, or grey: each pixel's own, or the image's mean.

    data: (h, w, 3) or (n, h, w, 3); towards: ``black``, ``grey`` or ``mean``; output: the same.
    """
    real = _real(data)
    other: Any = 0.0
    if towards != "black":
        grey = real @ jnp.asarray((0.299, 0.587, 0.114), real.dtype)
        other = (grey.mean((-2, -1), keepdims=True) if towards == "mean" else grey)[..., None]
    share = jnp.asarray(alpha, real.dtype)
    return _as(real * share + (1 - share) * other, data.dtype)


@register("_image_shift_hue", dynamic=("turn",), differentiable=False)
def shift_hue(data: Any, *, turn: float) -> Any:
    """Colours moved around the circle of hues by `turn` of it, their lightness and saturation kept.

    data: (h, w, 3) or (n, h, w, 3), numbers up to 255; output: the same.
    """
    rgb = _real(data) / 255
    top, bottom = rgb.max(-1), rgb.min(-1)
    spread = jnp.where(top == bottom, 1, top - bottom)
    red, green, blue = jnp.moveaxis(rgb, -1, 0)
    hue = jnp.where(
        top == red,
        (green - blue) / spread,
        jnp.where(top == green, 2 + (blue - red) / spread, 4 + (red - green) / spread),
    )
    # The distance on the circle to each primary says how much of it there is, between bottom and top.
    angles = (hue + 6 * jnp.asarray(turn, rgb.dtype))[..., None] + jnp.asarray([0.0, 4.0, 2.0], rgb.dtype)
    share = jnp.clip(jnp.abs((angles % 6) - 3) - 1, 0, 1)
    return _as(255 * (bottom[..., None] + (top - bottom)[..., None] * share), data.dtype)


@register("_image_rotate", dynamic=("degrees",))
def rotate(data: Any, *, degrees: float, zoom_in: bool = False, zoom_out: bool = False) -> Any:
    """The image turned around its centre, black where nothing comes from.

    data: (c, h, w) or (n, c, h, w); degrees: counter-clockwise; zoom_in: enlarge so that no black is seen;
    zoom_out: shrink so that nothing is lost; output: the same.
    """
    _check_image(data)
    height, width = data.shape[-2:]
    kind = _real(data).dtype
    angle = jnp.asarray(degrees, kind) * (math.pi / 180)
    y, x = (jnp.arange(n, dtype=kind) - (n - 1) / 2 for n in (height, width))
    scale = _zoom(angle, height, width, zoom_in, zoom_out)
    rows = scale * (x * jnp.sin(angle) + y[:, None] * jnp.cos(angle)) + (height - 1) / 2
    columns = scale * (x * jnp.cos(angle) - y[:, None] * jnp.sin(angle)) + (width - 1) / 2
    from jax.scipy.ndimage import (
        map_coordinates,  # takes longer to load than most programs need images turned
    )

    planes = data.reshape(-1, height, width)
    turned = jax.vmap(lambda plane: map_coordinates(plane, [rows, columns], order=1))(planes)
    return turned.reshape(data.shape).astype(data.dtype)


def _zoom(angle: Any, height: int, width: int, zoom_in: bool, zoom_out: bool) -> Any:
    """The factor of coordinates: above 1 shows more of the plane, below 1 less."""
    if not (zoom_in or zoom_out):
        return 1.0
    corner, radius = math.atan(height / width), math.hypot(height, width)
    wide = radius * jnp.maximum(*(jnp.abs(jnp.cos(corner + s * jnp.abs(angle))) for s in (1, -1)))
    high = radius * jnp.maximum(*(jnp.abs(jnp.sin(corner + s * jnp.abs(angle))) for s in (1, -1)))
    if zoom_out:
        return jnp.maximum(wide / width, high / height)
    return jnp.minimum(width / wide, height / high)
