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
from workbench.types import as_dtype

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
    """
    shapes = tuple(np.shape(tensor) for tensor in tensors)
    if shapes != expression.shapes:
        raise ShapeError(f"{expression} is for tensors of shapes {expression.shapes}, got {shapes}")
    values = [tensor.jax if isinstance(tensor, NDArray) else tensor for tensor in tensors]
    with jax.enable_x64(True):
        return [
            jax.device_put(value if value.dtype == dtype else value.astype(dtype), device.jax_device)
            for value, dtype in zip(map(_array, values), dtypes, strict=True)
        ]


def _array(value: Any) -> Any:
    return value if isinstance(value, jax.Array) else np.asarray(value)


def random_tensors(expression: Expression, dtypes: Sequence[np.dtype[Any]]) -> list[np.ndarray]:
    """Numbers to measure with, between −1 and 1 where they are fractions; the same each time."""
    generator = np.random.default_rng(0)
    return [
        np.asarray(generator.uniform(-1, 1, shape)).astype(dtype)
        for shape, dtype in zip(expression.shapes, dtypes, strict=True)
    ]
