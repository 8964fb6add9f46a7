"""Elementwise functions of two values, each in the forms that MXNet has for it.

``broadcast_X`` stretches axes of size 1, the strict form asks for equal shapes (so that an unknown shape follows
from the other), and a scalar form takes a number for one side.  `ops.pairs` says which serves which case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp

from workbench.ops.registry import register
from workbench.ops.truth import counted, floated

Function = Callable[[Any, Any], Any]


class Binary(NamedTuple):
    """A function of two values: its word in names, what it computes, and the formula shown.

    `symmetric` functions need no form with the number on the left; `scalar` is the word in scalar forms.  `of_bools`
    is what bools count as, where two of them give more than a truth.
    """

    word: str
    fn: Function
    formula: str
    symmetric: bool = False
    scalar: str = ""
    of_bools: Callable[[Any], Any] | None = None


def _larger(x: Any, y: Any) -> Any:
    return jnp.where(
        (x >= y) | jnp.isnan(x), x, y
    )  # an equal pair gives its gradient to x alone, as MXNet's does


def _smaller(x: Any, y: Any) -> Any:
    return jnp.where((x <= y) | jnp.isnan(x), x, y)


def _modulo(x: Any, y: Any) -> Any:
    safe = jnp.where(y == 0, jnp.ones((), y.dtype), y)
    return jnp.where(y == 0, jnp.zeros((), x.dtype), jnp.mod(x, safe))


def _of_truth(fn: Function) -> Function:
    """`fn` of whether the values are nonzero."""
    return lambda x, y: fn(x != 0, y != 0)


ARITHMETIC = (
    Binary("add", jnp.add, "x + y", True, "plus"),
    Binary("sub", jnp.subtract, "x - y", False, "minus", counted),
    Binary("mul", jnp.multiply, "x * y", True),
    Binary("div", jnp.divide, "x / y", of_bools=floated),
    Binary("mod", _modulo, "x mod y, 0 where y is 0", of_bools=counted),
    Binary("power", jnp.power, "x ** y", of_bools=counted),
    Binary("maximum", _larger, "max(x, y)", True),
    Binary("minimum", _smaller, "min(x, y)", True),
    Binary("hypot", jnp.hypot, "sqrt(x² + y²)", True, of_bools=floated),
)
TRUTH = (
    Binary("equal", jnp.equal, "x == y", True),
    Binary("not_equal", jnp.not_equal, "x != y", True),
    Binary("lesser", jnp.less, "x < y", True),  # with the number on the left it is `greater`
    Binary("lesser_equal", jnp.less_equal, "x <= y", True),
    Binary("greater", jnp.greater, "x > y", True),
    Binary("greater_equal", jnp.greater_equal, "x >= y", True),
    Binary("logical_and", _of_truth(jnp.logical_and), "x and y", True),
    Binary("logical_or", _of_truth(jnp.logical_or), "x or y", True),
    Binary("logical_xor", _of_truth(jnp.logical_xor), "x xor y", True),
)
STRICT_NAMES = {"add": "plus", "sub": "minus", "mul": "mul", "div": "div"}  # registered as elemwise_X


def _same_shape(known: Any, **_: Any) -> Any:
    """Both inputs have the shape of the known one."""
    shape = next(iter(known.values()), None)
    return {} if shape is None else {"lhs": shape, "rhs": shape}


def _of_both(one: Binary, x: Any, y: Any) -> Any:
    if one.of_bools and x.dtype == y.dtype == jnp.bool_:
        x, y = one.of_bools(x), one.of_bools(y)
    return _typed(one.fn, x, y)


def _typed(fn: Function, x: Any, y: Any) -> Any:
    """Truth, and quotients of integers, have the dtype of what they came from."""
    return fn(x, y).astype(jnp.result_type(x, y))


def _broadcast(one: Binary) -> None:
    def apply(lhs: Any, rhs: Any) -> Any:
        return _of_both(one, lhs, rhs)

    apply.__doc__ = (
        f"``{one.formula}`` with axes of size 1 stretched.\n\n"
        "lhs, rhs: shapes that broadcast; output: the broadcast shape, truth as 0 and 1."
    )
    aliases = [f"broadcast_{one.scalar}"] if one.scalar else []
    register(f"broadcast_{one.word}", *aliases)(apply)


def _strict(one: Binary) -> None:
    def apply(lhs: Any, rhs: Any) -> Any:
        if lhs.shape != rhs.shape:
            raise ValueError(
                f"the shapes must be equal, got {lhs.shape} and {rhs.shape}; broadcast_* stretches axes"
            )
        return _of_both(one, lhs, rhs)

    apply.__doc__ = f"``{one.formula}`` elementwise.\n\nlhs, rhs: one shape; output: the same shape."
    old = STRICT_NAMES.get(one.word, one.word)
    names = dict.fromkeys((f"_{one.word}", f"_{old}", f"_{old.title()}"))
    if one.word in STRICT_NAMES:
        names = {f"elemwise_{one.word}": None, **names}
    register(*names, complete=_same_shape)(apply)


def _scalar(one: Binary, reverse: bool = False) -> None:
    """The form with a number for y.  The number is no constant of the program: see `graph.bind`."""
    fn = (lambda x, y: one.fn(y, x)) if reverse else one.fn
    formula = one.formula.translate(str.maketrans("xy", "yx")) if reverse else one.formula

    def apply(data: Any, *, scalar: float) -> Any:
        data = counted(data)
        return _typed(fn, data, jnp.asarray(scalar, data.dtype))

    apply.__doc__ = (
        f"``{formula}`` with y the number `scalar`.\n\n"
        "data: any shape; output: the same shape and dtype, int64 of bools."
    )
    word = one.scalar or one.word
    camel = word.title().replace("_", "")
    names = (f"_r{word}_scalar", f"_R{camel}Scalar") if reverse else (f"_{word}_scalar", f"_{camel}Scalar")
    register(*names, dynamic=("scalar",))(apply)


for _one in (*ARITHMETIC, *TRUTH):
    _broadcast(_one)
    _strict(_one)
    if _one.word != "power":
        _scalar(_one)
    if not _one.symmetric:
        _scalar(_one, reverse=True)


@register("_power_scalar", "_PowerScalar")
def power_scalar(data: Any, *, scalar: float) -> Any:
    """``x ** y`` with y the number `scalar`.

    x ** 2 is a multiplication, and x ** 0 has a slope at 0, only if the compiler knows the number: so it is a
    constant of the program.  data: any shape; output: the same shape and dtype, int64 of bools.
    """
    data = counted(data)
    small = scalar.is_integer() and abs(scalar) <= 64
    return jnp.power(data, int(scalar) if small else scalar).astype(data.dtype)
