"""Python's operators on symbols.

Between symbols, arithmetic asks for equal shapes, so that a missing one can be worked out from the other.  A node
made by an operator is named as MXNet names it: ``_plus0``, ``_mulscalar0``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.errors import ArgumentError
from workbench.ops import registry
from workbench.ops.pairs import ARITHMETIC, COMPARISON, PAIRS
from workbench.symbolic.compose import compose


def call(op: str, *symbols: Any, **attrs: Any) -> Any:
    """A node of an operator that stands behind one of Python's, named after it as `PAIRS` calls it."""
    values = compose(registry.get(op), op, [s.values for s in symbols], {}, attrs, None, {})
    return type(symbols[0])(values)


def _combined(left: Any, right: Any, both: str, scalar: str) -> Any:
    """`both` of two symbols, or `scalar` of the symbol on the left and a number.

    Raises:
        ArgumentError: the right side is an array.
    """
    if isinstance(right, Arithmetic):
        return call(both, left, right)
    if isinstance(right, (int, float, np.number)):
        return call(scalar, left, scalar=float(right))
    if type(right).__name__ == "NDArray":
        raise ArgumentError(
            f"the Symbol {left.name!r} can't be combined with an NDArray, which is a value; "
            "use a Variable and give the array when binding"
        )
    return NotImplemented


class Arithmetic:
    """What gives `Symbol` its operators; they are set below, one for one with those of NDArray."""

    __slots__ = ()
    __array_priority__ = 1000.0

    def __neg__(self) -> Any:
        return call("_MulScalar", self, scalar=-1.0)

    def __abs__(self) -> Any:
        return call("abs", self)


def _operator(name: str, both: str, scalar: str) -> None:
    def operator(self: Any, other: Any) -> Any:
        return _combined(self, other, both, scalar)

    setattr(Arithmetic, f"__{name}__", operator)


for _name, _function in ARITHMETIC.items():
    _pair = PAIRS[_function]
    _operator(_name, _pair.strict, _pair.scalar)
    _operator(f"r{_name}", _pair.strict, _pair.reverse)
for _name, _function in COMPARISON.items():
    _operator(_name, PAIRS[_function].strict, PAIRS[_function].scalar)
Arithmetic.__hash__ = object.__hash__  # type: ignore[method-assign]
