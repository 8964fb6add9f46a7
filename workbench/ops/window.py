"""Windows over spatial axes: what convolutions and pooling have in common."""

from __future__ import annotations

from typing import Any

from workbench.types import Shape


def spatial(value: Shape, ndim: int, default: int) -> Shape:
    """An attribute with one number an axis, the same for all where it was not given."""
    return value or (default,) * ndim


def check_windows(data: Any, kernel: Shape, strides: Shape, dilates: Shape, pads: Shape) -> None:
    """A window must move on, and fit in at least once; JAX would give an empty output for one that does not."""
    for lengths in (strides, dilates, pads):
        if len(lengths) != len(kernel):
            raise ValueError(
                f"{lengths} has {len(lengths)} entries for the {len(kernel)} axes of kernel {kernel}"
            )
    if min((*kernel, *strides, *dilates)) < 1 or min(pads) < 0:
        raise ValueError(
            f"kernel {kernel}, stride {strides} and dilate {dilates} must be 1 or more, pad {pads} 0 or more"
        )
    for size, k, d, p in zip(data.shape[2:], kernel, dilates, pads, strict=True):
        if (reach := d * (k - 1) + 1) > size + 2 * p:
            raise ValueError(
                f"a kernel that reaches over {reach} does not fit into {size} padded by {p} at each end"
            )
