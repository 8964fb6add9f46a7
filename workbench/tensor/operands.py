"""What a contraction is asked about: shapes alone, or tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from workbench.contraction.expression import Expression
from workbench.errors import ArgumentError, DTypeError, ShapeError
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context
from workbench.types import Shape, as_dtype

TENSORS = (NDArray, np.ndarray, np.generic, jax.Array)


def shapes_of(operands: Sequence[Any], dtype: Any) -> tuple[tuple[Any, ...], tuple[np.dtype[Any], ...]]:
    """Shape and dtype of each operand; of shapes, the dtype is the one that is given.

    Raises:
        ArgumentError: some are tensors and some are shapes.
        DTypeError: the dtype is none, or a tensor holds no numbers.
    """
    tensors = [isinstance(operand, TENSORS) for operand in operands]
    if all(tensors):
        dtypes = tuple(np.dtype(o.dtype) for o in operands)
        for number, found in enumerate(dtypes):
            if found.kind not in "biufc" and found != np.dtype(jnp.bfloat16):
                raise DTypeError(f"tensors of numbers can be contracted, tensor {number} holds {found}")
        return tuple(o.shape for o in operands), dtypes
    if any(tensors):
        raise ArgumentError(
            f"either tensors or shapes: operand {tensors.index(True)} is a tensor, operand "
            f"{tensors.index(False)} is {operands[tensors.index(False)]!r:.80}"
        )
    return tuple(operands), (as_dtype(dtype),) * len(operands)


def put(
    expression: Expression, tensors: Sequence[Any], dtypes: Sequence[np.dtype[Any]], device: Context
) -> list[jax.Array]:
    """The tensors on a device, as these dtypes.

    Raises:
        ShapeError: their number or a shape is not the expression's.
        DTypeError: one is complex, where the contraction is of real numbers.
    """
    values = [_array(tensor, number) for number, tensor in enumerate(tensors)]
    shapes = tuple(value.shape for value in values)
    if shapes != expression.shapes:
        raise ShapeError(f"{expression} is for tensors of shapes {expression.shapes}, got {shapes}")
    for number, (value, dtype) in enumerate(zip(values, dtypes, strict=True)):
        if value.dtype.kind == "c" and dtype.kind != "c":
            raise DTypeError(f"{expression} was made for {dtype}, and tensor {number} holds {value.dtype}")
    with jax.enable_x64(True):
        return [
            jax.device_put(value if value.dtype == dtype else value.astype(dtype), device.jax_device)
            for value, dtype in zip(values, dtypes, strict=True)
        ]


def _array(value: Any, number: int) -> Any:
    value = value.jax if isinstance(value, NDArray) else value
    try:
        return value if isinstance(value, jax.Array) else np.asarray(value)
    except ValueError:
        raise ShapeError(f"tensor {number}: lists of different lengths are none, got {value!r:.80}") from None


def random_tensors(expression: Expression, dtypes: Sequence[np.dtype[Any]]) -> list[np.ndarray]:
    """Numbers to measure with, between −1 and 1, or whole ones of 0 and 1; the same each time."""
    generator = np.random.default_rng(0)
    return [_random(generator, *each) for each in zip(expression.shapes, dtypes, strict=True)]


def _random(generator: np.random.Generator, shape: Shape, dtype: np.dtype[Any]) -> np.ndarray:
    if dtype.kind in "biu":
        return generator.integers(0, 2, shape, np.uint8).astype(dtype)
    # As narrow as they will be, and changed in place: a tensor may take most of the memory that there is.
    made: Any = np.asarray(generator.random(shape, np.float64 if dtype.char in "dD" else np.float32))
    made *= 2
    made -= 1
    found: np.ndarray = made.astype(dtype, copy=False)
    return found
