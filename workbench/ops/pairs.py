"""Functions of two values, either of which may be a number: which operator serves which case."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from numbers import Number
from typing import Any, NamedTuple


class Pair(NamedTuple):
    """The operators behind a function of two values.

    Attributes:
        both: of two tensors, stretching axes of size 1.
        strict: of two tensors of one shape; what symbols use, because an unknown shape follows from the other.
        scalar: of a tensor and a number.
        reverse: of a number and a tensor.
        numbers: of two numbers.
    """

    both: str
    strict: str
    scalar: str
    reverse: str
    numbers: Callable[[Any, Any], Any]


def _truth(word: str, numbers: Callable[[Any, Any], Any], mirrored: str = "") -> Pair:
    reverse = f"_{mirrored or word}_scalar"
    return Pair(f"broadcast_{word}", f"_{word}", f"_{word}_scalar", reverse, numbers)


def _symmetric(word: str, numbers: Callable[[Any, Any], Any]) -> Pair:
    scalar = f"_{word.title()}Scalar"
    return Pair(f"broadcast_{word}", f"_{word}", scalar, scalar, numbers)


# By the names that MXNet calls them by, since a symbol is named after them: ``a + b`` is `_plus0`.
PAIRS = {
    "add": Pair("broadcast_add", "_Plus", "_PlusScalar", "_PlusScalar", operator.add),
    "subtract": Pair("broadcast_sub", "_Minus", "_MinusScalar", "_RMinusScalar", operator.sub),
    "multiply": Pair("broadcast_mul", "_Mul", "_MulScalar", "_MulScalar", operator.mul),
    "divide": Pair("broadcast_div", "_Div", "_DivScalar", "_RDivScalar", operator.truediv),
    "modulo": Pair("broadcast_mod", "_Mod", "_ModScalar", "_RModScalar", operator.mod),
    "power": Pair("broadcast_power", "_Power", "_PowerScalar", "_rpower_scalar", operator.pow),
    "maximum": _symmetric("maximum", max),
    "minimum": _symmetric("minimum", min),
    "hypot": _symmetric("hypot", math.hypot),
    "equal": _truth("equal", operator.eq),
    "not_equal": _truth("not_equal", operator.ne),
    "lesser": _truth("lesser", operator.lt, "greater"),
    "lesser_equal": _truth("lesser_equal", operator.le, "greater_equal"),
    "greater": _truth("greater", operator.gt, "lesser"),
    "greater_equal": _truth("greater_equal", operator.ge, "lesser_equal"),
    "logical_and": _truth("logical_and", lambda x, y: bool(x) and bool(y)),
    "logical_or": _truth("logical_or", lambda x, y: bool(x) or bool(y)),
    "logical_xor": _truth("logical_xor", lambda x, y: bool(x) != bool(y)),
}
PAIRS |= {"true_divide": PAIRS["divide"], "pow": PAIRS["power"]}

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


def function(
    name: str, tensor: type, call: Callable[..., Any], strict: bool = False
) -> Callable[[Any, Any], Any]:
    """`name` for one style; `tensor` is its class and `call(operator, *tensors, **attributes)` its caller.

    Of two numbers the function gives a number, as in MXNet.
    """
    pair = PAIRS[name]
    both = pair.strict if strict else pair.both

    def apply(lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, tensor) and isinstance(rhs, tensor):
            return call(both, lhs, rhs)
        if isinstance(lhs, tensor):
            return call(pair.scalar, lhs, scalar=rhs)
        if isinstance(rhs, tensor):
            return call(pair.reverse, rhs, scalar=lhs)
        if isinstance(lhs, Number) and isinstance(rhs, Number):
            return pair.numbers(lhs, rhs)
        got = f"{type(lhs).__name__} and {type(rhs).__name__}"
        raise TypeError(f"{name}() takes {tensor.__name__}s and numbers, got {got}")

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = f"`{both}` of two tensors; either may be a number."
    return apply
