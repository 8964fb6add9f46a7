"""Diagonals and triangles of matrices, taken out and put back.

A triangle is packed by rows if it is a lower one and by columns if it is an upper one.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from workbench.ops.registry import register


@register("_linalg_extractdiag", "linalg_extractdiag")
def extractdiag(A: Any, *, offset: int = 0) -> Any:
    """The diagonal, or the one `offset` above it.

    A: (..., n, n); output: (..., n - |offset|).
    """
    return jnp.diagonal(A, offset, axis1=-2, axis2=-1)


@register("_linalg_makediag", "linalg_makediag")
def makediag(A: Any, *, offset: int = 0) -> Any:
    """A matrix that is zero but for its diagonal, or the one `offset` above it.

    A: (..., n); output: (..., n + |offset|, n + |offset|).
    """
    count = A.shape[-1]
    rows, columns = np.arange(count) + max(-offset, 0), np.arange(count) + max(offset, 0)
    return _placed(A, rows, columns, count + abs(offset))


@register("_linalg_extracttrian", "linalg_extracttrian")
def extracttrian(A: Any, *, offset: int = 0, lower: bool = True) -> Any:
    """The elements of the lower (or upper) triangle, packed.

    With an `offset`, those from that diagonal outwards: above the main one if it is positive, else below.
    A: (..., n, n); output: (..., m (m + 1) / 2), where m = n - |offset|.
    """
    return A[(..., *_triangle(A.shape[-1], offset, lower))]


@register("_linalg_maketrian", "linalg_maketrian")
def maketrian(A: Any, *, offset: int = 0, lower: bool = True) -> Any:
    """A matrix that is zero but for a triangle, given packed: what `extracttrian` takes out.

    A: (..., m (m + 1) / 2); output: (..., n, n), where n = m + |offset|.
    """
    count = A.shape[-1]
    side = (math.isqrt(8 * count + 1) - 1) // 2
    if side * (side + 1) // 2 != count:
        raise ValueError(f"{count} elements fill no triangle; 1, 3, 6, 10 … do")
    size = side + abs(offset)
    return _placed(A, *_triangle(size, offset, lower), size)


def _triangle(size: int, offset: int, lower: bool) -> tuple[Any, Any]:
    """Rows and columns of the packed elements, in order."""
    outer, inner = np.tril_indices(size - abs(offset))
    if offset < 0 or (lower and offset == 0):
        return outer - min(offset, 0), inner
    return inner, outer + offset


def _placed(values: Any, rows: Any, columns: Any, size: int) -> Any:
    matrix = jnp.zeros((*values.shape[:-1], size, size), values.dtype)
    return matrix.at[..., rows, columns].set(values)
