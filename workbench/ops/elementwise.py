"""Elementwise operators: one output element from the input elements at the same place.

Where a gradient can be written from the output (tanh, sigmoid, exp, relu), it is: the input can then be
freed as soon as the output is there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from workbench.ops.attribute import DType
from workbench.ops.registry import Operator, register


def _same_shape(known: Any, **_: Any) -> Any:
    """Every input has the shape of any known one."""
    shape = next(iter(known.values()), None)
    return {} if shape is None else {"lhs": shape, "rhs": shape}


_fn: Callable[..., Any]  # of the loops below, whose rows differ in kind


def _unary(name: str, fn: Callable[[Any], Any], formula: str, *aliases: str) -> Operator:
    def apply(data: Any) -> Any:
        return fn(data)

    apply.__doc__ = (
        f"``{formula}`` elementwise.\n\ndata: any shape, floating point; output: the same shape and dtype."
    )
    return register(name, *aliases)(apply)


for _name, _fn, _formula in (
    ("log", jnp.log, "log(x)"),
    ("log1p", jnp.log1p, "log(1 + x)"),
    ("log2", jnp.log2, "log2(x)"),
    ("log10", jnp.log10, "log10(x)"),
    ("expm1", jnp.expm1, "exp(x) - 1"),
    ("sin", jnp.sin, "sin(x)"),
    ("cos", jnp.cos, "cos(x)"),
    ("square", jnp.square, "x * x"),
    ("rsqrt", jax.lax.rsqrt, "1 / sqrt(x)"),
    ("erf", jax.scipy.special.erf, "erf(x)"),
    ("softsign", jax.nn.soft_sign, "x / (1 + |x|)"),
):
    _unary(_name, _fn, _formula)

abs_ = _unary("abs", jnp.abs, "|x|", "_abs")
sqrt = _unary("sqrt", jnp.sqrt, "sqrt(x)")
exp = _unary("exp", jnp.exp, "exp(x)")
tanh = _unary("tanh", jnp.tanh, "tanh(x)")
sigmoid = _unary("sigmoid", jax.nn.sigmoid, "1 / (1 + exp(-x))")
relu = _unary("relu", lambda x: jnp.maximum(x, jnp.zeros((), x.dtype)), "max(x, 0)")
negative = _unary("negative", jnp.negative, "-x", "_np_negative")
reciprocal = _unary("reciprocal", jnp.reciprocal, "1 / x")


@sqrt.gradient("output")
def _sqrt_gradient(g: Any, output: Any) -> Any:
    return g * 0.5 / output


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


def _flat(name: str, fn: Callable[[Any], Any], formula: str) -> None:
    def apply(data: Any) -> Any:
        return fn(data).astype(data.dtype)

    apply.__doc__ = f"``{formula}`` elementwise; its gradient is zero.\n\ndata: any shape; output: the same."
    register(name)(apply)


for _name, _fn, _formula in (
    ("sign", jnp.sign, "sign(x)"),
    ("floor", jnp.floor, "floor(x)"),
    ("ceil", jnp.ceil, "ceil(x)"),
    ("round", lambda x: jnp.sign(x) * jnp.floor(jnp.abs(x) + 0.5), "x rounded, halves away from zero"),
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
    """The values in another dtype.

    data: any shape; output: the same shape, dtype `dtype`.
    """
    return data.astype(dtype)


@register("clip")
def clip(data: Any, *, a_min: float, a_max: float) -> Any:
    """``min(max(x, a_min), a_max)`` elementwise.

    data: any shape; output: the same shape and dtype.
    """
    return jnp.clip(data, jnp.asarray(a_min, data.dtype), jnp.asarray(a_max, data.dtype))


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

    condition, x, y: one shape; output: that shape, the dtype of x.
    """
    return jnp.where(condition != 0, x, y)


@register("add_n", "ElementWiseSum", "elemwise_sum")
def add_n(*args: Any) -> Any:
    """The sum of all inputs, which share one shape."""
    total = args[0]
    for other in args[1:]:
        total = total + other
    return total


