"""Stochastic gradient descent, its momenta, and its forms with a float32 copy of a narrow weight."""

from __future__ import annotations

from workbench.ops.optimizer import Array, decayed, update


@update("sgd_update")
def sgd_update(
    weight: Array,
    grad: Array,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
) -> Array:
    """Stochastic gradient descent: ``weight - lr * (clip(rescale_grad * grad) + wd * weight)``.

    weight, grad: one shape S → S.  `lazy_update` speaks of sparse gradients; a dense one has no rows to skip.
    Source: MXNet 1.9 ``sgd_update``; H. Robbins and S. Monro, 1951.
    """
    return weight - lr * decayed(weight, grad, wd, rescale_grad, clip_gradient)


@update("sgd_mom_update", "mom")
def sgd_mom_update(
    weight: Array,
    grad: Array,
    mom: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
) -> tuple[Array, Array]:
    """SGD with momentum: ``mom = momentum * mom - lr * g; weight += mom``, g as in `sgd_update`.

    weight, grad, mom: one shape S → S; mom is written back.
    Source: MXNet 1.9 ``sgd_mom_update``; B. Polyak, 1964.
    """
    mom = momentum * mom - lr * decayed(weight, grad, wd, rescale_grad, clip_gradient)
    return weight + mom, mom


@update("nag_mom_update", "mom")
def nag_mom_update(
    weight: Array,
    grad: Array,
    mom: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array]:
    """Nesterov's momentum: ``mom = momentum * mom - lr * g; weight += momentum * mom - lr * g``.

    weight, grad, mom: one shape S → S; mom is written back; g as in `sgd_update`.  MXNet 1.9 working in
    place takes the decay in mom from the weight it has just updated; here out= makes no difference.
    Source: MXNet 1.9 ``nag_mom_update``; Y. Nesterov, 1983.
    """
    step = lr * decayed(weight, grad, wd, rescale_grad, clip_gradient)
    mom = momentum * mom - step
    return weight + momentum * mom - step, mom


@update("mp_sgd_update", "weight32")
def mp_sgd_update(
    weight: Array,
    grad: Array,
    weight32: Array,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
) -> tuple[Array, Array]:
    """`sgd_update` of `weight32`, the float32 copy of a narrow weight, which becomes it, rounded.

    weight, grad, weight32: one shape S → S; weight32 is written back.  Source: MXNet 1.9 ``mp_sgd_update``.
    """
    new = weight32 - lr * decayed(weight32, grad, wd, rescale_grad, clip_gradient)
    return new, new


@update("mp_sgd_mom_update", "mom", "weight32")
def mp_sgd_mom_update(
    weight: Array,
    grad: Array,
    mom: Array,
    weight32: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
) -> tuple[Array, Array, Array]:
    """`sgd_mom_update` of `weight32`, the float32 copy of a narrow weight, which becomes it, rounded.

    weight, grad, mom, weight32: one shape S → S; mom and weight32 are written back.
    Source: MXNet 1.9 ``mp_sgd_mom_update``.
    """
    mom = momentum * mom - lr * decayed(weight32, grad, wd, rescale_grad, clip_gradient)
    return weight32 + mom, mom, weight32 + mom


@update("mp_nag_mom_update", "mom", "weight32")
def mp_nag_mom_update(
    weight: Array,
    grad: Array,
    mom: Array,
    weight32: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array, Array]:
    """`nag_mom_update` of `weight32`, the float32 copy of a narrow weight, which becomes it, rounded.

    weight, grad, mom, weight32: one shape S → S; mom and weight32 are written back.
    Source: MXNet 1.9 ``mp_nag_mom_update``.
    """
    step = lr * decayed(weight32, grad, wd, rescale_grad, clip_gradient)
    mom = momentum * mom - step
    new = weight32 + momentum * mom - step
    return new, mom, new


@update("dcasgd_update", "mom", "previous")
def dcasgd_update(
    weight: Array,
    grad: Array,
    mom: Array,
    previous: Array,
    *,
    lr: float,
    momentum: float = 0.0,
    lamda: float = 0.04,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> tuple[Array, Array, Array]:
    """SGD with momentum that compensates for a gradient found at an older weight, `previous`.

    To g, as in `sgd_update`, comes ``lamda * grad² * (weight - previous)``, grad scaled and clipped.
    weight, grad, mom, previous: one shape S → S; mom and previous (the weight before) are written back.
    Source: MXNet 1.9 ``DCASGD``; S. Zheng et al., arXiv:1609.08326, equation 10.
    """
    slope = decayed(weight, grad, 0.0, rescale_grad, clip_gradient)
    delay = lamda * slope * slope * (weight - previous)
    mom = momentum * mom - lr * (slope + wd * weight + delay)
    return weight + mom, mom, weight
