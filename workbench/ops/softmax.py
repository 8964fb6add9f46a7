"""Softmax and its relatives."""

from __future__ import annotations

import math
from typing import Any, Literal

import jax
import jax.numpy as jnp

from workbench.errors import NotSupportedError
from workbench.ops.attribute import DType
from workbench.ops.registry import register


def _prepare(data: Any, temperature: float | None, dtype: str | None) -> Any:
    data = data if dtype is None else data.astype(dtype)
    return data if temperature is None else data / temperature


def _within(data: Any, length: Any, axis: int) -> Any:
    """Which places along the axis are before the end that `length` gives for all other axes."""
    axis %= data.ndim
    places = jnp.arange(data.shape[axis]).reshape([-1 if i == axis else 1 for i in range(data.ndim)])
    return places < jnp.expand_dims(length, axis)


def _length_shape(known: Any, *, axis: int, use_length: bool, **_: Any) -> Any:
    if not use_length or "data" not in known:
        return {}
    shape = [*known["data"]]
    del shape[axis]
    return {"length": tuple(shape)}


@register(
    "softmax",
    used=lambda use_length, **_: ("data", "length") if use_length else ("data",),
    complete=_length_shape,
)
def softmax(
    data: Any,
    length: Any = None,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DType | None = None,
    use_length: bool | None = False,
) -> Any:
    """``exp(x / temperature)`` normalised to sum 1 along `axis`.

    data: any shape; length: data's shape without `axis`, how many places count there, with `use_length`; output: the
    shape of data, 0 beyond the length, of data's dtype unless `dtype` says another.
    """
    data = _prepare(data, temperature, dtype)
    if length is None:
        return jax.nn.softmax(data, axis=axis)
    inside = _within(data, length, axis)
    # An empty row has no maximum: its places are 0 like all others beyond a length.
    return jnp.where(inside, jax.nn.softmax(jnp.where(inside, data, jnp.finfo(data.dtype).min), axis=axis), 0)


@softmax.gradient("output")
def _softmax_gradient(g: Any, output: Any, *, axis: int, temperature: float | None, **_: Any) -> Any:
    inner = output * (g - jnp.sum(g * output, axis=axis, keepdims=True))
    return inner if temperature is None else inner / temperature, None


def _no_length(op: str, use_length: bool | None) -> None:
    if use_length:
        raise NotSupportedError(
            f"{op}(): use_length=True is not supported, nor was it in MXNet 1.9; softmax has it"
        )


@register("log_softmax")
def log_softmax(
    data: Any,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DType | None = None,
    use_length: bool | None = False,
) -> Any:
    """The logarithm of the softmax along `axis`.

    data: any shape; output: the same shape, of data's dtype unless `dtype` says another.
    """
    _no_length("log_softmax", use_length)
    return jax.nn.log_softmax(_prepare(data, temperature, dtype), axis=axis)


@log_softmax.gradient("output")
def _log_softmax_gradient(g: Any, output: Any, *, axis: int, temperature: float | None, **_: Any) -> Any:
    inner = g - jnp.exp(output) * jnp.sum(g, axis=axis, keepdims=True)
    return inner if temperature is None else inner / temperature


@register("softmin")
def softmin(
    data: Any,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DType | None = None,
    use_length: bool | None = False,
) -> Any:
    """The softmax of ``-data`` along `axis`.

    data: any shape; output: the same shape, of data's dtype unless `dtype` says another.
    """
    _no_length("softmin", use_length)
    return jax.nn.softmax(-_prepare(data, temperature, dtype), axis=axis)


@softmin.gradient("output")
def _softmin_gradient(g: Any, output: Any, **attrs: Any) -> Any:
    return -_softmax_gradient(g, output, **attrs)[0]


@register("SoftmaxActivation")
def softmax_activation(data: Any, *, mode: Literal["instance", "channel"] = "instance") -> Any:
    """Softmax over the last axis (``instance``) or over axis 1 (``channel``).

    data: (n, ...); output: the same shape.
    """
    return jax.nn.softmax(data, axis=1 if mode == "channel" else -1)


@softmax_activation.gradient("output")
def _softmax_activation_gradient(g: Any, output: Any, *, mode: str) -> Any:
    return _softmax_gradient(g, output, axis=1 if mode == "channel" else -1, temperature=None)[0]


@register("_contrib_div_sqrt_dim")
def div_sqrt_dim(data: Any) -> Any:
    """Divides by the square root of the last axis's length, as attention does with its scores.

    data: any shape; output: the same.  Source: Vaswani et al. (2017), section 3.2.1.
    """
    return data / math.sqrt(data.shape[-1])
