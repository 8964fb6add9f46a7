"""Dropout: noise that regularises."""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp

from workbench.errors import ArgumentError
from workbench.ops.random import key_of
from workbench.ops.registry import register
from workbench.types import Shape


def drop_mask(shape: Shape, dtype: Any, key: Any, p: float, axes: Shape) -> Any:
    """What dropout multiplies by: 0 with probability `p`, else 1 / (1 - p); `axes` share one draw."""
    drawn = tuple(1 if i in axes else n for i, n in enumerate(shape))
    keep = jax.random.bernoulli(key_of(key), 1 - p, drawn)
    return jnp.where(keep, jnp.asarray(1 / (1 - p), dtype), jnp.zeros((), dtype))


@register("Dropout", random=True, train_aware=True)
def dropout(
    data: Any,
    *,
    p: float = 0.5,
    mode: Literal["training", "always"] = "training",
    axes: Shape = (),
    cudnn_off: bool = False,
    _train: bool = False,
    _key: Any = None,
) -> Any:
    """Zeroes each element with probability `p` and scales the others by 1 / (1 - p); in training only.

    data: any shape; output: the same.  `axes` share one draw.  The gradient redraws the mask from its
    key, so none is kept.  Source: Srivastava et al. (2014).
    """
    if not 0 <= p < 1:
        raise ArgumentError(f"Dropout(): p must be in [0, 1), got {p}")
    if not all(0 <= axis < data.ndim for axis in axes):
        raise ArgumentError(f"Dropout(): axes must be among the {data.ndim} of the data, got {axes}")
    active = (_train or mode == "always") and p > 0
    return data * drop_mask(data.shape, data.dtype, _key, p, axes) if active else data


@dropout.gradient("_key")
def _dropout_gradient(g: Any, key: Any, *, p: float, mode: str, axes: Shape, _train: bool, **_: Any) -> Any:
    active = (_train or mode == "always") and p > 0
    return g * drop_mask(g.shape, g.dtype, key, p, axes) if active else g
