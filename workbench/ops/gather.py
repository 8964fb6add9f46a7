"""Gathering and scattering: elements chosen by arrays of indices.

An index is a number like any other in MXNet: float32 as a rule, rounded toward zero where it is used.  A compiled
program can't stop at a value, so an index out of range is clipped or wrapped, never refused.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import jax
import jax.numpy as jnp

from workbench.errors import NotSupportedError
from workbench.ops.attribute import DType
from workbench.ops.registry import register
from workbench.types import Shape


@register("take")
def take(a: Any, indices: Any, *, axis: int = 0, mode: Literal["clip", "wrap", "raise"] = "clip") -> Any:
    """Slices of `a` along `axis`; an index past the end is clipped (or wrapped, `mode` ``"wrap"``).

    a: any shape; indices: any shape; output: a.shape with `axis` replaced by indices.shape.
    """
    if mode == "raise":
        raise NotSupportedError(
            "take(): mode='raise' is not supported: a compiled program can't stop at a value; "
            "use 'clip' or 'wrap', and check the indices before"
        )
    return jnp.take(a, indices.astype(jnp.int32), axis=axis, mode=mode)


@register("batch_take")
def batch_take(a: Any, indices: Any) -> Any:
    """One element of each row.

    a: (n, m); indices: (n,); output: (n,).
    """
    return pick.fn(a, indices)


@register("pick", "choose_element_0index")
def pick(data: Any, index: Any, *, axis: int | None = -1, keepdims: bool = False, mode: str = "clip") -> Any:
    """One element along `axis` at each position.

    data: (..., n, ...); index: data.shape without `axis` (or size 1 there); output: like index.
    """
    axis = data.ndim - 1 if axis is None else axis % data.ndim
    where = index.reshape((*data.shape[:axis], 1, *data.shape[axis + 1 :])).astype(jnp.int32)
    where = jnp.clip(where, 0, data.shape[axis] - 1) if mode == "clip" else where % data.shape[axis]
    out = jnp.take_along_axis(data, where, axis=axis)
    return out if keepdims else jnp.squeeze(out, axis)


@register("one_hot", differentiable=False)
def one_hot(
    indices: Any,
    *,
    depth: int,
    on_value: float = 1.0,
    off_value: float = 0.0,
    dtype: DType = DType("float32"),
) -> Any:
    """A row of `depth` with `on_value` at each index.

    indices: any shape; output: (*indices.shape, depth).
    """
    hot = jax.nn.one_hot(indices.astype(jnp.int32), depth, dtype=bool)
    return jnp.where(hot, jnp.asarray(on_value, dtype), jnp.asarray(off_value, dtype))


def _embedding_shapes(known: Any, *, input_dim: int, output_dim: int, **_: Any) -> Any:
    return {"weight": (input_dim, output_dim)}


@register("Embedding", complete=_embedding_shapes, rows="data")
def embedding(
    data: Any,
    weight: Any,
    *,
    input_dim: int,
    output_dim: int,
    dtype: DType = DType("float32"),
    sparse_grad: bool = False,
) -> Any:
    """A row of `weight` for every index.

    data: any shape of indices; weight: (input_dim, output_dim); output: (*data.shape, output_dim).
    """
    if sparse_grad:
        raise NotSupportedError(
            "Embedding(): sparse_grad=True is not supported: gradients are dense; leave it out"
        )
    return jnp.take(weight, data.astype(jnp.int32), axis=0, mode="clip")


@register("_getflat")
def getflat(data: Any, indices: Any) -> Any:
    """Elements by flat position; output has the shape of `indices`."""
    return data.reshape(-1)[indices]


@register("_setflat")
def setflat(data: Any, indices: Any, value: Any) -> Any:
    """`data` with the elements at flat positions replaced."""
    return data.reshape(-1).at[indices].set(value).reshape(data.shape)


@register("fill_element_0index", differentiable=False)
def fill_element_0index(lhs: Any, mhs: Any, rhs: Any) -> Any:
    """`lhs` with one element of each row replaced: in row i, that at ``rhs[i]`` by ``mhs[i]``.

    lhs: (n, m); mhs, rhs: (n,); output: (n, m).
    """
    return lhs.at[jnp.arange(lhs.shape[0]), rhs.astype(jnp.int32)].set(mhs)


@register("gather_nd")
def gather_nd(data: Any, indices: Any) -> Any:
    """The elements, or the sub-arrays, at the places that the columns of `indices` name.

    data: (x0, x1, ...); indices: (m, y0, y1, ...); output: (y0, y1, ..., xm, ...).
    """
    return data[tuple(indices.astype(jnp.int32))]


@register("scatter_nd")
def scatter_nd(data: Any, indices: Any, *, shape: Shape) -> Any:
    """Zeros of `shape` with `data` at the places that the columns of `indices` name; the inverse of `gather_nd`.

    data: (y0, y1, ..., xm, ...); indices: (m, y0, y1, ...); output: `shape`.
    Of several values for one place, one stays; which one is not said.
    """
    return jnp.zeros(shape, data.dtype).at[tuple(indices.astype(jnp.int32))].set(data)


@register("_contrib_index_copy")
def index_copy(old_tensor: Any, index_vector: Any, new_tensor: Any) -> Any:
    """`old_tensor` with the rows at `index_vector` replaced by those of `new_tensor`.

    old_tensor: (n, ...); index_vector: (k,); new_tensor: (k, ...); output: (n, ...).
    """
    return old_tensor.at[index_vector.astype(jnp.int32)].set(new_tensor)


@register("_ravel_multi_index", "ravel_multi_index", differentiable=False)
def ravel_multi_index(data: Any, *, shape: Shape) -> Any:
    """Places in an array of `shape` as flat positions.

    data: (axes, n); output: (n,), the dtype of data.
    """
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    return jnp.tensordot(jnp.asarray(strides, data.dtype), data, 1)


@register("_unravel_index", "unravel_index", differentiable=False)
def unravel_index(data: Any, *, shape: Shape) -> Any:
    """Flat positions as places in an array of `shape`.

    data: any shape; output: (axes, *data.shape), the dtype of data.
    """
    return jnp.stack(jnp.unravel_index(data.astype(jnp.int64), shape)).astype(data.dtype)


@register("diag")
def diag(data: Any, *, k: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The `k`-th diagonal of the planes that two axes span; of a vector, the matrix that has it.

    data: (n,) gives (n + |k|, n + |k|); more axes: those two leave, the diagonal comes last.
    """
    return jnp.diag(data, k) if data.ndim == 1 else jnp.diagonal(data, k, axis1, axis2)
