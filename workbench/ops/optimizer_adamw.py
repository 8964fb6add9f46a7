"""AdamW: Adam whose weight decay stands beside the step, not inside the averages.

The scale of the gradient is a tensor, as loss scaling computes it; where it is 0, infinite or not a number, the step
is left out.
"""

from __future__ import annotations

import jax.numpy as jnp

from workbench.errors import ShapeError
from workbench.ops.optimizer import Array, clipped, same_shape, wide
from workbench.ops.registry import register


@register(
    "_adamw_update", "_contrib_adamw_update",
    dynamic=("lr", "eta", "wd"), writes={"mean": 1, "var": 2}, differentiable=False, update=True,
)  # fmt: skip
def adamw_update(
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    rescale_grad: Array,
    *,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array, Array]:
    """``weight -= eta * (lr * mean / (sqrt(var) + epsilon) + wd * weight)``.

    mean and var are decaying averages of ``g = clip(rescale_grad * grad)`` and g².  weight, grad, mean, var: one shape
    S → S; rescale_grad: one number, (1,); mean and var are written back.
    Source: MXNet 1.9 ``contrib.adamw_update``; I. Loshchilov and F. Hutter, arXiv:1711.05101, algorithm 2.

    Raises:
        ShapeError: rescale_grad has more than one element.
    """
    new, mean_out, var_out = _step(
        weight, grad, mean, var, rescale_grad, lr, eta, (beta1, beta2, epsilon), wd, clip_gradient
    )
    return new.astype(weight.dtype), mean_out, var_out


@register(
    "_mp_adamw_update", "_contrib_mp_adamw_update",
    dynamic=("lr", "eta", "wd"), writes={"mean": 1, "var": 2, "weight32": 3}, differentiable=False, update=True,
)  # fmt: skip
def mp_adamw_update(
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    weight32: Array,
    rescale_grad: Array,
    *,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array, Array, Array]:
    """`_adamw_update` of `weight32`, the float32 copy of a narrow weight, which becomes it, rounded.

    weight, grad, mean, var, weight32: one shape S → S; mean, var and weight32 are written back.
    Source: MXNet 1.9 ``contrib.mp_adamw_update``.

    Raises:
        ShapeError: rescale_grad has more than one element.
    """
    same_shape({"weight": weight, "weight32": weight32})
    new, mean_out, var_out = _step(
        weight32, grad, mean, var, rescale_grad, lr, eta, (beta1, beta2, epsilon), wd, clip_gradient
    )
    return new.astype(weight.dtype), mean_out, var_out, new


def _step(
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    scale: Array,
    lr: float,
    eta: float,
    averages: tuple[float, float, float],
    wd: float,
    bound: float,
) -> tuple[Array, Array, Array]:
    same_shape({"weight": weight, "grad": grad, "mean": mean, "var": var})
    if scale.size != 1:
        raise ShapeError(f"rescale_grad must be one number, got shape {scale.shape}")
    dtype, (beta1, beta2, epsilon) = wide(weight), averages
    w, g, m, v = (a.astype(dtype) for a in (weight, grad, mean, var))
    factor, rate, share, decay = (jnp.asarray(a).astype(dtype) for a in (scale.reshape(()), lr, eta, wd))
    g = clipped(factor * g, bound)
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    new = w - share * (rate * m / (jnp.sqrt(v) + epsilon) + decay * w)
    steps = jnp.isfinite(factor) & (factor != 0)
    made = zip((new, m, v), (weight, mean, var), strict=True)
    after_w, after_m, after_v = (jnp.where(steps, a, b.astype(dtype)).astype(b.dtype) for a, b in made)
    return after_w, after_m, after_v
