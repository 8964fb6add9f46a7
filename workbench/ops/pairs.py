"""Functions of two values, either of which may be a number: which operator serves which case."""

from __future__ import annotations

import operator
from collections.abc import Callable
from numbers import Number
from typing import Any, NamedTuple


class Pair(NamedTuple):
    """The operators behind a function of two values.

    Attributes:
        both: of two tensors, stretching axes of size 1.
        scalar: of a tensor and a number.
        reverse: of a number and a tensor.
        numbers: of two numbers.
    """

    both: str
    scalar: str
    reverse: str
    numbers: Callable[[Any, Any], Any]


def _comparison(word: str, mirrored: str, numbers: Callable[[Any, Any], Any]) -> Pair:
    return Pair(f"broadcast_{word}", f"_{word}_scalar", f"_{mirrored}_scalar", numbers)


PAIRS = {
    "add": Pair("broadcast_add", "_plus_scalar", "_plus_scalar", operator.add),
    "subtract": Pair("broadcast_sub", "_minus_scalar", "_rminus_scalar", operator.sub),
    "multiply": Pair("broadcast_mul", "_mul_scalar", "_mul_scalar", operator.mul),
    "divide": Pair("broadcast_div", "_div_scalar", "_rdiv_scalar", operator.truediv),
    "true_divide": Pair("broadcast_div", "_div_scalar", "_rdiv_scalar", operator.truediv),
    "modulo": Pair("broadcast_mod", "_mod_scalar", "_rmod_scalar", operator.mod),
    "power": Pair("broadcast_power", "_power_scalar", "_rpower_scalar", operator.pow),
    "pow": Pair("broadcast_power", "_power_scalar", "_rpower_scalar", operator.pow),
    "maximum": Pair("broadcast_maximum", "_maximum_scalar", "_maximum_scalar", max),
    "minimum": Pair("broadcast_minimum", "_minimum_scalar", "_minimum_scalar", min),
    "equal": _comparison("equal", "equal", operator.eq),
    "not_equal": _comparison("not_equal", "not_equal", operator.ne),
    "lesser": _comparison("lesser", "greater", operator.lt),
    "lesser_equal": _comparison("lesser_equal", "greater_equal", operator.le),
    "greater": _comparison("greater", "lesser", operator.gt),
    "greater_equal": _comparison("greater_equal", "lesser_equal", operator.ge),
}

# Python's operators: the middle of ``__add__``, and the function it stands for.
ARITHMETIC = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "mod": "modulo",
    "pow": "power",
}
COMPARISON = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "lesser",
    "le": "lesser_equal",
    "gt": "greater",
    "ge": "greater_equal",
}


def function(name: str, tensor: type, call: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """`name` for one style; `tensor` is its class and `call(operator, *tensors, **attributes)` its caller.

    Of two numbers the function gives a number, as in MXNet.
    """
    both, scalar, reverse, numbers = PAIRS[name]

    def apply(lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, tensor) and isinstance(rhs, tensor):
            return call(both, lhs, rhs)
        if isinstance(lhs, tensor):
            return call(scalar, lhs, scalar=rhs)
        if isinstance(rhs, tensor):
            return call(reverse, rhs, scalar=lhs)
        if isinstance(lhs, Number) and isinstance(rhs, Number):
            return numbers(lhs, rhs)
        got = f"{type(lhs).__name__} and {type(rhs).__name__}"
        raise TypeError(f"{name}() takes {tensor.__name__}s and numbers, got {got}")

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = f"`{both}` of two tensors; either may be a number."
    return apply
