"""Non-linearities applied to each element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import lax

from workbench.ops.random import key_of
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


def _leaky_outputs(*, act_type: str, **_: Any) -> tuple[str, ...]:
    return ("output", "mask") if act_type == "rrelu" else ("output",)


@register(
    "LeakyReLU",
    used=lambda act_type, **_: ("data", "gamma") if act_type == "prelu" else ("data",),
    complete=lambda known, **_: {"gamma": (known["data"][1],)} if {*known} == {"data"} else {},
    outputs=_leaky_outputs,
    random=lambda act_type, **_: act_type == "rrelu",
    train_aware=True,
)
def leaky_relu(
    data: Any,
    gamma: Any = None,
    *,
    act_type: Literal["leaky", "elu", "prelu", "selu", "gelu", "rrelu"] = "leaky",
    slope: float = 0.25,
    lower_bound: float = 0.125,
    upper_bound: float = 0.334,
    _train: bool = False,
    _key: Any = None,
) -> Any:
    """A rectifier with a slope for negative inputs: `slope`, for ``prelu`` learned, for ``rrelu`` drawn.

    data: (n, c, ...); gamma: (c,) or (1,), ``prelu`` only; output: the shape of data.  ``rrelu`` draws each
    element's slope between the bounds in training, takes their mean in prediction, and gives the slopes as a second
    output, 1 where the data are positive.
    Sources: Klambauer et al. (2017) for ``selu``, Hendrycks and Gimpel (2016) for ``gelu``, Xu et al. (2015) for
    ``rrelu``.
    """
    if act_type == "elu":
        return jnp.where(data > 0, data, slope * jnp.expm1(data))
    if act_type == "selu":
        return jax.nn.selu(data)
    if act_type == "gelu":
        return jax.nn.gelu(data, approximate=False)
    if act_type == "leaky":
        return jnp.where(data > 0, data, slope * data)
    if act_type == "prelu":
        lower = gamma if data.ndim == 1 else gamma.reshape(1, -1, *(1,) * (data.ndim - 2))
        return jnp.where(data > 0, data, lower * data)
    if _train:
        lower = jax.random.uniform(key_of(_key), data.shape, data.dtype, lower_bound, upper_bound)
    else:
        lower = jnp.asarray((lower_bound + upper_bound) / 2, data.dtype)
    mask = jnp.where(data > 0, jnp.ones((), data.dtype), lower)
    return data * mask, lax.stop_gradient(mask)


def _leaky_kept(*, act_type: str, slope: float, **_: Any) -> tuple[str, ...]:
    if act_type == "rrelu":
        return ("mask",)
    return ("output",) if act_type == "leaky" and slope >= 0 else ("data", "gamma")


@leaky_relu.gradient(_leaky_kept)
def _leaky_gradient(g: Any, *kept: Any, act_type: str, slope: float, **attrs: Any) -> Any:
    """A fixed slope that is not negative leaves the sign as it was, so the output does for the input."""
    if act_type == "rrelu":
        return None if g[0] is None else g[0] * kept[0]
    if act_type == "leaky" and slope >= 0:
        return jnp.where(kept[0] > 0, g, slope * g)
    return jax.vjp(lambda *read: leaky_relu.fn(*read, act_type=act_type, slope=slope, **attrs), *kept)[1](g)
