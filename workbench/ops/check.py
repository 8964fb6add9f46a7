"""Questions about numbers: is it one, is it finite, are two arrays close?  Answers are 1 and 0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax.numpy as jnp

from workbench.errors import ArgumentError
from workbench.ops.registry import register


@register("_contrib_isnan", differentiable=False)
def isnan(data: Any) -> Any:
    """1 where `data` is not a number, else 0; shape and dtype of `data`."""
    return jnp.isnan(data).astype(data.dtype)


@register("_contrib_isinf", differentiable=False)
def isinf(data: Any) -> Any:
    """1 where `data` is infinite of either sign, else 0; shape and dtype of `data`."""
    return jnp.isinf(data).astype(data.dtype)


@register("_contrib_isfinite", differentiable=False)
def isfinite(data: Any) -> Any:
    """1 where `data` is a number and finite, else 0; shape and dtype of `data`."""
    return jnp.isfinite(data).astype(data.dtype)


@register("all_finite", differentiable=False)
def all_finite(data: Any, *, init_output: bool = True) -> Any:
    """Whether every number of `data` is finite, as one float32, (1,).

    `init_output` is accepted without effect: MXNet's False would keep a 0 that stands in ``out=``.
    """
    return _finite([data])


@register("multi_all_finite", differentiable=False)
def multi_all_finite(*data: Any, num_arrays: int = 1, init_output: bool = True) -> Any:
    """Whether every number of every array is finite, as one float32, (1,); see `all_finite`."""
    if len(data) != num_arrays:
        raise ArgumentError(f"multi_all_finite(): num_arrays={num_arrays}, and {len(data)} arrays were given")
    return _finite(data)


def _finite(arrays: Iterable[Any]) -> Any:
    checked = [jnp.isfinite(a).all() for a in arrays]
    return jnp.stack(checked).all().astype(jnp.float32).reshape(1)


@register("_contrib_allclose", differentiable=False)
def allclose(a: Any, b: Any, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = True) -> Any:
    """Whether ``|a - b| <= atol + rtol |b|`` everywhere, as one uint8.

    a, b: one shape; output: shape ().
    """
    return jnp.allclose(a, b, rtol, atol, equal_nan).astype(jnp.uint8)
