"""Updates of one size: only a gradient's sign counts."""

from __future__ import annotations

import jax.numpy as jnp

from workbench.ops.optimizer import Array, decayed, update


@update("signsgd_update")
def signsgd_update(
    weight: Array,
    grad: Array,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> Array:
    """A step of `lr` against each gradient element's sign: ``(1 - lr * wd) * weight - lr * sign(grad)``.

    weight, grad: one shape S → S.  Scaling and clipping leave a sign as it is.
    Source: MXNet 1.9 ``signsgd_update``; J. Bernstein et al., arXiv:1802.04434.
    """
    return (1 - lr * wd) * weight - lr * jnp.sign(rescale_grad * grad)


@update("signum_update", "mom")
def signum_update(
    weight: Array,
    grad: Array,
    mom: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    wd_lh: float = 0.0,
) -> tuple[Array, Array]:
    """A step against the sign of a running mean of the gradient.

    ``mom = momentum * mom - (1 - momentum) * g``, g as in `sgd_update`;
    ``weight = (1 - lr * wd_lh) * weight + lr * sign(mom)``.
    weight, grad, mom: one shape S → S; mom is written back.
    Source: MXNet 1.9 ``signum_update``; J. Bernstein et al., arXiv:1802.04434.
    """
    mom = momentum * mom - (1 - momentum) * decayed(weight, grad, wd, rescale_grad, clip_gradient)
    return (1 - lr * wd_lh) * weight + lr * jnp.sign(mom), mom
