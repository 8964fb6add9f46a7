"""The dense layer, and the linear part every layer with weights shares."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from workbench.errors import DTypeError
from workbench.ops.registry import register
from workbench.types import Shape


def with_bias(*, no_bias: bool, **_: Any) -> tuple[str, ...]:
    """The inputs of a layer with weights: its bias too unless it has none."""
    return ("data", "weight") if no_bias else ("data", "weight", "bias")


def check_dtypes(data: Any, weight: Any) -> None:
    """Data and weights are of one dtype, as in MXNet: images as they come from a file are bytes, and weights floats.

    Raises:
        DTypeError: they are not.
    """
    if data.dtype != weight.dtype:
        raise DTypeError(
            f"data is {data.dtype} and weight {weight.dtype}, which must be the same; "
            f"cast one, as data.astype('{weight.dtype}') does"
        )


def _dense_shapes(known: Any, *, num_hidden: int, flatten: bool, **_: Any) -> Any:
    shapes: dict[str, Shape] = {"bias": (num_hidden,)}
    if "data" in known:
        width = 1
        for n in known["data"][1:] if flatten else known["data"][-1:]:
            width *= n
        shapes["weight"] = (num_hidden, width)
    return shapes


@register("FullyConnected", used=with_bias, complete=_dense_shapes, rows="data")
def fully_connected(
    data: Any, weight: Any, bias: Any = None, *, num_hidden: int, no_bias: bool = False, flatten: bool = True
) -> Any:
    """``data @ weight.T + bias``, the dense layer.

    data: (n, ...), its axes after the first joined unless `flatten` is off; weight: (num_hidden, k);
    bias: (num_hidden,); output: (n, num_hidden), or (..., num_hidden) without `flatten`; all of one dtype.
    """
    check_dtypes(data, weight)
    rows = data.reshape(data.shape[0], math.prod(data.shape[1:])) if flatten else data
    out = jnp.matmul(rows, weight.T)
    return out if bias is None else out + bias
