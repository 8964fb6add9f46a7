"""Non-linearities applied to each element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp

from workbench.ops.registry import register

_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": lambda x: jnp.maximum(x, jnp.zeros((), x.dtype)),
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softrelu": jax.nn.softplus,
    "softsign": jax.nn.soft_sign,
}
_SLOPES = {
    "relu": lambda y: (y > 0).astype(y.dtype),
    "sigmoid": lambda y: y * (1 - y),
    "tanh": lambda y: 1 - y * y,
    "softrelu": lambda y: 1 - jnp.exp(-y),
    "softsign": lambda y: jnp.square(1 - jnp.abs(y)),
}


@register("Activation")
def activation(data: Any, *, act_type: Literal["relu", "sigmoid", "tanh", "softrelu", "softsign"]) -> Any:
    """An elementwise non-linearity.

    data: any shape; output: the same shape and dtype.  The gradient is taken from the output.
    """
    return _ACTIVATIONS[act_type](data)


@activation.gradient("output")
def _activation_gradient(g: Any, output: Any, *, act_type: str) -> Any:
    return g * _SLOPES[act_type](output)


@register(
    "LeakyReLU",
    used=lambda act_type, **_: ("data", "gamma") if act_type == "prelu" else ("data",),
    complete=lambda known, **_: {"gamma": (known["data"][1],)} if {*known} == {"data"} else {},
)
def leaky_relu(
    data: Any,
    gamma: Any = None,
    *,
    act_type: Literal["leaky", "elu", "prelu", "selu", "gelu"] = "leaky",
    slope: float = 0.25,
) -> Any:
    """A rectifier with a slope for negative inputs (`slope`; learned, one a channel, for ``prelu``).

    data: (n, c, ...); gamma: (c,), ``prelu`` only; output: the shape of data.
    """
    if act_type == "elu":
        return jnp.where(data > 0, data, slope * jnp.expm1(data))
    if act_type == "selu":
        return jax.nn.selu(data)
    if act_type == "gelu":
        return jax.nn.gelu(data, approximate=False)
    lower = slope if act_type == "leaky" else gamma.reshape(1, -1, *(1,) * (data.ndim - 2))
    return jnp.where(data > 0, data, lower * data)
