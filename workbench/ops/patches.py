"""Patches: the windows that a convolution sees, as columns of a matrix, and their sum back into an image.

With them a convolution is one product of matrices, which is how many libraries compute it.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import jax
import jax.numpy as jnp

from workbench.errors import ShapeError
from workbench.ops.registry import register
from workbench.ops.window import check_axes, check_windows, spatial
from workbench.types import Shape


@register("im2col")
def im2col(data: Any, *, kernel: Shape, stride: Shape = (), dilate: Shape = (), pad: Shape = ()) -> Any:
    """What each window of the kernel's size covers, as a column.

    data: (n, c, *space), of one to three axes of space; output: (n, c × elements of the kernel, windows), a window's
    elements channel by channel.  Source: MXNet 1.9 ``im2col``; K. Chellapilla, S. Puri and P. Simard, High Performance
    Convolutional Neural Networks for Document Processing (2006).

    Raises:
        ValueError: the kernel does not fit into the padded data.
    """
    check_axes(data, kernel)
    ndim = len(kernel)
    stride, dilate, pad = spatial(stride, ndim, 1), spatial(dilate, ndim, 1), spatial(pad, ndim, 0)
    check_windows(data.shape[2:], kernel, stride, dilate, pad)
    padded = jnp.pad(data, [(0, 0), (0, 0), *[(p, p) for p in pad]])
    counts = _counts(data.shape[2:], kernel, stride, dilate, pad)
    columns = []
    for place in itertools.product(*map(range, kernel)):
        starts = [i * d for i, d in zip(place, dilate, strict=True)]
        cut = [slice(b, b + s * (n - 1) + 1, s) for b, s, n in zip(starts, stride, counts, strict=True)]
        columns.append(padded[(slice(None), slice(None), *cut)].reshape(*data.shape[:2], -1))
    return jnp.stack(columns, 2).reshape(data.shape[0], -1, math.prod(counts))


def _counts(space: Shape, kernel: Shape, stride: Shape, dilate: Shape, pad: Shape) -> Shape:
    """How many windows there are along each axis."""
    each = zip(space, kernel, stride, dilate, pad, strict=True)
    return tuple((size + 2 * p - d * (k - 1) - 1) // s + 1 for size, k, s, d, p in each)


@register("col2im")
def col2im(
    data: Any,
    *,
    output_size: Shape,
    kernel: Shape,
    stride: Shape = (),
    dilate: Shape = (),
    pad: Shape = (),
) -> Any:
    """The sum of windows back into an image: the transpose of `im2col`.

    data: (n, c × elements of the kernel, windows); output: (n, c, *output_size).  Source: MXNet 1.9 ``col2im``.

    Raises:
        ShapeError: the columns are not those of an image of this size.
    """
    elements = math.prod(kernel)
    if data.ndim != 3 or not elements or data.shape[1] % elements or len(output_size) != len(kernel):
        raise ShapeError(
            f"columns are (n, c × {elements}, windows) for kernel {kernel}, and an output_size has as many axes as "
            f"it; got {data.shape} and {output_size}"
        )
    image = jax.ShapeDtypeStruct((data.shape[0], data.shape[1] // elements, *output_size), data.dtype)

    def columns(x: Any) -> Any:
        return im2col.fn(x, kernel=kernel, stride=stride, dilate=dilate, pad=pad)

    wanted = jax.eval_shape(columns, image).shape
    if wanted != data.shape:
        raise ShapeError(f"an image of {image.shape} has columns of {wanted}, got {data.shape}")
    return jax.linear_transpose(columns, image)(data)[0]
