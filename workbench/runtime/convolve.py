"""How a CPU convolves: by the one kind of convolution that XLA has a fast kernel for there.

It takes images as (n, *space, c) and filters as (*space, c, filters) and is a product of matrices, whose columns are
the filters.  What makes it slow, in processor time on two Xeon cores under JAX 0.10:

- *Few filters.*  Sixteen columns fill half of what a core does at once.  32 images of 32 × 32, 3 × 3 from 16 to 16
  channels, take 2.5 ms, and as long for twice the filters.  So outputs side by side in a row are made filters, by
  placing copies of the kernel beside it, each a step on: with two it takes 1.6 ms, though a third of the products
  are with zeros.
- *An odd number of filters.*  Images of 12 × 12, 5 × 5 from 20 to 50 channels, take 5.2 ms, to 48 or 64 channels
  2.3 and 2.7.  In the gradient of the kernel, where there are no such copies, filters of zeros fill the number up.
- *Work done again.*  XLA computes cheap operations anew for each reader rather than store their result, and a
  gradient of the kernel reads transposed images: of a residual network, the whole stage before it.  See `held`.

Products with zeros spread an infinity or NaN to the outputs beside its own, as fast convolutions elsewhere do.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import lax

LANES = 16  # columns that are computed at once
LEAST = 32  # columns below which a product is no faster
GATHER = 16  # what gathering an input for a product costs, in columns
MOST_COPIES = 4


def held(array: Any) -> Any:
    """The same values, which XLA stores instead of computing them again for each reader.

    It repeats an operation that reads one array but not one that reads two, and takes these for two.
    """
    return jnp.where(array != array, jnp.nan, array) if jnp.issubdtype(array.dtype, jnp.inexact) else array


def convolve(images: Any, kernel: Any, of_kernel: bool, **settings: Any) -> Any:
    """The convolution of (n, *space, c) with (*space, c, filters) as (n, *out, filters).

    `of_kernel` says that it gives the gradient of a kernel: the images are channels, the filters a layer's outputs.
    `settings` are the other arguments of `lax.conv_general_dilated`.
    """
    filters, kernel_width = kernel.shape[-1], kernel.shape[-3]
    plain = settings["feature_group_count"] == settings["batch_group_count"] == 1
    if not plain or max(*settings["lhs_dilation"], settings["rhs_dilation"][-1]) > 1:
        return _convolve(images, kernel, settings)
    if of_kernel:
        more = -filters % LANES if filters > LANES else 0
        return _convolve(images, _pad(kernel, -1, 0, more), settings)[..., :filters]
    stride = settings["window_strides"][-1]
    width = (images.shape[-2] + sum(settings["padding"][-1]) - kernel_width) // stride + 1
    copies = _copies(filters, kernel_width, stride, width)
    if copies == 1:
        return _convolve(images, kernel, settings)
    shifts = [i * stride for i in range(copies)]
    beside = jnp.concatenate([_pad(kernel, -3, s, shifts[-1] - s) for s in shifts], -1)
    settings["window_strides"] = (*settings["window_strides"][:-1], stride * copies)
    out = _convolve(images, beside, settings)
    return out.reshape(*out.shape[:-2], width, filters)


def _copies(filters: int, kernel_width: int, stride: int, width: int) -> int:
    """How many outputs to compute as one: the inputs each reads, times what an input costs."""

    def cost(copies: int) -> float:
        columns = max(LEAST, math.ceil(copies * filters / LANES) * LANES)
        return (kernel_width + (copies - 1) * stride) / copies * (columns + GATHER)

    return min((n for n in range(1, MOST_COPIES + 1) if width % n == 0), key=cost)


def _pad(array: Any, axis: int, before: int, after: int) -> Any:
    widths = [(0, 0)] * array.ndim
    widths[axis] = before, after
    return jnp.pad(array, widths) if before or after else array


def _convolve(images: Any, kernel: Any, settings: dict[str, Any]) -> Any:
    space = range(1, images.ndim - 1)
    channels_last = (0, images.ndim - 1, *space)
    filters_last = (images.ndim - 1, images.ndim - 2, *(i - 1 for i in space))
    numbers = lax.ConvDimensionNumbers(channels_last, filters_last, channels_last)
    return lax.conv_general_dilated(images, kernel, dimension_numbers=numbers, **settings)
