"""Loss layers: operators whose gradient is that of a loss the forward pass never computes.

MXNet's output layers give the prediction forward and, backward, the gradient of the matching loss,
whatever cotangent comes in.  So a network's symbol ends in one of these and needs no separate loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp

from workbench.ops.registry import register
from workbench.types import Shape


def _label_shape(known: Any, *, multi_output: bool, preserve_shape: bool, **_: Any) -> Any:
    if "data" not in known:
        return {}
    data: Shape = known["data"]
    label = known.get("label")
    if label == data or (label and multi_output and label == (data[0], *data[2:])):
        return {}  # probabilities instead of class numbers; class numbers in the shape of space
    if multi_output:
        return {"label": (data[0], math.prod(data[2:]))}
    return {"label": data[:-1] if preserve_shape else data[:1]}


@register("SoftmaxOutput", "Softmax", loss=True, complete=_label_shape)
def softmax_output(
    data: Any,
    label: Any,
    *,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    preserve_shape: bool = False,
    normalization: Literal["null", "batch", "valid"] = "null",
    out_grad: bool = False,
    smooth_alpha: float = 0.0,
) -> Any:
    """Softmax forward; backward the gradient of its cross-entropy with `label`.

    data: (n, k), (n, k, ...) with `multi_output`, or any with `preserve_shape` (softmax over the last
    axis); label: class numbers, data without the class axis, or probabilities of data's shape;
    output: the shape of data.  The gradient is ``softmax - one_hot(label)`` times `grad_scale`, as in
    MXNet divided by the number of positions an example with `multi_output`, and by the number of
    labels (``batch``); or by the number of labels other than `ignore_label` alone (``valid``).
    Probabilities are not normalised.  `smooth_alpha` moves that much of each label to the other classes, except
    with `multi_output`; `out_grad` multiplies the gradient by the cotangent.
    """
    return _softmax_over(data, multi_output, preserve_shape)


def _softmax_over(data: Any, multi_output: bool, preserve_shape: bool) -> Any:
    if multi_output or preserve_shape:
        return jax.nn.softmax(data, axis=1 if multi_output else -1)
    return jax.nn.softmax(data.reshape(data.shape[0], -1), axis=1).reshape(data.shape)


@softmax_output.gradient("label", "output")
def _softmax_output_gradient(
    g: Any,
    label: Any,
    output: Any,
    *,
    grad_scale: float,
    ignore_label: float,
    multi_output: bool,
    use_ignore: bool,
    preserve_shape: bool,
    normalization: str,
    out_grad: bool,
    smooth_alpha: float,
) -> Any:
    if label.shape == output.shape:
        grad = (output - label.astype(output.dtype)) * jnp.asarray(grad_scale, output.dtype)
    else:
        axis = 1 if multi_output or not preserve_shape else output.ndim - 1
        flat = output if multi_output or preserve_shape else output.reshape(output.shape[0], -1)
        flat = flat.reshape(*flat.shape[:2], -1) if multi_output else flat
        label = label.reshape(flat.shape[0], -1) if multi_output else label
        target = jax.nn.one_hot(label.astype(jnp.int32), flat.shape[axis], axis=axis, dtype=flat.dtype)
        if smooth_alpha and not multi_output:
            others = smooth_alpha / (flat.shape[axis] - 1)
            target = target * (1 - smooth_alpha) + (1 - target) * others
        valid = (label != ignore_label).astype(flat.dtype)
        grad = (flat - target) * jnp.expand_dims(valid, axis) if use_ignore else flat - target
        positions = label.size // label.shape[0] if multi_output else 1
        divisor = {
            "null": positions,
            "batch": positions * label.shape[0] if multi_output else label.size,
            "valid": jnp.maximum(jnp.sum(valid), 1),
        }[normalization]
        grad = grad.reshape(output.shape) * (jnp.asarray(grad_scale, grad.dtype) / divisor)
    return (grad * g if out_grad else grad), None


def _same_label(known: Any, **_: Any) -> Any:
    if "label" in known or "data" not in known:
        return {}
    data = known["data"]
    return {"label": data[:1] if data[1:] == (1,) else data}


def _regression(
    name: str, forward: Callable[[Any], Any], slope: Callable[[Any, Any], Any], what: str
) -> None:
    def apply(data: Any, label: Any, *, grad_scale: float = 1.0) -> Any:
        if data.size != label.size:
            raise ValueError(f"label must have as many elements as data, got {label.shape} and {data.shape}")
        return forward(data)

    apply.__doc__ = (
        f"{what}\n\ndata: (n, ...); label: as many elements; output: the shape of data.  The gradient is "
        "divided by the number of outputs an example."
    )
    op = register(name, loss=True, complete=_same_label)(apply)

    def gradient(g: Any, label: Any, output: Any, *, grad_scale: float) -> Any:
        per_example = max(label.size // label.shape[0], 1)
        return slope(output, label.reshape(output.shape).astype(output.dtype)) * (
            grad_scale / per_example
        ), None

    op.gradient("label", "output")(gradient)


_regression("LinearRegressionOutput", lambda x: x, lambda y, t: y - t, "The data; backward, squared error.")
_regression(
    "MAERegressionOutput", lambda x: x, lambda y, t: jnp.sign(y - t), "The data; backward, absolute error."
)
_regression(
    "LogisticRegressionOutput",
    jax.nn.sigmoid,
    lambda y, t: y - t,
    "The sigmoid; backward, its cross-entropy.",
)


@register(
    "SVMOutput",
    loss=True,
    complete=lambda known, **_: {"label": known["data"][:-1]} if "data" in known else {},
)
def svm_output(
    data: Any,
    label: Any,
    *,
    margin: float = 1.0,
    regularization_coefficient: float = 1.0,
    use_linear: bool = False,
) -> Any:
    """The data; backward, the hinge loss of each class against all others, squared unless `use_linear`.

    data: (n, k), scores; label: (n,), class numbers; output: the shape of data.
    Source: Tang (2013), "Deep learning using linear support vector machines".
    """
    return data


@svm_output.gradient("data", "label")
def _svm_output_gradient(
    g: Any, data: Any, label: Any, *, margin: float, regularization_coefficient: float, use_linear: bool
) -> Any:
    classes = data.shape[-1]
    sign = 2 * jax.nn.one_hot(label.astype(jnp.int32), classes, dtype=data.dtype) - 1
    short = jnp.maximum(margin - sign * data, 0)  # by how much a score misses its margin
    slope = (short > 0).astype(data.dtype) if use_linear else 2 * short
    return -sign * slope * regularization_coefficient, None


@register("MakeLoss", "make_loss", loss=True)
def make_loss(
    data: Any,
    *,
    grad_scale: float = 1.0,
    valid_thresh: float = 0.0,
    normalization: Literal["null", "batch", "valid"] = "null",
) -> Any:
    """Marks any expression as a loss: forward the data, backward `grad_scale`.

    data: any shape; output: the same.
    """
    return data


@make_loss.gradient("data")
def _make_loss_gradient(
    g: Any, data: Any, *, grad_scale: float, valid_thresh: float, normalization: str
) -> Any:
    scale = jnp.asarray(grad_scale, data.dtype)
    if normalization == "batch":
        scale = scale / (data.shape[0] if data.ndim > 1 else 1)  # a vector is one example
    elif normalization == "valid":
        scale = scale / jnp.maximum(jnp.sum(data > valid_thresh), 1).astype(data.dtype)
    return jnp.broadcast_to(scale, data.shape)


@register("softmax_cross_entropy")
def softmax_cross_entropy(data: Any, label: Any) -> Any:
    """The cross-entropy of softmax(data) with class numbers, summed over the batch.

    data: (n, k); label: (n,); output: (1,).
    """
    logs = jax.nn.log_softmax(data, axis=-1)
    chosen = jnp.take_along_axis(logs, label.astype(jnp.int32)[:, None], axis=-1)
    return -jnp.sum(chosen).reshape(1)
