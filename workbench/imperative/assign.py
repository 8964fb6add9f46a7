"""Assigning: what stands right of ``a[key] = value``, made to fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.errors import DeviceError, ShapeError
from workbench.imperative.invoke import invoke
from workbench.imperative.make import array, as_float, as_numbers, filled
from workbench.imperative.ndarray import NDArray
from workbench.ops import registry
from workbench.runtime.device import Context
from workbench.types import TensorType


def as_value(value: Any, target: TensorType, context: Context) -> NDArray:
    """A fresh array of this type from anything that can be assigned.

    Raises:
        ArgumentError: the value is not numbers.
        ShapeError: the value can't be broadcast to the target.
        DeviceError: it is an NDArray on another device.
    """
    if isinstance(value, NDArray):
        return _fitted(value, target, context)
    number = as_float(value) if isinstance(value, (bool, int, float, np.number, np.bool_)) else None
    if number is not None and number == number:  # nan is for NumPy to refuse where it can't be written
        return filled(target.shape, number, context, target.dtype)
    host = as_numbers(value, target.dtype, "writing into an array")
    try:
        host = np.broadcast_to(host, target.shape)
    except ValueError:
        raise ShapeError(f"can't write shape {host.shape} into shape {target.shape}") from None
    return array(host, context, target.dtype)


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
    shape = value.shape
    while len(shape) > len(target.shape) and shape[0] == 1:
        shape = shape[1:]
    if shape != value.shape:
        value = value.reshape(shape)
    try:
        fits = np.broadcast_shapes(shape, target.shape) == target.shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"can't write shape {shape} into shape {target.shape}")
    return invoke(registry.get("broadcast_to"), (value,), {"shape": target.shape})
