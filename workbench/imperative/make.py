"""Making arrays: from anything array-like, or filled with one number."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from workbench.errors import ArgumentError
from workbench.imperative.invoke import invoke
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage, leaf
from workbench.ops import registry
from workbench.runtime.device import Context, chosen_context, context_of, current_context
from workbench.types import as_dtype, tensor_type


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """An NDArray from anything array-like, copied; float32 unless told, as in MXNet.

    Raises:
        DTypeError: the dtype is not one of the workbench's.
        ArgumentError: the source is not numbers.
    """
    if isinstance(source_array, NDArray):
        ctx = source_array.context if ctx is None else ctx
        source_array = source_array.asnumpy()
        dtype = dtype or source_array.dtype
    wanted = as_dtype(dtype or np.float32)
    context = chosen_context(ctx)
    host = as_numbers(source_array, wanted, "nd.array()", copy=True)
    return NDArray(Storage(leaf(put(host, context), tensor_type(host.shape, wanted)), context))


def from_jax(value: jax.Array) -> NDArray:
    """An NDArray over a `jax.Array`, without a copy."""
    context = current_context() if isinstance(value, jax.core.Tracer) else context_of(value)
    return NDArray(Storage(leaf(value, tensor_type(value.shape, value.dtype)), context))


def _filled(shape: Any, value: float, ctx: Context | None, dtype: Any) -> NDArray:
    shape = tuple(shape) if isinstance(shape, list) else shape
    dtype = as_dtype("float32" if dtype is None else dtype)
    return filled(shape, value, chosen_context(ctx), dtype.name)


def zeros(shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """An array of zeros."""
    return _filled(shape, 0.0, ctx, dtype)


def ones(shape: Any, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """An array of ones."""
    return _filled(shape, 1.0, ctx, dtype)


def full(shape: Any, val: float, ctx: Context | None = None, dtype: Any = None) -> NDArray:
    """An array filled with one number."""
    return _filled(shape, val, ctx, dtype)


empty = zeros  # there is no uninitialised memory to hand out


def ones_like(data: NDArray) -> NDArray:
    """Ones of the shape, dtype and device of `data`."""
    return ones(data.shape, data.context, data.dtype)


def filled(shape: Any, value: float, context: Context, dtype: str) -> NDArray:
    """An array filled with one number, on exactly this device."""
    attrs = {"shape": shape, "value": value, "dtype": dtype}
    return invoke(registry.get("_full"), (), attrs, ctx=context)


def put(value: Any, context: Context) -> jax.Array:
    """A host or device array moved to a device."""
    with jax.enable_x64(True):
        return jax.device_put(value, context.jax_device)


def as_numbers(value: Any, dtype: np.dtype[Any], what: str, copy: bool | None = None) -> np.ndarray:
    """A NumPy array, copied where it must be.

    Raises:
        ArgumentError: the value is not numbers; None is none, although NumPy reads it as nan.
    """
    try:
        if value is None:
            raise TypeError("it holds no number")
        return np.array(value, dtype=dtype, copy=copy)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(f"{what} can't read {type(value).__name__} as numbers: {error}") from error
