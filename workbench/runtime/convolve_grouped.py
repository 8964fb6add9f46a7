"""How a CPU convolves in groups: by operations for which XLA has fast kernels there.

Measured on two quiet Xeon cores under JAX 0.10, 3 × 3, XLA's own way and the one here:

- *Each channel by itself* is a sum of shifted images, one pass over the image: 8 images of 56 × 56 with 32 channels,
  27 ms and 1.1.  The gradient of its kernel is one sum for each of its places: 960 channels of 7 × 7, 42 ms and 1.7.
- *The gradient of a kernel in groups* is blocks of the gradient of one without: 8 images of 28 × 28 with 64 channels
  in 4 groups, 138 ms and 3.1; 4 of 14 × 14 with 256 in 32 groups, 540 ms and 4.3.

A group of several channels that gives one filter, as in the image's gradient where each channel had several filters, is
left to XLA.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

Settings = dict[str, Any]
STEPS = ("window_strides", "lhs_dilation", "rhs_dilation")
Convolution = Callable[[Any, Any, Settings], Any]


def by_channel(images: Any, kernel: Any, settings: Settings) -> Any:
    """The convolution of (n, *space, c) with (*space, 1, filters), in c groups."""
    out = lengths(images.shape[1:-1], kernel.shape[:-2], settings)
    images = _for_each_filter(images, kernel, settings)
    total = 0.0
    for place in itertools.product(*map(range, kernel.shape[:-2])):
        start = np.multiply(place, settings["rhs_dilation"])
        total = total + _every(images, start, out, settings["window_strides"]) * kernel[(*place, 0)]
    return total


def kernel_by_channel(images: Any, gradients: Any, settings: Settings) -> Any:
    """The convolution of (c, *space, n) with (*space, n, filters) in c groups of the batch: (1, *out, filters)."""
    space = gradients.shape[:-2]
    out = lengths(images.shape[1:-1], space, settings)
    images, gradients = jnp.swapaxes(images, 0, -1), jnp.moveaxis(gradients, -2, 0)
    images = _for_each_filter(images, gradients, settings)

    def at(start: Any) -> Any:
        return (_every(images, start, space, settings["rhs_dilation"]) * gradients).sum(
            range(images.ndim - 1)
        )

    starts = np.multiply(list(np.ndindex(*out)), settings["window_strides"])
    # In turn: side by side, XLA would keep an image for each of the places.
    return lax.map(at, starts).reshape(1, *out, gradients.shape[-1])


def kernel_in_groups(images: Any, gradients: Any, settings: Settings, convolve: Convolution) -> Any:
    """The convolution of (c, *space, n) with (*space, n, filters) in groups of the batch, by `convolve` without."""
    groups = settings["batch_group_count"]
    whole = convolve(images, gradients, {**settings, "batch_group_count": 1})
    channels, *out, filters = whole.shape
    blocks = whole.reshape(groups, channels // groups, *out, groups, filters // groups)
    chosen = jnp.swapaxes(jnp.diagonal(blocks, axis1=0, axis2=-2), -1, -2)
    return chosen.reshape(channels // groups, *out, filters)


def spread(images: Any, settings: Settings) -> tuple[Any, Settings]:
    """The images with the zeros that a convolution puts around and between, and what is left for it to do."""
    widths = [
        (before, after, step - 1)
        for (before, after), step in zip(settings["padding"], settings["lhs_dilation"], strict=True)
    ]
    none = {"padding": ((0, 0),) * len(widths), "lhs_dilation": (1,) * len(widths)}
    zero = jnp.zeros((), images.dtype)
    return lax.pad(images, zero, [(0, 0, 0), *widths, (0, 0, 0)]), {**settings, **none}


def lengths(space: Sequence[int], extent: Sequence[int], settings: Settings) -> tuple[int, ...]:
    """The lengths of a result's axes in space; below 1 where it is empty."""
    each = zip(
        space,
        extent,
        settings["padding"],
        settings["lhs_dilation"],
        settings["rhs_dilation"],
        settings["window_strides"],
        strict=True,
    )
    return tuple(
        ((n - 1) * apart + 1 + sum(pad) - ((k - 1) * step + 1)) // stride + 1
        for n, k, pad, apart, step, stride in each
    )


def only_steps(name: str, settings: Settings) -> bool:
    """Whether this is the one setting that steps over places."""
    return all((max(settings[each]) > 1) == (each == name) for each in STEPS)


def _for_each_filter(images: Any, filters: Any, settings: Settings) -> Any:
    """The images spread, each channel as often as it has filters."""
    return spread(jnp.repeat(images, filters.shape[-1] // images.shape[-1], axis=-1), settings)[0]


def _every(images: Any, start: Any, count: Sequence[int], steps: Sequence[int]) -> Any:
    """So many places along each axis of space, so far apart."""
    extent = [(n - 1) * step + 1 for n, step in zip(count, steps, strict=True)]
    window = lax.dynamic_slice(images, jnp.pad(start, 1), (images.shape[0], *extent, images.shape[-1]))
    return lax.slice(window, (0,) * images.ndim, window.shape, (1, *steps, 1))
