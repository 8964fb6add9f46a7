"""Products of matrices."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from workbench.ops.registry import register


@register("dot")
def dot(lhs: Any, rhs: Any, *, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    """The last axis of `lhs` contracted with the first of `rhs`.

    lhs: (..., k); rhs: (k, ...); output: (..., ...).  `transpose_a/b` reverse an input's axes first.
    """
    a = lhs.T if transpose_a else lhs
    b = rhs.T if transpose_b else rhs
    out = jnp.tensordot(a, b, axes=([a.ndim - 1], [0]))
    return out if out.ndim else out.reshape(1)


@register("batch_dot")
def batch_dot(lhs: Any, rhs: Any, *, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    """A matrix product for each leading index.

    lhs: (b, n, k); rhs: (b, k, m); output: (b, n, m).
    """
    a = jnp.swapaxes(lhs, -1, -2) if transpose_a else lhs
    b = jnp.swapaxes(rhs, -1, -2) if transpose_b else rhs
    return jnp.matmul(a, b)
