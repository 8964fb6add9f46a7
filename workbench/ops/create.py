"""Arrays from nothing but a shape and a few numbers."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from workbench.errors import ArgumentError, NotSupportedError
from workbench.ops.attribute import DType
from workbench.ops.registry import register
from workbench.types import Shape, as_dtype


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
    infer_range: bool = False,
    dtype: DType = DType("float32"),
) -> Any:
    """Evenly spaced values, each repeated `repeat` times."""
    if infer_range:
        raise NotSupportedError(
            "arange(): infer_range=True is not supported; contrib.arange_like takes a tensor"
        )
    if step == 0:
        raise ArgumentError("arange(): step must not be 0")
    if repeat < 1:
        raise ArgumentError(f"arange(): repeat must be 1 or more, got {repeat}")
    first, last = (0.0, start) if stop is None else (start, stop)
    count = max(0, -int(-(last - first) // step))
    values = first + step * jnp.arange(count, dtype=jnp.float64)
    return jnp.repeat(values, repeat).astype(dtype)


@register("_ones", differentiable=False)
def ones(*, shape: Shape, dtype: DType = DType("float32")) -> Any:
    """An array of ones."""
    return jnp.ones(shape, dtype)


@register("_linspace", differentiable=False)
def linspace(
    *, start: float, stop: float, num: int, endpoint: bool = True, dtype: DType = DType("float32")
) -> Any:
    """`num` evenly spaced values from `start` to `stop`, which is one of them if `endpoint`."""
    return jnp.linspace(start, stop, num, endpoint=endpoint, dtype=jnp.float64).astype(dtype)


@register("_eye", differentiable=False)
def eye(*, N: int, M: int = 0, k: int = 0, dtype: DType = DType("float32")) -> Any:
    """`N` rows and `M` columns (`N` if 0) of zeros, with ones on the `k`-th diagonal."""
    return jnp.eye(N, M or N, k, dtype=dtype)


@register("_contrib_arange_like", differentiable=False)
def arange_like(
    data: Any, *, start: float = 0.0, step: float = 1.0, repeat: int = 1, axis: int | None = None
) -> Any:
    """Evenly spaced values, each `repeat` times, as many as `data` has, or as its `axis` has.

    data: any shape; output: its shape (or that axis alone) and dtype.
    """
    count = data.size if axis is None else data.shape[axis]
    values = start + step * (jnp.arange(count) // repeat).astype(jnp.float64)
    return values.astype(data.dtype).reshape(data.shape if axis is None else (count,))


@register("_contrib_index_array", differentiable=False)
def index_array(data: Any, *, axes: Shape | None = None) -> Any:
    """The place of every element of `data`, along `axes` or all.

    data: any shape; output: (*data.shape, number of axes), int64.
    """
    every = jnp.indices(data.shape, dtype=jnp.int64)
    return jnp.stack(
        [every[axis] for axis in range(data.ndim)] if axes is None else [every[a] for a in axes], -1
    )


@register("_constant", differentiable=False)
def constant(*, data: str, shape: Shape, dtype: DType) -> Any:
    """A small array known before anything runs; `data` holds its bytes in hexadecimal, exact to the last bit."""
    return jnp.asarray(np.frombuffer(bytes.fromhex(data), as_dtype(dtype)).reshape(shape))
