"""Products of matrices."""

from __future__ import annotations

from typing import Any, Literal

import jax.numpy as jnp

from workbench.ops.registry import register


@register("dot", rows="lhs")
def dot(
    lhs: Any,
    rhs: Any,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Literal["default"] | None = None,
) -> Any:
    """The last axis of `lhs` contracted with the first of `rhs`.

    lhs: (..., k), or (k, ...) if `transpose_a`; rhs: (k, ...), or (..., k) if `transpose_b`; output: (..., ...).
    """
    axes = (0 if transpose_a else lhs.ndim - 1, rhs.ndim - 1 if transpose_b else 0)
    out = jnp.tensordot(lhs, rhs, axes=axes)
    return out if out.ndim else out.reshape(1)


@register("batch_dot")
def batch_dot(
    lhs: Any,
    rhs: Any,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Literal["default"] | None = None,
) -> Any:
    """A matrix product for each leading index.

    lhs: (b, n, k); rhs: (b, k, m); output: (b, n, m).
    """
    a = jnp.swapaxes(lhs, -1, -2) if transpose_a else lhs
    b = jnp.swapaxes(rhs, -1, -2) if transpose_b else rhs
    return jnp.matmul(a, b)


@register("khatri_rao")
def khatri_rao(*args: Any) -> Any:
    """Kronecker products column by column.

    Inputs: (n_i, k) matrices; output: (product of the n_i, k).
    """
    out = args[0]
    for one in args[1:]:
        out = (out[:, None, :] * one[None, :, :]).reshape(-1, out.shape[1])
    return out


def _times(a: Any, b: Any, transpose_a: bool, transpose_b: bool, axis: int) -> Any:
    """The product of the matrices whose rows lie along `axis` and whose columns lie along the last axis."""
    a, b = (jnp.moveaxis(m, axis, -2) for m in (a, b))
    a = jnp.swapaxes(a, -1, -2) if transpose_a else a
    b = jnp.swapaxes(b, -1, -2) if transpose_b else b
    return jnp.moveaxis(jnp.matmul(a, b), -2, axis)


@register("_linalg_gemm2", "linalg_gemm2")
def gemm2(
    A: Any,
    B: Any,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
) -> Any:
    """``alpha A B`` for each leading index, either matrix transposed first.

    A: (..., n, k); B: (..., k, m); output: (..., n, m).  Rows lie along `axis`, columns along the last one.
    """
    return (alpha * _times(A, B, transpose_a, transpose_b, axis)).astype(A.dtype)


@register("_linalg_gemm", "linalg_gemm")
def gemm(
    A: Any,
    B: Any,
    C: Any,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
) -> Any:
    """``alpha A B + beta C`` for each leading index, A or B transposed first.

    A: (..., n, k); B: (..., k, m); C and the output: (..., n, m).  Rows lie along `axis`.
    """
    return (alpha * _times(A, B, transpose_a, transpose_b, axis) + beta * C).astype(A.dtype)


@register("_linalg_syrk", "linalg_syrk")
def syrk(A: Any, *, transpose: bool = False, alpha: float = 1.0) -> Any:
    """``alpha A Aᵀ``, or ``alpha Aᵀ A`` if `transpose`, for each leading index.

    A: (..., n, m); output: (..., n, n), or (..., m, m).
    """
    other = jnp.swapaxes(A, -1, -2)
    return alpha * (jnp.matmul(other, A) if transpose else jnp.matmul(A, other))


@register("_linalg_trmm", "linalg_trmm")
def trmm(
    A: Any,
    B: Any,
    *,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
) -> Any:
    """``alpha A B`` with the lower (or upper) triangle of A, ``alpha B A`` if `rightside`.

    A: (..., n, n), transposed if `transpose`; B and the output: (..., n, m), or (..., m, n).
    """
    a = jnp.tril(A) if lower else jnp.triu(A)
    a = jnp.swapaxes(a, -1, -2) if transpose else a
    return alpha * (jnp.matmul(B, a) if rightside else jnp.matmul(a, B))
