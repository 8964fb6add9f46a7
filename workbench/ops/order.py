"""Ordering: positions of extremes, sorting, and the k largest.

Positions are numbers of the data's dtype, or float32 where a dtype can be asked for, as in MXNet, whose networks pass
them on as data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import jax.numpy as jnp

from workbench.ops.attribute import DType
from workbench.ops.reduce import axes_of, shaped
from workbench.ops.registry import register
from workbench.ops.truth import counted


def _arg(name: str, fn: Callable[..., Any], what: str) -> None:
    def apply(data: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
        data = counted(data)
        if axis is None:
            out = fn(data.reshape(-1))
            return out.reshape((1,) * data.ndim if keepdims else (1,)).astype(data.dtype)
        return shaped(fn(data, axis=axis, keepdims=keepdims).astype(data.dtype))

    apply.__doc__ = (
        f"The position of the {what} along `axis` (in the flattened array if None).\n\n"
        "data: any shape; output: the shape without `axis`, (1,) where nothing is left; the dtype of data, like MXNet."
    )
    register(name, differentiable=False)(apply)


_arg("argmax", jnp.argmax, "maximum")
_arg("argmin", jnp.argmin, "minimum")


@register("argmax_channel", differentiable=False)
def argmax_channel(data: Any) -> Any:
    """The position of the maximum along axis 1.

    data: (n, c, ...); output: (n, ...), the dtype of data.
    """
    return jnp.argmax(data, axis=1).astype(data.dtype)


@register("sort", outputs=("output0",))
def sort(data: Any, *, axis: int | None = -1, is_ascend: bool = True) -> Any:
    """The elements in order along `axis` (flattened if None).

    data: any shape; output: the same shape, (size,) where `axis` is None.
    """
    data, axis = _along(data, axis)
    return jnp.take_along_axis(data, _order(data, axis, is_ascend), axis=axis)


@register("argsort", differentiable=False)
def argsort(
    data: Any, *, axis: int | None = -1, is_ascend: bool = True, dtype: DType = DType("float32")
) -> Any:
    """The positions of the elements in order along `axis` (flattened if None); of equal ones the first first.

    data: any shape; output: the same shape, (size,) where `axis` is None.
    """
    data, axis = _along(data, axis)
    return _order(data, axis, is_ascend).astype(dtype)


def _topk_outputs(ret_typ: str, **_: Any) -> tuple[str, ...]:
    return ("output0", "output1") if ret_typ == "both" else ("output",)


@register("topk", outputs=_topk_outputs)
def topk(
    data: Any,
    *,
    axis: int | None = -1,
    k: int = 1,
    ret_typ: Literal["value", "indices", "mask", "both"] = "indices",
    is_ascend: bool = False,
    dtype: DType = DType("float32"),
) -> Any:
    """The `k` largest along `axis` (smallest if `is_ascend`; all, sorted, where k is 0; flattened if axis is None).

    data: any shape; output: that with k for the axis: the values, their positions (of `dtype`), or both; or a
    mask of the shape of data, 1 at the k chosen.
    """
    shape = data.shape
    data, axis = _along(data, axis)
    size = data.shape[axis]
    if not 0 <= k <= size:
        raise ValueError(f"k must be between 0 and the {size} elements of the axis, got {k}")
    chosen = jnp.take(_order(data, axis, is_ascend), jnp.arange(k or size), axis=axis)
    if ret_typ == "mask":
        zeros = jnp.zeros(data.shape, data.dtype)
        return jnp.put_along_axis(zeros, chosen, 1, axis=axis, inplace=False).reshape(shape)
    values, positions = jnp.take_along_axis(data, chosen, axis=axis), chosen.astype(dtype)
    return {"value": values, "indices": positions, "both": (values, positions)}[ret_typ]


def _along(data: Any, axis: int | None) -> tuple[Any, int]:
    return (data.reshape(-1), 0) if axis is None else (data, axes_of(axis, data.ndim, False)[0])


def _order(data: Any, axis: int, ascending: bool) -> Any:
    return jnp.argsort(data, axis=axis, stable=True, descending=not ascending)
