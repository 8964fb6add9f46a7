"""Assigning: what stands on either side of ``a[key] = value``, made to fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.errors import DeviceError, ShapeError
from workbench.imperative.invoke import invoke
from workbench.imperative.make import array, as_numbers, filled
from workbench.imperative.ndarray import NDArray
from workbench.ops import registry
from workbench.runtime.device import Context
from workbench.types import Shape, TensorType


def flat_positions(shape: Shape, key: Any) -> np.ndarray:
    """Flat positions an advanced key selects, worked out by NumPy itself.

    Raises:
        ShapeError: the key does not fit the shape.
    """
    parts = tuple(_as_index(p) for p in (key if isinstance(key, tuple) else (key,)))
    try:
        return np.arange(int(np.prod(shape))).reshape(shape)[parts]
    except IndexError as error:
        raise ShapeError(f"index into shape {shape}: {error}") from error


def _as_index(part: Any) -> Any:
    if isinstance(part, (NDArray, list, np.ndarray)):
        part = part.asnumpy() if isinstance(part, NDArray) else np.asarray(part)
        return part.astype(np.int64) if part.dtype.kind == "f" else part
    return part


def as_value(value: Any, target: TensorType, context: Context) -> NDArray:
    """A fresh array of this type from anything that can be assigned.

    Raises:
        ArgumentError: the value is not numbers.
        ShapeError: the value can't be broadcast to the target.
        DeviceError: it is an NDArray on another device.
    """
    if isinstance(value, NDArray):
        return _fitted(value, target, context)
    if isinstance(value, (bool, int, float, np.number, np.bool_)) and float(value) == value:
        return filled(target.shape, float(value), context, target.dtype.name)
    host = as_numbers(value, target.dtype, "writing into an array")
    try:
        host = np.broadcast_to(host, target.shape)
    except ValueError:
        raise ShapeError(f"can't write shape {host.shape} into shape {target.shape}") from None
    return array(host, context, target.dtype.name)


def _fitted(value: NDArray, target: TensorType, context: Context) -> NDArray:
    if value.context is not context:
        raise DeviceError(
            f"can't write an array on {value.context} into one on {context}; use .copyto() or .as_in_context({context})"
        )
    if value._type is target:
        return value.copy()
    value = value.astype(target.dtype)
    if value.shape == target.shape:
        return value
    try:
        fits = np.broadcast_shapes(value.shape, target.shape) == target.shape
    except ValueError:
        fits = False
    if fits:
        return invoke(registry.get("broadcast_to"), (value,), {"shape": target.shape})
    if value.size == target.size:
        return invoke(registry.get("_reshape_to"), (value,), {"shape": target.shape})
    raise ShapeError(f"can't write shape {value.shape} into shape {target.shape}")
