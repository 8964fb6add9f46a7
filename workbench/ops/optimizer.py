"""Parameter updates as operators.

An update is one more operation on tensors, so it is a node like any other: the step from weight to
new weight can share a compiled program with the forward and backward pass before it, and XLA can
fuse a whole optimizer into a few passes over memory.  Recording a node has a price, though, and a
network has many parameters, hence the ``multi_*`` forms: one node that updates them all.

Learning rate, weight decay, momentum and gradient scale change from step to step; they are
*dynamic*, runtime inputs of the program, so a schedule never causes a compile.

Weights and states keep their dtype.  Arithmetic on float16 and bfloat16 is done in float32 and
rounded once, on the way out: 0.999, Adam's decay, is 1 in bfloat16.

Where weight decay enters is MXNet 1.9's choice and differs: the SGD family clips the gradient and
then adds ``wd * weight``, Adam and RMSProp add first and clip the sum, AdaGrad decays the weight
beside the adaptive step.  A `clip_gradient` below zero clips nothing.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from workbench.errors import ArgumentError, ShapeError
from workbench.ops.registry import register

Array = jax.Array


def _widen(weight: Array, *others: Any) -> list[Array]:
    """All of them in the dtype the arithmetic is done in: the weight's, at least float32."""
    dtype = jnp.promote_types(weight.dtype, jnp.float32)
    return [jnp.asarray(x).astype(dtype) for x in (weight, *others)]


def _same_shape(weight: Array, row: int | None = None, **others: Array) -> None:
    for name, other in others.items():
        if other.shape != weight.shape:
            which = "" if row is None else f"of parameter {row} "
            raise ShapeError(f"{name} {which}has shape {other.shape}, its weight has {weight.shape}")


def _clip(value: Array, bound: float) -> Array:
    return jnp.clip(value, -bound, bound) if bound >= 0 else value


def _decayed(weight: Array, grad: Array, wd: Array, scale: Array, clip: float) -> Array:
    """The SGD family's gradient: scaled, clipped, then decayed."""
    return _clip(scale * grad, clip) + wd * weight


def _sgd(weight: Array, grad: Array, lr: Any, wd: Any, scale: Any, clip: float) -> Array:
    w, g, lr, wd, scale = _widen(weight, grad, lr, wd, scale)
    return (w - lr * _decayed(w, g, wd, scale, clip)).astype(weight.dtype)


def _momentum(
    weight: Array, grad: Array, mom: Array, lr: Any, momentum: Any, wd: Any, scale: Any, clip: float
) -> tuple[Array, Array]:
    w, g, m, lr, momentum, wd, scale = _widen(weight, grad, mom, lr, momentum, wd, scale)
    m = momentum * m - lr * _decayed(w, g, wd, scale, clip)
    return (w + m).astype(weight.dtype), m.astype(mom.dtype)


@register("sgd_update", dynamic=("lr", "wd", "rescale_grad"), differentiable=False, update=True)
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
    _same_shape(weight, grad=grad)
    return _sgd(weight, grad, lr, wd, rescale_grad, clip_gradient)


@register(
    "sgd_mom_update",
    dynamic=("lr", "wd", "rescale_grad", "momentum"),
    writes={"mom": 1},
    visible=1,
    differentiable=False,
    update=True,
)
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
    _same_shape(weight, grad=grad, mom=mom)
    return _momentum(weight, grad, mom, lr, momentum, wd, rescale_grad, clip_gradient)


@register(
    "nag_mom_update",
    dynamic=("lr", "wd", "rescale_grad", "momentum"),
    writes={"mom": 1},
    visible=1,
    differentiable=False,
    update=True,
)
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
    _same_shape(weight, grad=grad, mom=mom)
    w, g, m, lr_, momentum_, wd_, scale = _widen(weight, grad, mom, lr, momentum, wd, rescale_grad)
    step = lr_ * _decayed(w, g, wd_, scale, clip_gradient)
    m = momentum_ * m - step
    return (w + momentum_ * m - step).astype(weight.dtype), m.astype(mom.dtype)


@register(
    "adam_update",
    dynamic=("lr", "wd", "rescale_grad"),
    writes={"mean": 1, "var": 2},
    visible=1,
    differentiable=False,
    update=True,
)
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
    _same_shape(weight, grad=grad, mean=mean, var=var)
    w, g, m, v, lr_, wd_, scale = _widen(weight, grad, mean, var, lr, wd, rescale_grad)
    g = _clip(scale * g + wd_ * w, clip_gradient)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    w = w - lr_ * m / (jnp.sqrt(v) + epsilon)
    return w.astype(weight.dtype), m.astype(mean.dtype), v.astype(var.dtype)