def _as_input(fn: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda x, y: fn(x, y).astype(x.dtype)


def _strict(name: str, fn: Callable[[Any, Any], Any], formula: str, *aliases: str) -> None:
    def apply(lhs: Any, rhs: Any) -> Any:
        if lhs.shape != rhs.shape:
            raise ValueError(
                f"the shapes must be equal, got {lhs.shape} and {rhs.shape}; broadcast_* stretches axes"
            )
        return fn(lhs, rhs)

    apply.__doc__ = f"``{formula}`` elementwise.\n\nlhs, rhs: one shape; output: the same shape."
    register(name, *aliases, complete=_same_shape)(apply)


for _name, _fn, _formula, _old in (
    ("add", jnp.add, "x + y", "_Plus"),
    ("sub", jnp.subtract, "x - y", "_Minus"),
    ("mul", jnp.multiply, "x * y", "_Mul"),
    ("div", _as_input(jnp.divide), "x / y", "_Div"),
):
    _strict(f"elemwise_{_name}", _fn, _formula, f"_{_name}", _old)


def _broadcast(name: str, fn: Callable[[Any, Any], Any], formula: str, *aliases: str) -> None:
    def apply(lhs: Any, rhs: Any) -> Any:
        return fn(lhs, rhs)

    apply.__doc__ = (
        f"``{formula}`` with axes of size 1 stretched.\n\n"
        "lhs, rhs: shapes that broadcast; output: the broadcast shape (comparisons give 0 and 1)."
    )
    register(name, *aliases)(apply)


_ARITHMETIC: tuple[tuple[str, Callable[[Any, Any], Any], str], ...] = (
    ("add", jnp.add, "x + y"),
    ("sub", jnp.subtract, "x - y"),
    ("mul", jnp.multiply, "x * y"),
    ("div", lambda x, y: _as_input(jnp.divide)(x, y), "x / y"),
    ("mod", jnp.mod, "x mod y"),
    ("power", jnp.power, "x ** y"),
    ("maximum", jnp.maximum, "max(x, y)"),
    ("minimum", jnp.minimum, "min(x, y)"),
)
_COMPARISON: tuple[tuple[str, Callable[[Any, Any], Any], str], ...] = (
    ("equal", _as_input(jnp.equal), "x == y"),
    ("not_equal", _as_input(jnp.not_equal), "x != y"),
    ("lesser", _as_input(jnp.less), "x < y"),
    ("lesser_equal", _as_input(jnp.less_equal), "x <= y"),
    ("greater", _as_input(jnp.greater), "x > y"),
    ("greater_equal", _as_input(jnp.greater_equal), "x >= y"),
)
for _name, _fn, _formula in (*_ARITHMETIC, *_COMPARISON):
    _extra = {"add": ("broadcast_plus",), "sub": ("broadcast_minus",)}.get(_name, ())
    _broadcast(f"broadcast_{_name}", _fn, _formula, *_extra)


def _scalar(name: str, fn: Callable[[Any, Any], Any], formula: str) -> None:
    """`name` with a number for y.  The number is no constant of the program: see `graph.bound`."""

    def apply(data: Any, *, scalar: float) -> Any:
        return fn(data, jnp.asarray(scalar, data.dtype))

    apply.__doc__ = (
        f"``{formula}`` with y the number `scalar`.\n\ndata: any shape; output: the same shape and dtype."
    )
    register(name, dynamic=("scalar",))(apply)


for _name, _fn, _formula in (
    ("_plus_scalar", jnp.add, "x + y"),
    ("_minus_scalar", jnp.subtract, "x - y"),
    ("_rminus_scalar", lambda x, y: y - x, "y - x"),
    ("_mul_scalar", jnp.multiply, "x * y"),
    ("_div_scalar", _as_input(jnp.divide), "x / y"),
    ("_rdiv_scalar", lambda x, y: _as_input(jnp.divide)(y, x), "y / x"),
    ("_mod_scalar", jnp.mod, "x mod y"),
    ("_rmod_scalar", lambda x, y: jnp.mod(y, x), "y mod x"),
    ("_rpower_scalar", lambda x, y: jnp.power(y, x), "y ** x"),
    ("_maximum_scalar", jnp.maximum, "max(x, y)"),
    ("_minimum_scalar", jnp.minimum, "min(x, y)"),
):
    _scalar(_name, _fn, _formula)
for _name, _fn, _formula in _COMPARISON:
    _scalar(f"_{_name}_scalar", _fn, _formula)


@register("_power_scalar")
def power_scalar(data: Any, *, scalar: float) -> Any:
    """``x ** y`` with y the number `scalar`.

    x ** 2 is a multiplication, and x ** 0 has a slope at 0, only if the compiler knows the number: so it is a
    constant of the program.  data: any shape; output: the same shape and dtype.
    """
    small = scalar.is_integer() and abs(scalar) <= 64
    return jnp.power(data, int(scalar) if small else scalar).astype(data.dtype)


@register("smooth_l1")
def smooth_l1(data: Any, *, scalar: float = 1.0) -> Any:
    """Huber-like loss: ``(s x)^2 / 2`` where ``|x| < 1/s^2``, else ``|x| - 1/(2 s^2)``.

    data: any shape; output: the same shape and dtype.  Source: Girshick, Fast R-CNN (2015), eq. 3.
    """
    squared = scalar * scalar
    near = jnp.abs(data) < 1.0 / squared
    return jnp.where(near, 0.5 * squared * data * data, jnp.abs(data) - 0.5 / squared)
