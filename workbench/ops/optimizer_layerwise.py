"""Updates for large batches: each parameter's step is in proportion to the parameter's own norm."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from workbench.errors import ArgumentError, ShapeError
from workbench.ops.optimizer import Array, begun, decayed, same_shape, update, wide
from workbench.ops.registry import register


@update("lamb_update_phase1", "mean", "var", update=False)
def lamb_update_phase1(
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-6,
    t: int,
    bias_correction: bool = True,
    wd: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array, Array]:
    """The direction of LAMB's step number `t`: ``mean / (sqrt(var) + epsilon) + wd * weight``.

    mean and var are Adam's averages of ``clip(rescale_grad * grad)`` and its square, corrected with
    `bias_correction`.  weight, grad, mean, var: one shape S → S; mean and var are written back.
    Source: MXNet 1.9 ``lamb_update_phase1``; Y. You et al., arXiv:1904.00962, algorithm 2.
    """
    g = decayed(weight, grad, 0.0, rescale_grad, clip_gradient)
    mean = beta1 * mean + (1 - beta1) * g
    var = beta2 * var + (1 - beta2) * g * g
    m, v = mean, var
    if bias_correction:
        m, v = mean / begun(beta1, t, weight), var / begun(beta2, t, weight)
    return m / (jnp.sqrt(v) + epsilon) + wd * weight, mean, var


@register("lamb_update_phase2", dynamic=("lr",), differentiable=False)
def lamb_update_phase2(
    weight: Array,
    g: Array,
    r1: Array,
    r2: Array,
    *,
    lr: float,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
) -> Array:
    """LAMB's step: ``weight - lr * r1 / r2 * g``, g from `lamb_update_phase1`.

    weight, g: one shape S → S.  r1, r2: (1,), the norms of weight and g; r1 is held between the bounds, of
    which a negative one is none, and where either norm is 0 their ratio counts as 1.
    Source: MXNet 1.9 ``lamb_update_phase2``; Y. You et al., arXiv:1904.00962, algorithm 2.

    Raises:
        ShapeError: a norm has more than one element.
    """
    same_shape({"weight": weight, "g": g})
    for name, norm in (("r1", r1), ("r2", r2)):
        if norm.size != 1:
            raise ShapeError(f"{name} must be one number, a norm, got shape {norm.shape}")
    w, d, r1, r2 = (a.astype(wide(weight)) for a in (weight, g, r1.reshape(()), r2.reshape(())))
    low, high = (bound if bound >= 0 else None for bound in (lower_bound, upper_bound))
    r1 = jnp.clip(r1, low, high)
    ratio = jnp.where((r1 == 0) | (r2 == 0), 1, r1 / jnp.where(r2 == 0, 1, r2))
    return (w - jnp.asarray(lr).astype(w.dtype) * ratio * d).astype(weight.dtype)


@register(
    "mp_lamb_update_phase1",
    dynamic=lamb_update_phase1.dynamic,
    writes={"mean": 1, "var": 2},
    visible=1,
    differentiable=False,
)
def mp_lamb_update_phase1(
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    weight32: Array,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-6,
    t: int,
    bias_correction: bool = True,
    wd: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array, Array]:
    """`lamb_update_phase1` of `weight32`, the float32 copy of a narrow weight; the direction has its dtype.

    weight, grad, mean, var, weight32: one shape S → S; mean and var are written back.
    Source: MXNet 1.9 ``mp_lamb_update_phase1``.
    """
    same_shape({"weight": weight, "weight32": weight32})
    averages = {
        "beta1": beta1,
        "beta2": beta2,
        "epsilon": epsilon,
        "t": t,
        "bias_correction": bias_correction,
    }
    rates = {"wd": wd, "rescale_grad": rescale_grad, "clip_gradient": clip_gradient}
    direction: tuple[Array, Array, Array] = lamb_update_phase1.fn(
        weight32, grad, mean, var, **averages, **rates
    )
    return direction


@register("mp_lamb_update_phase2", dynamic=("lr",), writes={"weight32": 1}, differentiable=False, update=True)
def mp_lamb_update_phase2(
    weight: Array,
    g: Array,
    r1: Array,
    r2: Array,
    weight32: Array,
    *,
    lr: float,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
) -> tuple[Array, Array]:
    """`lamb_update_phase2` of `weight32`, the float32 copy of a narrow weight, which becomes it, rounded.

    weight, g, weight32: one shape S → S; weight32 is written back.  r1, r2: (1,), the norms of weight32 and g.
    Source: MXNet 1.9 ``mp_lamb_update_phase2``.

    Raises:
        ShapeError: a norm has more than one element.
    """
    same_shape({"weight": weight, "weight32": weight32})
    new = lamb_update_phase2.fn(weight32, g, r1, r2, lr=lr, lower_bound=lower_bound, upper_bound=upper_bound)
    return new.astype(weight.dtype), new


@register("multi_sum_sq", differentiable=False)
def multi_sum_sq(*data: Array, num_arrays: int) -> Array:
    """The sum of squares of each array.

    data: `num_arrays` arrays of any shapes; output: (num_arrays,), float32 or wider.
    Source: MXNet 1.9 ``multi_sum_sq``.

    Raises:
        ArgumentError: there are more or fewer arrays.
    """
    if len(data) != num_arrays:
        raise ArgumentError(f"multi_sum_sq(): num_arrays={num_arrays}, and {len(data)} arrays were given")
    return jnp.stack([jnp.sum(jnp.square(a.astype(wide(a)))) for a in data])


@register("multi_lars", dynamic=("eta", "eps", "rescale_grad"), differentiable=False)
def multi_lars(
    lrs: Array,
    weights_sum_sq: Array,
    grads_sum_sq: Array,
    wds: Array,
    *,
    eta: float,
    eps: float,
    rescale_grad: float = 1.0,
) -> Array:
    """LARS's rate of each of several parameters, from their rates and the sums of squares (`multi_sum_sq`).

    ``lr * eta * |w| / (rescale_grad * |g| + wd * |w| + eps)``, and `lr` where either norm is 0.  All: (n,) → (n,).
    Source: MXNet 1.9 ``multi_lars``; Y. You, I. Gitman and B. Ginsburg, arXiv:1708.03888.
    """
    same_shape({"lrs": lrs, "weights_sum_sq": weights_sum_sq, "grads_sum_sq": grads_sum_sq, "wds": wds})
    share, least, scale = (jnp.asarray(number).astype(lrs.dtype) for number in (eta, eps, rescale_grad))
    return lrs * _trust(jnp.sqrt(weights_sum_sq), scale * jnp.sqrt(grads_sum_sq), wds, share, least)


def _trust(of_weight: Array, of_grad: Array, wd: Any, eta: Any, eps: Any) -> Array:
    """LARS's factor of the learning rate, from the norms of a weight and its gradient."""
    there = (of_weight > 0) & (of_grad > 0)
    return jnp.where(there, eta * of_weight / jnp.where(there, of_grad + wd * of_weight + eps, 1), 1)


@update("lars_update", "mom")
def lars_update(
    weight: Array,
    grad: Array,
    mom: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    eta: float = 0.001,
    eps: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array]:
    """`sgd_mom_update` at the rate ``lr * eta * |weight| / (|rescale_grad * grad| + wd * |weight| + eps)``.

    Where either norm is 0 the rate is `lr`.  weight, grad, mom: one shape S → S; mom is written back.
    Source: MXNet 1.9 ``multi_lars``; Y. You, I. Gitman and B. Ginsburg, arXiv:1708.03888.
    """
    of_weight, of_grad = jnp.linalg.norm(weight.ravel()), jnp.linalg.norm((rescale_grad * grad).ravel())
    rate = lr * _trust(of_weight, of_grad, wd, eta, eps)
    mom = momentum * mom - rate * decayed(weight, grad, wd, rescale_grad, clip_gradient)
    return weight + mom, mom