@register(
    "rmsprop_update",
    dynamic=("lr", "wd", "rescale_grad"),
    writes={"n": 1},
    visible=1,
    differentiable=False,
    update=True,
)
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
    _same_shape(weight, grad=grad, n=n)
    w, g, n_, lr_, wd_, scale = _widen(weight, grad, n, lr, wd, rescale_grad)
    g = _clip(scale * g + wd_ * w, clip_gradient)
    n_ = gamma1 * n_ + (1 - gamma1) * g * g
    w = _clip(w - lr_ * g / jnp.sqrt(n_ + epsilon), clip_weights)
    return w.astype(weight.dtype), n_.astype(n.dtype)


@register(
    "rmspropalex_update",
    dynamic=("lr", "wd", "rescale_grad"),
    writes={"n": 1, "g": 2, "delta": 3},
    visible=1,
    differentiable=False,
    update=True,
)
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
    _same_shape(weight, grad=grad, n=n, g=g, delta=delta)
    w, d, n_, g_, delta_, lr_, wd_, scale = _widen(weight, grad, n, g, delta, lr, wd, rescale_grad)
    d = _clip(scale * d + wd_ * w, clip_gradient)
    n_ = gamma1 * n_ + (1 - gamma1) * d * d
    g_ = gamma1 * g_ + (1 - gamma1) * d
    delta_ = gamma2 * delta_ - lr_ * d / jnp.sqrt(n_ - g_ * g_ + epsilon)
    w = _clip(w + delta_, clip_weights)
    return w.astype(weight.dtype), n_.astype(n.dtype), g_.astype(g.dtype), delta_.astype(delta.dtype)


@register(
    "adagrad_update",
    dynamic=("lr", "wd", "rescale_grad"),
    writes={"history": 1},
    visible=1,
    differentiable=False,
    update=True,
)
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
    _same_shape(weight, grad=grad, history=history)
    w, g, h, lr_, wd_, scale = _widen(weight, grad, history, lr, wd, rescale_grad)
    g = _clip(scale * g, clip_gradient)
    h = h + g * g
    w = w - lr_ * (g / jnp.sqrt(h + epsilon) + wd_ * w)
    return w.astype(weight.dtype), h.astype(history.dtype)


def _columns(
    op: str, columns: tuple[str, ...], data: tuple[Array, ...], count: int, rates: dict[str, Any]
) -> list[tuple[Array, ...]]:
    """The interleaved `data` as one row a weight, checked."""
    if len(data) != len(columns) * count:
        raise ArgumentError(
            f"{op}(): num_weights={count} needs {len(columns) * count} arrays "
            f"({', '.join(columns)} of each weight in turn), got {len(data)}"
        )
    for name, values in rates.items():
        if len(values) != count:
            raise ArgumentError(f"{op}(): num_weights={count} needs {count} {name}, got {len(values)}")
    rows = [data[i : i + len(columns)] for i in range(0, len(data), len(columns))]
    for i, (weight, *others) in enumerate(rows):
        _same_shape(weight, i, **dict(zip(columns[1:], others, strict=True)))
    return rows


@register(
    "multi_sgd_update",
    dynamic=("lrs", "wds", "rescale_grad"),
    variable_outputs=lambda num_weights, **_: num_weights,
    differentiable=False,
    update=True,
    each="sgd_update",
)
def multi_sgd_update(
    *data: Array,
    lrs: tuple,
    wds: tuple,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> tuple[Array, ...]:
    """`sgd_update` of many weights in one operation.

    data: weight and grad of each weight in turn, 2 × num_weights arrays → the new weights.
    `lrs` and `wds`: num_weights numbers each.  Source: MXNet 1.9 ``multi_sgd_update``.

    Raises:
        ArgumentError: the number of arrays or rates does not fit `num_weights`.
    """
    rows = _columns("multi_sgd_update", ("weight", "grad"), data, num_weights, {"lrs": lrs, "wds": wds})
    return tuple(_sgd(w, g, lrs[i], wds[i], rescale_grad, clip_gradient) for i, (w, g) in enumerate(rows))


@register(
    "multi_sgd_mom_update",
    dynamic=("lrs", "wds", "rescale_grad", "momentum"),
    variable_outputs=lambda num_weights, **_: 2 * num_weights,
    differentiable=False,
    update=True,
    each="sgd_mom_update",
)
def multi_sgd_mom_update(
    *data: Array,
    lrs: tuple,
    wds: tuple,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> tuple[Array, ...]:
    """`sgd_mom_update` of many weights in one operation.

    data: weight, grad and mom of each weight in turn, 3 × num_weights arrays → the new weights, then
    the new momenta.  `lrs` and `wds`: num_weights numbers each.
    Source: MXNet 1.9 ``multi_sgd_mom_update``.

    Raises:
        ArgumentError: the number of arrays or rates does not fit `num_weights`.
    """
    columns = ("weight", "grad", "mom")
    rows = _columns("multi_sgd_mom_update", columns, data, num_weights, {"lrs": lrs, "wds": wds})
    pairs = [
        _momentum(w, g, m, lrs[i], momentum, wds[i], rescale_grad, clip_gradient)
        for i, (w, g, m) in enumerate(rows)
    ]
    return (*(weight for weight, _ in pairs), *(mom for _, mom in pairs))
