"""Updates that measure each weight's gradient and step in proportion to it: Adam and its family."""

from __future__ import annotations

import jax.numpy as jnp

from workbench.ops.optimizer import Array, begun, clipped, decayed, joined, update

NADAM_RATES = ("lr", "wd", "rescale_grad", "grad_share", "mean_share", "t")


@update("adam_update", "mean", "var")
def adam_update(
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
) -> tuple[Array, Array, Array]:
    """Adam's step without bias correction, which the optimizer folds into `lr`.

    ``g = clip(rescale_grad * grad + wd * weight)``; mean and var are decaying averages of g and g²;
    ``weight -= lr * mean / (sqrt(var) + epsilon)``.
    weight, grad, mean, var: one shape S → S; mean and var are written back.
    Source: MXNet 1.9 ``adam_update``; D. Kingma and J. Ba, arXiv:1412.6980.
    """
    g = joined(weight, grad, wd, rescale_grad, clip_gradient)
    mean = beta1 * mean + (1 - beta1) * g
    var = beta2 * var + (1 - beta2) * g * g
    return weight - lr * mean / (jnp.sqrt(var) + epsilon), mean, var


@update("adamax_update", "mean", "bound")
def adamax_update(
    weight: Array,
    grad: Array,
    mean: Array,
    bound: Array,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array, Array]:
    """Adam with a decaying maximum in place of the root: ``weight -= lr * mean / bound``.

    ``bound = max(beta2 * bound, |g|)``, g and mean as in `adam_update`.  An element without a gradient so
    far stays where it is.  weight, grad, mean, bound: one shape S → S; mean and bound are written back.
    Source: MXNet 1.9 ``Adamax``; D. Kingma and J. Ba, arXiv:1412.6980, section 7.
    """
    g = joined(weight, grad, wd, rescale_grad, clip_gradient)
    mean = beta1 * mean + (1 - beta1) * g
    bound = jnp.maximum(beta2 * bound, jnp.abs(g))
    return weight - lr * mean / jnp.where(bound == 0, 1, bound), mean, bound


@update("nadam_update", "mean", "var", dynamic=NADAM_RATES)
def nadam_update(
    weight: Array,
    grad: Array,
    mean: Array,
    var: Array,
    *,
    lr: float,
    t: int,
    grad_share: float,
    mean_share: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array, Array]:
    """Adam that looks one step of its momentum ahead.

    ``weight -= lr * (grad_share * g + mean_share * mean) / (sqrt(var / (1 - beta2ᵗ)) + epsilon)``; g, mean and
    var as in `adam_update`.  The shares are the optimizer's schedule, at update number `t`, counted from 1.
    weight, grad, mean, var: one shape S → S; mean and var are written back.
    Source: MXNet 1.9 ``Nadam``; T. Dozat, Incorporating Nesterov momentum into Adam, 2015.
    """
    g = joined(weight, grad, wd, rescale_grad, clip_gradient)
    mean = beta1 * mean + (1 - beta1) * g
    var = beta2 * var + (1 - beta2) * g * g
    ahead = grad_share * g + mean_share * mean
    return weight - lr * ahead / (jnp.sqrt(var / begun(beta2, t, weight)) + epsilon), mean, var


@update("rmsprop_update", "n")
def rmsprop_update(
    weight: Array,
    grad: Array,
    n: Array,
    *,
    lr: float,
    gamma1: float = 0.95,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
) -> tuple[Array, Array]:
    """RMSProp: ``n`` averages g²; ``weight -= lr * g / sqrt(n + epsilon)``, g as in `adam_update`.

    weight, grad, n: one shape S → S; n is written back.  `clip_weights` bounds the new weight.
    Source: MXNet 1.9 ``rmsprop_update``; T. Tieleman and G. Hinton, 2012.
    """
    g = joined(weight, grad, wd, rescale_grad, clip_gradient)
    n = gamma1 * n + (1 - gamma1) * g * g
    return clipped(weight - lr * g / jnp.sqrt(n + epsilon), clip_weights), n


@update("rmspropalex_update", "n", "g", "delta")
def rmspropalex_update(
    weight: Array,
    grad: Array,
    n: Array,
    g: Array,
    delta: Array,
    *,
    lr: float,
    gamma1: float = 0.95,
    gamma2: float = 0.9,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
) -> tuple[Array, Array, Array, Array]:
    """Centred RMSProp: divides by the gradient's running deviation and keeps a momentum `delta`.

    ``delta = gamma2 * delta - lr * grad / sqrt(n - g² + epsilon); weight += delta``.
    weight, grad, n, g, delta: one shape S → S; n, g and delta are written back.
    Source: MXNet 1.9 ``rmspropalex_update``; A. Graves, arXiv:1308.0850, equations 38 to 45.
    """
    slope = joined(weight, grad, wd, rescale_grad, clip_gradient)
    n = gamma1 * n + (1 - gamma1) * slope * slope
    g = gamma1 * g + (1 - gamma1) * slope
    delta = gamma2 * delta - lr * slope / jnp.sqrt(n - g * g + epsilon)
    return clipped(weight + delta, clip_weights), n, g, delta


@update("adagrad_update", "history")
def adagrad_update(
    weight: Array,
    grad: Array,
    history: Array,
    *,
    lr: float,
    epsilon: float = 1e-7,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array]:
    """AdaGrad: `history` sums g²; ``weight -= lr * (g / sqrt(history + epsilon) + wd * weight)``.

    ``g = clip(rescale_grad * grad)``.  weight, grad, history: one shape S → S; history is written back.
    Source: MXNet 1.9 ``AdaGrad``; J. Duchi, E. Hazan and Y. Singer, JMLR 12, 2011.
    """
    g = decayed(weight, grad, 0.0, rescale_grad, clip_gradient)
    history = history + g * g
    return weight - lr * (g / jnp.sqrt(history + epsilon) + wd * weight), history


@update("adadelta_update", "acc_grad", "acc_delta")
def adadelta_update(
    weight: Array,
    grad: Array,
    acc_grad: Array,
    acc_delta: Array,
    *,
    rho: float = 0.9,
    epsilon: float = 1e-5,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array, Array]:
    """AdaDelta: steps of the size of earlier steps, without a learning rate.

    ``delta = sqrt(acc_delta + epsilon) / sqrt(acc_grad + epsilon) * g; weight -= delta + wd * weight``;
    acc_grad and acc_delta are decaying averages of g² and delta², ``g = clip(rescale_grad * grad)``.
    weight, grad, acc_grad, acc_delta: one shape S → S; both averages are written back.
    Source: MXNet 1.9 ``AdaDelta``; M. Zeiler, arXiv:1212.5701.
    """
    g = decayed(weight, grad, 0.0, rescale_grad, clip_gradient)
    acc_grad = rho * acc_grad + (1 - rho) * g * g
    delta = jnp.sqrt(acc_delta + epsilon) / jnp.sqrt(acc_grad + epsilon) * g
    acc_delta = rho * acc_delta + (1 - rho) * delta * delta
    return weight - delta - wd * weight, acc_grad, acc_delta
