"""Softmax and its relatives."""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp

from workbench.ops.registry import register


@register("softmax")
def softmax(data: Any, *, axis: int = -1, temperature: float | None = None) -> Any:
    """``exp(x / temperature)`` normalised to sum 1 along `axis`.

    data: any shape; output: the same shape and dtype.
    """
    return jax.nn.softmax(data if temperature is None else data / temperature, axis=axis)


@softmax.gradient("output")
def _softmax_gradient(g: Any, output: Any, *, axis: int, temperature: float | None) -> Any:
    inner = output * (g - jnp.sum(g * output, axis=axis, keepdims=True))
    return inner if temperature is None else inner / temperature


@register("log_softmax")
def log_softmax(data: Any, *, axis: int = -1, temperature: float | None = None) -> Any:
    """The logarithm of the softmax along `axis`.

    data: any shape; output: the same shape and dtype.
    """
    return jax.nn.log_softmax(data if temperature is None else data / temperature, axis=axis)


@log_softmax.gradient("output")
def _log_softmax_gradient(g: Any, output: Any, *, axis: int, temperature: float | None) -> Any:
    inner = g - jnp.exp(output) * jnp.sum(g, axis=axis, keepdims=True)
    return inner if temperature is None else inner / temperature


@register("SoftmaxActivation")
def softmax_activation(data: Any, *, mode: Literal["instance", "channel"] = "instance") -> Any:
    """Softmax over all axes but the first (``instance``) or over axis 1 (``channel``).

    data: (n, ...); output: the same shape.
    """
    if mode == "channel":
        return jax.nn.softmax(data, axis=1)
    return jax.nn.softmax(data.reshape(data.shape[0], -1), axis=1).reshape(data.shape)
