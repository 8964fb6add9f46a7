"""Factorisations, inverses and determinants of matrices, for each leading index at once.

Symmetric inputs are read as ``(A + Aᵀ) / 2``, so that gradients of them are symmetric, as in MXNet.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.lax.linalg import triangular_solve

from workbench.ops.reduce import shaped
from workbench.ops.registry import register


def _transposed(matrix: Any) -> Any:
    return jnp.swapaxes(matrix, -1, -2)


@register("_linalg_potrf", "linalg_potrf")
def potrf(A: Any) -> Any:
    """The lower triangular L with ``L Lᵀ = A`` (Cholesky).

    A: (..., n, n), symmetric and positive definite (nan where it is not); output: the same shape.
    """
    return jnp.linalg.cholesky(A, symmetrize_input=True)


@register("_linalg_potri", "linalg_potri")
def potri(A: Any) -> Any:
    """``(A Aᵀ)⁻¹`` of a lower triangular A: the inverse of what `potrf` took apart.

    A: (..., n, n), of which the lower triangle is read; output: the same shape.
    """
    identity = jnp.broadcast_to(jnp.eye(A.shape[-1], dtype=A.dtype), A.shape)
    inverse = triangular_solve(jnp.tril(A), identity, left_side=True, lower=True)
    return jnp.matmul(_transposed(inverse), inverse)


@register("_linalg_trsm", "linalg_trsm")
def trsm(
    A: Any,
    B: Any,
    *,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
) -> Any:
    """The X with ``op(A) X = alpha B``, or ``X op(A) = alpha B`` if `rightside`, for a triangular A.

    A: (..., n, n), of which one triangle is read, transposed if `transpose`; B and X: (..., n, m), or (..., m, n).
    """
    return triangular_solve(A, alpha * B, left_side=not rightside, lower=lower, transpose_a=transpose)


@register("_linalg_sumlogdiag", "linalg_sumlogdiag")
def sumlogdiag(A: Any) -> Any:
    """The sum of the logarithms of the diagonal.

    A: (..., n, n); output: (...), (1,) where nothing is left.
    """
    return shaped(jnp.sum(jnp.log(jnp.diagonal(A, axis1=-2, axis2=-1)), -1))


@register("_linalg_gelqf", "linalg_gelqf", outputs=("output0", "output1"))
def gelqf(A: Any) -> Any:
    """The Q with orthonormal rows and the lower triangular L with ``L Q = A``, in this order.

    A: (..., n, m), n at most m, of full rank; outputs: (..., n, m) and (..., n, n).
    """
    if A.shape[-2] > A.shape[-1]:
        raise ValueError(f"gelqf needs at least as many columns as rows, got {A.shape[-2:]}")
    q, r = jnp.linalg.qr(_transposed(A))
    return _transposed(q), _transposed(r)


@register("_linalg_syevd", outputs=("output0", "output1"))
def syevd(A: Any) -> Any:
    """The U and the ascending vector L with ``Uᵀ diag(L) U = A``: rows of U are eigenvectors.

    A: (..., n, n), symmetric; outputs: (..., n, n) and (..., n).  Of each eigenvector the component of largest
    size is positive.
    """
    values, vectors = jnp.linalg.eigh(A, symmetrize_input=True)
    rows = _transposed(vectors)
    largest = jnp.argmax(jnp.abs(rows), axis=-1, keepdims=True)
    return rows * jax.lax.stop_gradient(jnp.sign(jnp.take_along_axis(rows, largest, -1))), values


@register("_linalg_inverse", "linalg_inverse")
def inverse(A: Any) -> Any:
    """The inverse.  A: (..., n, n); output: the same shape."""
    return jnp.linalg.inv(A)


@register("_linalg_det", "linalg_det", outputs=("output0",))
def det(A: Any) -> Any:
    """The determinant.  A: (..., n, n); output: (...), (1,) where nothing is left."""
    return shaped(jnp.linalg.det(A))


@register("_linalg_slogdet", "linalg_slogdet", outputs=("output0", "output1"))
def slogdet(A: Any) -> Any:
    """The determinant's sign and the logarithm of its size.

    A: (..., n, n); outputs: (...) each, (1,) where nothing is left.
    """
    sign, logarithm = jnp.linalg.slogdet(A)
    return shaped(sign), shaped(logarithm)
