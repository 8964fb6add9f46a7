"""Updates that follow the leader: each weight is the best one for all the gradients so far."""

from __future__ import annotations

import jax.numpy as jnp

from workbench.ops.optimizer import Array, begun, decayed, joined, update


@update("ftrl_update", "z", "n")
def ftrl_update(
    weight: Array,
    grad: Array,
    z: Array,
    n: Array,
    *,
    lr: float,
    lamda1: float = 0.01,
    beta: float = 1.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array, Array]:
    """Follow the regularised leader; a weight that `lamda1` outweighs is exactly 0.

    ``z += g - (sqrt(n + g²) - sqrt(n)) / lr * weight; n += g²``, ``g = clip(rescale_grad * grad)``;
    ``weight = (sign(z) * lamda1 - z) / ((beta + sqrt(n)) / lr + wd)`` where ``|z| > lamda1``, else 0.
    weight, grad, z, n: one shape S → S; z and n are written back.
    Source: MXNet 1.9 ``ftrl_update``; H. B. McMahan et al., Ad Click Prediction, KDD 2013, algorithm 1.
    """
    g = decayed(weight, grad, 0.0, rescale_grad, clip_gradient)
    grown = n + g * g
    z = z + g - (jnp.sqrt(grown) - jnp.sqrt(n)) / lr * weight
    new = (jnp.sign(z) * lamda1 - z) / ((beta + jnp.sqrt(grown)) / lr + wd)
    return jnp.where(jnp.abs(z) > lamda1, new, 0), z, grown


@update("ftml_update", "d", "v", "z")
def ftml_update(
    weight: Array,
    grad: Array,
    d: Array,
    v: Array,
    z: Array,
    *,
    lr: float,
    beta1: float = 0.6,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    t: int,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_grad: float = -1.0,
) -> tuple[Array, Array, Array, Array]:
    """Follow the moving leader, at update number `t`, counted from 1.

    v averages g², g as in `adam_update`; ``d' = (1 - beta1ᵗ) / lr * (sqrt(v / (1 - beta2ᵗ)) + epsilon)``;
    ``z = beta1 * z + (1 - beta1) * g - (d' - beta1 * d) * weight; weight = -z / d'``.
    weight, grad, d, v, z: one shape S → S; d, v and z are written back.
    Source: MXNet 1.9 ``ftml_update``; S. Zheng and J. Kwok, ICML 2017, algorithm 1.
    """
    g = joined(weight, grad, wd, rescale_grad, clip_grad)
    v = beta2 * v + (1 - beta2) * g * g
    new = begun(beta1, t, weight) / lr * (jnp.sqrt(v / begun(beta2, t, weight)) + epsilon)
    z = beta1 * z + (1 - beta1) * g - (new - beta1 * d) * weight
    return -z / new, new, v, z
