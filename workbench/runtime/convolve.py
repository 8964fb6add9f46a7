"""How a CPU convolves: by the one kind of convolution that XLA has a fast kernel for there.

It takes images as (n, *space, c) and filters as (*space, c, filters) and is a product of matrices, whose columns are
the filters.  What makes it slow, in processor time on two Xeon cores under JAX 0.10:

- *One core.*  XLA has two libraries for it, and prefers the one (YNNPACK) that spends less of a core and uses one:
  32 images of 16 × 16, 3 × 3 from 32 to 32 channels, take 1.1 ms of one core, or 1.5 ms of two in 0.8 ms.  A
  network's convolutions wait for each other, so `options` asks for the other (Eigen).
- *Few filters.*  Sixteen columns fill half of what a core does at once.  32 images of 32 × 32, 3 × 3 from 3 to 16
  channels, take 2.1 ms, and no longer for twice the filters.  So outputs side by side in a row are made filters, by
  placing copies of the kernel beside it, each a step on: with two it takes 1.4 ms, though a third of the products
  are with zeros.
- *Work done again.*  XLA computes cheap operations anew for each reader rather than store their result, and a
  gradient of the kernel reads transposed images: of a residual network, the whole stage before it.  See `held`.

- *Groups.*  See `runtime.convolve_grouped`.

Products with zeros spread an infinity or NaN to the outputs beside its own, as fast convolutions elsewhere do.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from workbench.runtime.convolve_grouped import (
    MOST_PLACES,
    Settings,
    by_channel,
    dilated,
    kernel_by_channel,
    kernel_in_groups,
    lengths,
)

LANES = 16  # columns that are computed at once
LEAST = 32  # columns below which a product is no faster
GATHER = 16  # what gathering an input for a product costs, in columns
MOST_COPIES = 4
# XLA's defaults without LIBRARY_FUSION_TYPE_INDIVIDUAL_CONVOLUTION.
OPTIONS: dict[str, Any] = {
    "xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_REDUCE,LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"
}


@functools.cache
def options() -> dict[str, Any]:
    """What the compiler is told of a program with convolutions; nothing where it knows no such option."""
    try:
        jax.jit(lambda: 0).lower().compile(OPTIONS)
    except jax.errors.JaxRuntimeError:
        return {}
    return OPTIONS


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
    way = _grouped(images, kernel, settings) if images.dtype in (jnp.float32, jnp.float64) else None
    if way is not None:
        return way(images, kernel, settings)
    if of_kernel:
        return _of_kernel(images, kernel, settings)
    return _beside(images, kernel, settings)


def _grouped(images: Any, kernel: Any, settings: Settings) -> Callable[..., Any] | None:
    """How to convolve in groups, where that is not what XLA does best."""
    channels, extent = images.shape[-1], kernel.shape[:-2]
    if settings["feature_group_count"] == channels > 1 and math.prod(extent) <= MOST_PLACES:
        return by_channel
    groups = settings["batch_group_count"]
    if groups == 1:
        return None
    if groups < images.shape[0]:
        return functools.partial(kernel_in_groups, convolve=_of_kernel)
    few = math.prod(lengths(images.shape[1:-1], extent, settings)) <= MOST_PLACES
    return kernel_by_channel if few else None


def _of_kernel(images: Any, kernel: Any, settings: Settings) -> Any:
    """XLA has no fast kernel for so large filters on images with zeros between, and must not see that they are."""
    if max(settings["lhs_dilation"]) > 1:
        images, settings = dilated(images, settings)
        images = held(images)
    return _convolve(images, kernel, settings)


def _beside(images: Any, kernel: Any, settings: Settings) -> Any:
    """Outputs side by side are made filters, where that is less work."""
    filters, kernel_width = kernel.shape[-1], kernel.shape[-3]
    groups = settings["feature_group_count"] * settings["batch_group_count"]
    if max(groups, *settings["lhs_dilation"], settings["rhs_dilation"][-1]) > 1:
        return _convolve(images, kernel, settings)
    stride = settings["window_strides"][-1]
    width = (images.shape[-2] + sum(settings["padding"][-1]) - kernel_width) // stride + 1
    copies = _copies(filters, kernel_width, stride, width)
    if copies == 1:
        return _convolve(images, kernel, settings)
    shifts = [i * stride for i in range(copies)]
    beside = jnp.concatenate([_pad(kernel, -3, s, shifts[-1] - s) for s in shifts], -1)
    strides = (*settings["window_strides"][:-1], stride * copies)
    out = _convolve(images, beside, {**settings, "window_strides": strides})
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


def _convolve(images: Any, kernel: Any, settings: Settings) -> Any:
    space = range(1, images.ndim - 1)
    channels_last = (0, images.ndim - 1, *space)
    filters_last = (images.ndim - 1, images.ndim - 2, *(i - 1 for i in space))
    numbers = lax.ConvDimensionNumbers(channels_last, filters_last, channels_last)
    return lax.conv_general_dilated(images, kernel, dimension_numbers=numbers, **settings)
