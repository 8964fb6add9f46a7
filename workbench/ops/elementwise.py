"""Elementwise operators: one output element from the input elements at the same place.

Where a gradient can be written from the output (tanh, sigmoid, exp, relu), it is: the input can then be
freed as soon as the output is there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy import special

from workbench.ops.attribute import DType
from workbench.ops.registry import Operator, register
from workbench.ops.truth import counted, floated

_fn: Callable[..., Any]  # of the loops below, whose rows differ in kind


WHOLE = ("square", "abs", "relu", "negative")  # they give whole numbers of whole numbers


def _floating(x: Any) -> Any:
    return x if jnp.issubdtype(x.dtype, jnp.floating) else x.astype(jnp.float32)


def _unary(name: str, fn: Callable[[Any], Any], formula: str, *aliases: str) -> Operator:
    of_bools = counted if name in WHOLE else floated

    def apply(data: Any) -> Any:
        data = of_bools(data)
        return fn(data).astype(data.dtype)

    apply.__doc__ = f"``{formula}`` elementwise.\n\ndata: any shape; output: the same shape and dtype."
    return register(name, *aliases)(apply)


def _round(x: Any) -> Any:
    return jnp.sign(x) * jnp.floor(jnp.abs(x) + 0.5)


for _name, _fn, _formula in (
    ("log", jnp.log, "log(x)"),
    ("log1p", jnp.log1p, "log(1 + x)"),
    ("log2", jnp.log2, "log2(x)"),
    ("log10", jnp.log10, "log10(x)"),
    ("expm1", jnp.expm1, "exp(x) - 1"),
    ("sin", jnp.sin, "sin(x)"),
    ("cos", jnp.cos, "cos(x)"),
    ("tan", jnp.tan, "tan(x)"),
    ("arcsin", jnp.arcsin, "the angle in [-π/2, π/2] whose sine is x"),
    ("arccos", jnp.arccos, "the angle in [0, π] whose cosine is x"),
    ("arctan", jnp.arctan, "the angle in (-π/2, π/2) whose tangent is x"),
    ("sinh", jnp.sinh, "sinh(x)"),
    ("cosh", jnp.cosh, "cosh(x)"),
    ("arcsinh", jnp.arcsinh, "the number whose sinh is x"),
    ("arccosh", jnp.arccosh, "the number of at least 0 whose cosh is x"),
    ("arctanh", jnp.arctanh, "the number whose tanh is x"),
    ("degrees", jnp.degrees, "x radians in degrees"),
    ("radians", jnp.radians, "x degrees in radians"),
    ("square", jnp.square, "x * x"),
    ("rsqrt", lambda x: 1 / jnp.sqrt(x), "1 / sqrt(x)"),
    ("rcbrt", lambda x: 1 / jnp.cbrt(x), "1 / cbrt(x)"),
    ("erf", lambda x: special.erf(_floating(x)), "erf(x)"),
    ("erfinv", lambda x: special.erfinv(_floating(x)), "the number whose erf is x"),
    ("gammaln", lambda x: special.gammaln(_floating(x)), "log |Γ(x)|"),
    ("softsign", jax.nn.soft_sign, "x / (1 + |x|)"),
):
    _unary(_name, _fn, _formula)

abs_ = _unary("abs", jnp.abs, "|x|", "_abs")


@abs_.gradient("data")
def _abs_gradient(g: Any, data: Any) -> Any:
    return g * jnp.sign(data)  # 0 at 0, where JAX's is 1


sqrt = _unary("sqrt", jnp.sqrt, "sqrt(x)")
cbrt = _unary("cbrt", jnp.cbrt, "the cube root of x")
exp = _unary("exp", jnp.exp, "exp(x)")
tanh = _unary("tanh", jnp.tanh, "tanh(x)")
sigmoid = _unary("sigmoid", lambda x: jax.nn.sigmoid(_floating(x)), "1 / (1 + exp(-x))")
relu = _unary("relu", lambda x: jnp.maximum(x, jnp.zeros((), x.dtype)), "max(x, 0)")
negative = _unary("negative", jnp.negative, "-x", "_np_negative")
gamma = _unary("gamma", lambda x: special.gamma(_floating(x)), "Γ(x)")
reciprocal = _unary("reciprocal", jnp.reciprocal, "1 / x")


@sqrt.gradient("output")
def _sqrt_gradient(g: Any, output: Any) -> Any:
    return g * 0.5 / output


@cbrt.gradient("output")
def _cbrt_gradient(g: Any, output: Any) -> Any:
    return g / (3 * output * output)


@exp.gradient("output")
def _exp_gradient(g: Any, output: Any) -> Any:
    return g * output


@tanh.gradient("output")
def _tanh_gradient(g: Any, output: Any) -> Any:
    return g * (1 - output * output)


@sigmoid.gradient("output")
def _sigmoid_gradient(g: Any, output: Any) -> Any:
    return g * output * (1 - output)


@relu.gradient("output")
def _relu_gradient(g: Any, output: Any) -> Any:
    return jnp.where(output > 0, g, jnp.zeros((), g.dtype))


@reciprocal.gradient("output")
def _reciprocal_gradient(g: Any, output: Any) -> Any:
    return -g * output * output


@gamma.gradient("data", "output")
def _gamma_gradient(g: Any, data: Any, output: Any) -> Any:
    return g * output * special.digamma(data)


def _flat(name: str, fn: Callable[[Any], Any], formula: str) -> None:
    def apply(data: Any) -> Any:
        data = counted(data)
        return fn(data).astype(data.dtype)

    apply.__doc__ = f"``{formula}`` elementwise; its gradient is zero.\n\ndata: any shape; output: the same."
    register(name)(apply)


for _name, _fn, _formula in (
    ("sign", jnp.sign, "sign(x)"),
    ("floor", jnp.floor, "floor(x)"),
    ("ceil", jnp.ceil, "ceil(x)"),
    ("round", _round, "x rounded, halves away from zero"),
    ("rint", lambda x: jnp.ceil(x - 0.5), "the nearest integer, the lower of two"),
    ("trunc", jnp.trunc, "x without what follows the point"),
    ("fix", jnp.trunc, "the integer nearest to x towards zero"),
):
    _flat(_name, _fn, _formula)


@register("_copy", "identity")
def identity(data: Any) -> Any:
    """A copy.

    data: any shape; output: the same shape and dtype.
    """
    return data


@register("BlockGrad", "stop_gradient", differentiable=False)
def block_grad(data: Any) -> Any:
    """The value, through which no gradient flows.

    data: any shape; output: the same shape and dtype.
    """
    return jax.lax.stop_gradient(data)


@register("Cast", "cast")
def cast(data: Any, *, dtype: DType) -> Any:
    """The values in another dtype; what is too large for a narrow integer wraps around, as in C.

    data: any shape; output: the same shape, dtype `dtype`.
    """
    wanted = jnp.dtype(dtype)
    if jnp.issubdtype(data.dtype, jnp.floating) and wanted.kind in "iu" and wanted.itemsize < 4:
        data = data.astype(jnp.int32)  # from a float XLA would take the nearest number there is
    return data.astype(dtype)


@register("logical_not", differentiable=False)
def logical_not(data: Any) -> Any:
    """1 where x is 0, else 0.

    data: any shape; output: the same shape and dtype.
    """
    return (data == 0).astype(data.dtype)


@register("clip")
def clip(data: Any, *, a_min: float, a_max: float) -> Any:
    """``min(max(x, a_min), a_max)`` elementwise; a value on a bound lets its gradient through.

    data: any shape; output: the same shape and dtype.
    """
    data = counted(data)
    low, high = jnp.asarray(a_min, data.dtype), jnp.asarray(a_max, data.dtype)
    return jnp.where(data < low, low, jnp.where(data > high, high, data))


@register("hard_sigmoid")
def hard_sigmoid(data: Any, *, alpha: float = 0.2, beta: float = 0.5) -> Any:
    """``min(max(alpha x + beta, 0), 1)`` elementwise.

    data: any shape; output: the same shape and dtype.
    """
    line = alpha * data + beta
    zero, one = jnp.zeros((), data.dtype), jnp.ones((), data.dtype)
    return jnp.where(line <= 0, zero, jnp.where(line >= 1, one, line)).astype(data.dtype)


@register("zeros_like")
def zeros_like(data: Any) -> Any:
    """Zeros of the shape and dtype of `data`."""
    return jnp.zeros_like(data)


@register("ones_like")
def ones_like(data: Any) -> Any:
    """Ones of the shape and dtype of `data`."""
    return jnp.ones_like(data)


@register("where")
def where(condition: Any, x: Any, y: Any) -> Any:
    """``x`` where `condition` is not zero, else ``y``.

    condition, x, y: one shape, or a condition of one axis, which chooses among the rows; output: the shape and
    dtype of x.
    """
    if x.shape != y.shape or condition.shape not in (x.shape, x.shape[:1]):
        raise ValueError("x and y have one shape, and the condition that or that of their first axis")
    chosen = condition != 0
    return jnp.where(chosen.reshape(*chosen.shape, *(1,) * (x.ndim - chosen.ndim)), x, y)


@register("add_n", "ElementWiseSum", "elemwise_sum")
def add_n(*args: Any) -> Any:
    """The sum of all inputs, which share one shape."""
    if len({a.shape for a in args}) != 1:
        raise ValueError("it takes one input or more, all of one shape")
    total = args[0]
    for other in args[1:]:
        total = total + other
    return total


@register("smooth_l1")
def smooth_l1(data: Any, *, scalar: float = 1.0) -> Any:
    """Huber-like loss: ``(s x)^2 / 2`` where ``|x| < 1/s^2``, else ``|x| - 1/(2 s^2)``.

    data: any shape; output: the same shape and dtype.  Source: Girshick, Fast R-CNN (2015), eq. 3.
    """
    squared = scalar * scalar
    near = jnp.abs(data) < 1.0 / squared
    return jnp.where(near, 0.5 * squared * data * data, jnp.abs(data) - 0.5 / squared)


@register("_contrib_quadratic")
def quadratic(data: Any, *, a: float = 0.0, b: float = 0.0, c: float = 0.0) -> Any:
    """``a x² + b x + c`` elementwise.

    data: any shape; output: the same shape and dtype.
    """
    return ((a * data + b) * data + c).astype(data.dtype)


@register("_contrib_round_ste")
def round_ste(data: Any) -> Any:
    """Rounded as `round`, with the gradient of doing nothing: the straight-through estimator.

    data: any shape; output: the same shape and dtype.  Source: Y. Bengio, N. Leonard and A. Courville,
    arXiv:1308.3432, section 4.
    """
    return _round(data)


@register("_contrib_sign_ste")
def sign_ste(data: Any) -> Any:
    """The sign, with the gradient of doing nothing; see `round_ste`.

    data: any shape; output: the same shape and dtype.
    """
    return jnp.sign(data)


@round_ste.gradient()
def _through_round(g: Any) -> Any:
    return g


@sign_ste.gradient()
def _through_sign(g: Any) -> Any:
    return g


@register("_contrib_gradientmultiplier")
def gradient_multiplier(data: Any, *, scalar: float) -> Any:
    """The value, whose gradient is multiplied by `scalar` (reversed by a negative one).

    data: any shape; output: the same shape and dtype.  Source: Ganin and Lempitsky, Unsupervised Domain Adaptation
    by Backpropagation (2015), section 3.2.
    """
    return data


@gradient_multiplier.gradient()
def _multiplied(g: Any, *, scalar: float) -> Any:
    return g * scalar
