"""Windows over spatial axes: what convolutions and pooling have in common."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from workbench.errors import NotSupportedError, did_you_mean
from workbench.types import Shape

LAYOUTS = ("NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC")


def channels_last(layout: str | None, ndim: int, op: str) -> bool:
    """Whether the channels stand behind the spatial axes, of which there are `ndim`.

    Raises:
        NotSupportedError: there is no such layout.
        ValueError: it is of another number of axes.
    """
    if layout is None:
        return False
    if layout not in LAYOUTS:
        hint = did_you_mean(layout, LAYOUTS)
        raise NotSupportedError(
            f"{op}(): layout {layout!r} is not supported; known are {', '.join(LAYOUTS)}.{hint}"
        )
    if len(layout) != ndim + 2:
        raise ValueError(f"layout {layout} has {len(layout) - 2} spatial axes, the kernel {ndim}")
    return layout.endswith("C")


def to_channels_first(array: Any) -> Any:
    """(n, *space, c) → (n, c, *space)."""
    return jnp.moveaxis(array, -1, 1)


def to_channels_last(array: Any) -> Any:
    """(n, c, *space) → (n, *space, c)."""
    return jnp.moveaxis(array, 1, -1)


def spatial(value: Shape, ndim: int, default: int) -> Shape:
    """An attribute with one number an axis, the same for all where it was not given."""
    return value or (default,) * ndim


def check_axes(data: Any, kernel: Shape) -> None:
    """A kernel has one to three axes, and the data two more."""
    if not 1 <= len(kernel) <= 3:
        raise ValueError(f"a kernel has 1 to 3 axes, got {kernel}")
    if data.ndim != len(kernel) + 2:
        raise ValueError(
            f"a kernel of {len(kernel)} axes needs data of {len(kernel) + 2} axes, got {data.ndim}"
        )


def check_lengths(kernel: Shape, strides: Shape, dilates: Shape, pads: Shape) -> None:
    """One number an axis, and a window that moves on."""
    for lengths in (strides, dilates, pads):
        if len(lengths) != len(kernel):
            raise ValueError(
                f"{lengths} has {len(lengths)} entries for the {len(kernel)} axes of kernel {kernel}"
            )
    if min((*kernel, *strides, *dilates)) < 1 or min(pads) < 0:
        raise ValueError(
            f"kernel {kernel}, stride {strides} and dilate {dilates} must be 1 or more, pad {pads} 0 or more"
        )


def check_windows(space: Shape, kernel: Shape, strides: Shape, dilates: Shape, pads: Shape) -> None:
    """A window must fit in at least once; JAX would give an empty output for one that does not."""
    check_lengths(kernel, strides, dilates, pads)
    for size, k, d, p in zip(space, kernel, dilates, pads, strict=True):
        if (reach := d * (k - 1) + 1) > size + 2 * p:
            raise ValueError(
                f"a kernel that reaches over {reach} does not fit into {size} padded by {p} at each end"
            )
