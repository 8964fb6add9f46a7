"""How a CPU convolves: by the one kind of convolution that XLA has a fast kernel for there.

It takes images as (n, *space, c) and filters as (*space, c, filters) and is a product of matrices, whose columns are
the filters.  What makes it slow, on two Xeon cores under JAX 0.10:

- *One core.*  XLA has two libraries for it, and prefers the one (YNNPACK) that uses one core: 32 images of 16 × 16,
  3 × 3 from 32 to 32 channels, take 1.1 ms on one core, and 0.8 on two in the other (Eigen), 1.5 ms of processor time.
  A network's convolutions wait for each other, so `options` asks for the other.
- *Few filters.*  Sixteen columns fill half of what a core does at once.  32 images of 32 × 32, 3 × 3 from 3 to 16
  channels, take 2.1 to 2.7 ms of processor time, and little more for twice the filters.  So outputs side by side in a
  row are made filters, by placing copies of the kernel beside it, each a step on: with two it takes 1.4 ms, though a
  third of the products are with zeros.
- *Work done again.*  XLA computes cheap operations anew for each reader rather than store their result, and a
  gradient of the kernel reads transposed images: of a residual network, the whole stage before it.  See `held`.
- *Groups.*  XLA has no fast kernel for most of them; see `runtime.convolve_grouped` and `runtime.convolve_phases`.

Products with zeros spread an infinity or NaN to the outputs beside its own, as fast convolutions elsewhere do.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from workbench.runtime.convolve_grouped import (
    Settings,
    by_channel,
    kernel_by_channel,
    kernel_in_groups,
    lengths,
    only_steps,
    spread,
)
from workbench.runtime.convolve_phases import kernel_stepped, kernel_stretched, stepped, stretched

LANES = 16  # columns that are computed at once
LEAST = 32  # columns below which a product is no faster
GATHER = 16  # what gathering an input for a product costs, in columns
MOST_COPIES = 4
LIBRARY = "xla_cpu_experimental_ynn_fusion_type"
# jaxlib 0.10.2's default without LIBRARY_FUSION_TYPE_INDIVIDUAL_CONVOLUTION.
OPTIONS: dict[str, Any] = {LIBRARY: "LIBRARY_FUSION_TYPE_REDUCE,LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"}
MOST_PLACES = 64  # products that are written down one by one, or taken in turn


@functools.cache
def options() -> dict[str, Any]:
    """What the compiler is told of a program with convolutions; nothing where the user or XLA settles it."""
    if LIBRARY in os.environ.get("XLA_FLAGS", ""):
        return {}
    try:
        with jax.default_device(jax.local_devices(backend="cpu")[0]):
            jax.jit(lambda: 0).lower().compile(OPTIONS)
    except jax.errors.JaxRuntimeError:  # it knows no such option
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
    out = lengths(images.shape[1:-1], kernel.shape[:-2], settings)
    wanted = settings["preferred_element_type"]
    usual = images.dtype in (jnp.float32, jnp.float64) and (wanted is None or wanted == images.dtype)
    if not usual or min(*out, images.size, kernel.size) <= 0:
        return _convolve(images, kernel, settings)
    if (way := _grouped(images, kernel, settings)) is not None:
        return way(images, kernel, settings)
    return (_of_kernel if of_kernel else _beside)(images, kernel, settings)


def _grouped(images: Any, kernel: Any, settings: Settings) -> Callable[..., Any] | None:
    """How to convolve in groups, where that is not what XLA does best."""
    if settings["feature_group_count"] == images.shape[-1] > 1:
        return alone(kernel.shape[:-2], settings)
    groups = settings["batch_group_count"]
    if groups == 1:
        return None
    if groups < images.shape[0]:
        return functools.partial(kernel_in_groups, convolve=_of_kernel)
    if only_steps("lhs_dilation", settings):
        return functools.partial(kernel_stretched, convolve=_gradient)
    few = math.prod(lengths(images.shape[1:-1], kernel.shape[:-2], settings)) <= MOST_PLACES
    return kernel_by_channel if few or not only_steps("rhs_dilation", settings) else kernel_stepped


def alone(extent: Sequence[int], settings: Settings) -> Callable[..., Any] | None:
    """How to convolve each channel by itself, where that takes few products."""
    way, products = by_channel, math.prod(extent)
    if only_steps("lhs_dilation", settings):
        way, products = stretched, _places(extent, settings["lhs_dilation"])
    elif products > MOST_PLACES and only_steps("window_strides", settings):
        way, products = stepped, _places(extent, settings["window_strides"])
    return way if products <= MOST_PLACES else None


def _places(extent: Sequence[int], steps: Sequence[int]) -> int:
    return math.prod(-(-k // d) for k, d in zip(extent, steps, strict=True))


def _gradient(images: Any, kernel: Any, settings: Settings) -> Any:
    return convolve(images, kernel, True, **settings)


def _of_kernel(images: Any, kernel: Any, settings: Settings) -> Any:
    """Zeros between the images are written out first: among them XLA has no fast kernel for such large filters."""
    if max(settings["lhs_dilation"]) > 1:
        images, settings = spread(images, settings)
        images = held(images)  # else XLA sees what they are, and leaves them out again
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
