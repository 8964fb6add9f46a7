"""Shape operators: the same elements under another shape.

Their gradients need shapes only, never values; JAX's own derivatives find that out, so no buffer is kept
for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from workbench.ops.registry import register
from workbench.types import Shape


def reshaped(old: Shape, codes: Shape, reverse: bool = False) -> Shape:
    """The shape MXNet's reshape codes stand for.

    0 keeps an axis, -1 is worked out, -2 keeps all that are left, -3 joins two, -4 splits one in two.

    Raises:
        ValueError: the codes do not fit the shape.
    """
    if reverse:
        return tuple(reversed(reshaped(old[::-1], codes[::-1])))
    try:
        out = _decoded(old, list(codes))
    except IndexError:
        raise ValueError(f"shape {codes} asks for more axes than {old} has") from None
    if out.count(-1) > 1:
        raise ValueError(f"shape {codes} has more than one -1")
    total, size = math.prod(old), math.prod(n for n in out if n != -1)
    if -1 in out and size and total % size == 0:
        out[out.index(-1)] = total // size
        size = total
    if size != total or -1 in out:
        raise ValueError(f"can't reshape {old} ({total} elements) into {codes}")
    return tuple(out)


def _decoded(old: Shape, rest: list[int]) -> list[int]:
    out: list[int] = []
    at = 0
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
    return out


@register("Reshape", "reshape")
def reshape(
    data: Any,
    *,
    shape: Shape = (),
    reverse: bool = False,
    target_shape: Shape = (),
    keep_highest: bool = False,
) -> Any:
    """The same elements in another shape, in row-major order.

    `shape` may hold MXNet's codes: 0 keep, -1 infer, -2 all the rest, -3 join two, -4 split in two;
    `reverse` reads them from the right.  `target_shape` is the way before there were codes: its 0 is worked out,
    and `keep_highest` keeps the first axis.  data: any shape; output: `shape`.
    """
    if shape or not target_shape:
        return data.reshape(reshaped(data.shape, shape, reverse))
    codes = tuple(n or -1 for n in target_shape)
    return data.reshape(reshaped(data.shape, (0, *codes[1:]) if keep_highest else codes))


@register("_reshape_to")
def reshape_to(data: Any, *, shape: Shape) -> Any:
    """The same elements in exactly this shape (no codes; an axis may be 0)."""
    return data.reshape(shape)


@register("reshape_like")
def reshape_like(
    lhs: Any,
    rhs: Any,
    *,
    lhs_begin: int | None = None,
    lhs_end: int | None = None,
    rhs_begin: int | None = None,
    rhs_end: int | None = None,
) -> Any:
    """The elements of `lhs` in the shape of `rhs`.

    Only axes ``lhs_begin:lhs_end`` change, into those of rhs at ``rhs_begin:rhs_end``.
    lhs: any shape; rhs: a shape of as many elements there; output: the dtype of lhs.
    """
    first, last, _ = slice(lhs_begin, lhs_end).indices(lhs.ndim)
    return lhs.reshape((*lhs.shape[:first], *rhs.shape[rhs_begin:rhs_end], *lhs.shape[last:]))


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


@register("reverse", "flip")
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
def broadcast_like(
    lhs: Any, rhs: Any, *, lhs_axes: Shape | None = None, rhs_axes: Shape | None = None
) -> Any:
    """`lhs` stretched to the shape of `rhs`, or its `lhs_axes` to the sizes of rhs at `rhs_axes`."""
    if lhs_axes is None or rhs_axes is None:
        return jnp.broadcast_to(lhs, rhs.shape)
    sizes = [rhs.shape[axis] for axis in rhs_axes]
    return jnp.broadcast_to(lhs, _stretched(lhs.shape, lhs_axes, sizes))


@register("broadcast_axis", "broadcast_axes")
def broadcast_axis(data: Any, *, axis: Shape = (), size: Shape = ()) -> Any:
    """Axes of size 1 stretched: each of `axis` to its `size`."""
    return jnp.broadcast_to(data, _stretched(data.shape, axis, size))


def _stretched(old: Shape, axes: Shape, sizes: Sequence[int]) -> Shape:
    if len(axes) != len(sizes):
        raise ValueError(f"{len(axes)} axes {tuple(axes)} for {len(sizes)} sizes {tuple(sizes)}")
    new = list(old)
    for axis, size in zip(axes, sizes, strict=True):
        new[axis] = size
    return tuple(new)


@register("depth_to_space")
def depth_to_space(data: Any, *, block_size: int) -> Any:
    """Channels laid out as blocks of pixels.

    data: (n, b * b * c, h, w) with b the `block_size`; output: (n, c, b * h, b * w).
    """
    n, depth, h, w = data.shape
    blocks = data.reshape(n, block_size, block_size, depth // block_size**2, h, w)
    return blocks.transpose(0, 3, 4, 1, 5, 2).reshape(n, -1, h * block_size, w * block_size)


@register("space_to_depth")
def space_to_depth(data: Any, *, block_size: int) -> Any:
    """Blocks of pixels stacked as channels: what `depth_to_space` undoes.

    data: (n, c, b * h, b * w) with b the `block_size`; output: (n, b * b * c, h, w).
    """
    n, c, height, width = data.shape
    blocks = data.reshape(n, c, height // block_size, block_size, width // block_size, block_size)
    return blocks.transpose(0, 3, 5, 1, 2, 4).reshape(n, -1, height // block_size, width // block_size)


@register("shape_array", differentiable=False)
def shape_array(data: Any) -> Any:
    """The shape of `data` as an int64 array of one entry an axis."""
    return jnp.asarray(data.shape, jnp.int64)


@register("size_array", differentiable=False)
def size_array(data: Any) -> Any:
    """The number of elements of `data`, int64, shape (1,)."""
    return jnp.asarray([data.size], jnp.int64)
