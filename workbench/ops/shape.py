"""Shape operators: the same elements, arranged or selected differently.

Their gradients need shapes only, never values; JAX's own derivatives find that out, so no buffer is kept
for them.
"""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from workbench.errors import ArgumentError
from workbench.ops import index as indexing
from workbench.ops.attribute import DType
from workbench.ops.registry import register
from workbench.types import Shape, as_dtype


def reshaped(old: Shape, codes: Shape, reverse: bool = False) -> Shape:
    """The shape MXNet's reshape codes stand for.

    0 keeps an axis, -1 is worked out, -2 keeps all that are left, -3 joins two, -4 splits one in two.

    Raises:
        ValueError: the codes do not fit the shape.
    """
    if reverse:
        return tuple(reversed(reshaped(old[::-1], codes[::-1])))
    out: list[int] = []
    rest, at, size = list(codes), 0, 1
    while rest:
        code = rest.pop(0)
        if code == -2:
            out.extend(old[at:])
            at = len(old)
        elif code == -3:
            out.append(old[at] * old[at + 1])
            at += 2
        elif code == -4:
            first, second = rest.pop(0), rest.pop(0)
            first = old[at] // second if first == -1 else first
            out.extend((first, old[at] // first if second == -1 else second))
            at += 1
        else:
            out.append(old[at] if code == 0 else code)
            at += 1
    if out.count(-1) > 1:
        raise ValueError(f"shape {codes} has more than one -1")
    total = 1
    for n in old:
        total *= n
    for n in out:
        size *= n if n != -1 else 1
    if -1 in out and size and total % size == 0:
        out[out.index(-1)] = total // size
        size = total
    if size != total or -1 in out:
        raise ValueError(f"can't reshape {old} ({total} elements) into {codes}")
    return tuple(out)


@register("Reshape", "reshape")
def reshape(data: Any, *, shape: Shape, reverse: bool = False) -> Any:
    """The same elements in another shape, in row-major order.

    `shape` may hold MXNet's codes: 0 keep, -1 infer, -2 all the rest, -3 join two, -4 split in two;
    `reverse` reads them from the right.  data: any shape; output: `shape`.
    """
    return data.reshape(reshaped(data.shape, shape, reverse))


@register("_reshape_to")
def reshape_to(data: Any, *, shape: Shape) -> Any:
    """The same elements in exactly this shape (no codes; an axis may be 0)."""
    return data.reshape(shape)


@register("reshape_like")
def reshape_like(lhs: Any, rhs: Any) -> Any:
    """The elements of `lhs` in the shape of `rhs`.

    lhs: any shape; rhs: a shape of as many elements; output: the shape of rhs, the dtype of lhs.
    """
    return lhs.reshape(rhs.shape)


@register("Flatten", "flatten")
def flatten(data: Any) -> Any:
    """All axes but the first joined.

    data: (n, ...); output: (n, product of the rest).
    """
    return data.reshape(data.shape[0], -1)


@register("transpose")
def transpose(data: Any, *, axes: Shape = ()) -> Any:
    """Axes in another order (reversed if none is given).

    data: any shape; output: the permuted shape.
    """
    return jnp.transpose(data, axes or None)


@register("SwapAxis", "swapaxes")
def swap_axis(data: Any, *, dim1: int = 0, dim2: int = 0) -> Any:
    """Two axes exchanged."""
    return jnp.swapaxes(data, dim1, dim2)


@register("expand_dims")
def expand_dims(data: Any, *, axis: int) -> Any:
    """A new axis of size 1 at `axis`."""
    return jnp.expand_dims(data, axis)


@register("squeeze")
def squeeze(data: Any, *, axis: int | Shape | None = None) -> Any:
    """Axes of size 1 removed (all, or those given)."""
    out = jnp.squeeze(data, axis)
    return out if out.ndim else out.reshape(1)


@register("slice", "crop")
def slice_(data: Any, *, begin: Shape, end: Shape, step: Shape = ()) -> Any:
    """``data[begin:end:step]`` on the leading axes; None leaves a bound open.

    data: any shape; output: the sliced shape.
    """
    steps = step or (None,) * len(begin)
    return data[tuple(slice(b, e, s) for b, e, s in zip(begin, end, steps, strict=True))]


@register("slice_axis")
def slice_axis(data: Any, *, axis: int, begin: int, end: int | None) -> Any:
    """``begin:end`` along one axis."""
    return jax.lax.slice_in_dim(data, *slice(begin, end).indices(data.shape[axis])[:2], axis=axis)


@register("_getitem")
def getitem(data: Any, *, key: Any) -> Any:
    """Basic indexing; the key as `ops.index` encodes it."""
    return data[indexing.decode(key)]


@register("_setitem")
def setitem(data: Any, value: Any, *, key: Any) -> Any:
    """`data` with the part that the key selects replaced by `value`."""
    return data.at[indexing.decode(key)].set(value)


@register("_getflat")
def getflat(data: Any, indices: Any) -> Any:
    """Elements by flat position; output has the shape of `indices`."""
    return data.reshape(-1)[indices]


@register("_setflat")
def setflat(data: Any, indices: Any, value: Any) -> Any:
    """`data` with the elements at flat positions replaced."""
    return data.reshape(-1).at[indices].set(value).reshape(data.shape)


@register("Concat", "concat")
def concat(*data: Any, dim: int = 1) -> Any:
    """Inputs joined along axis `dim`; their other axes agree."""
    return jnp.concatenate(data, axis=dim)


@register("stack")
def stack(*data: Any, axis: int = 0) -> Any:
    """Inputs of one shape joined along a new axis."""
    return jnp.stack(data, axis=axis)


@register("SliceChannel", "split", variable_outputs=lambda num_outputs, **_: num_outputs)
def split(data: Any, *, num_outputs: int, axis: int = 1, squeeze_axis: bool = False) -> Any:
    """`num_outputs` equal parts along `axis`; `squeeze_axis` drops it where a part has size 1."""
    if data.shape[axis] % num_outputs:
        raise ValueError(
            f"axis {axis} of size {data.shape[axis]} can't be split into {num_outputs} equal parts"
        )
    parts = jnp.split(data, num_outputs, axis=axis)
    return tuple(jnp.squeeze(p, axis) for p in parts) if squeeze_axis else tuple(parts)


@register("tile")
def tile(data: Any, *, reps: Shape) -> Any:
    """The array repeated `reps` times along each axis."""
    return jnp.tile(data, reps)


@register("repeat")
def repeat(data: Any, *, repeats: int, axis: int | None = None) -> Any:
    """Each element repeated along `axis` (flattened if None)."""
    return jnp.repeat(data, repeats, axis=axis)


@register("flip", "reverse")
def flip(data: Any, *, axis: int | Shape) -> Any:
    """The order along `axis` reversed."""
    return jnp.flip(data, axis)


@register("broadcast_to")
def broadcast_to(data: Any, *, shape: Shape) -> Any:
    """Axes of size 1 stretched to `shape`; a 0 there keeps the axis."""
    target = shape
    if len(shape) == data.ndim:
        target = tuple(old if new == 0 else new for old, new in zip(data.shape, shape, strict=True))
    return jnp.broadcast_to(data, target)


@register("broadcast_like")
def broadcast_like(lhs: Any, rhs: Any) -> Any:
    """`lhs` stretched to the shape of `rhs`."""
    return jnp.broadcast_to(lhs, rhs.shape)


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


@register("take")
def take(a: Any, indices: Any, *, axis: int = 0, mode: Literal["clip", "wrap"] = "clip") -> Any:
    """Slices of `a` along `axis`; an index past the end is clipped (or wrapped, `mode` ``"wrap"``).

    a: any shape; indices: any shape; output: a.shape with `axis` replaced by indices.shape.
    """
    return jnp.take(a, indices.astype(jnp.int32), axis=axis, mode=mode)


@register("pick")
def pick(data: Any, index: Any, *, axis: int | None = -1, keepdims: bool = False, mode: str = "clip") -> Any:
    """One element along `axis` at each position.

    data: (..., n, ...); index: data.shape without `axis` (or size 1 there); output: like index.
    """
    axis = data.ndim - 1 if axis is None else axis % data.ndim
    where = index.reshape((*data.shape[:axis], 1, *data.shape[axis + 1 :])).astype(jnp.int32)
    where = jnp.clip(where, 0, data.shape[axis] - 1) if mode == "clip" else where % data.shape[axis]
    out = jnp.take_along_axis(data, where, axis=axis)
    return out if keepdims else jnp.squeeze(out, axis)


def _embedding_shapes(known: Any, *, input_dim: int, output_dim: int, **_: Any) -> Any:
    return {"weight": (input_dim, output_dim)}


@register("Embedding", complete=_embedding_shapes)
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
    return jnp.take(weight, data.astype(jnp.int32), axis=0, mode="clip")


@register("_full", "_zeros", dynamic=("value",), differentiable=False)
def full(*, shape: Shape, value: float = 0.0, dtype: DType = DType("float32")) -> Any:
    """An array filled with one number."""
    return jnp.full(shape, jnp.asarray(value, dtype))


@register("_arange", differentiable=False)
def arange(
    *,
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    dtype: DType = DType("float32"),
) -> Any:
    """Evenly spaced values, each repeated `repeat` times."""
    if step == 0:
        raise ArgumentError("arange(): step must not be 0")
    first, last = (0.0, start) if stop is None else (start, stop)
    count = max(0, -int(-(last - first) // step))
    values = first + step * jnp.arange(count, dtype=jnp.float64)
    return jnp.repeat(values, repeat).astype(dtype)


@register("_constant", differentiable=False)
def constant(*, data: str, shape: Shape, dtype: DType) -> Any:
    """A small array known before anything runs; `data` holds its bytes in hexadecimal, exact to the last bit."""
    return jnp.asarray(np.frombuffer(bytes.fromhex(data), as_dtype(dtype)).reshape(shape))
