"""What Python's operators mean between arrays, and between an array and a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.graph.bind import BoundOp, bind
from workbench.imperative.invoke import apply
from workbench.imperative.make import array, as_float
from workbench.imperative.ndarray import NDArray
from workbench.ops import registry
from workbench.ops.pairs import ARITHMETIC, COMPARISON, PAIRS, Pair

BoundTo = Callable[[float], tuple[BoundOp, tuple[float, ...]]]


def _arithmetic(name: str, pair: Pair) -> None:
    """Gives NDArray an operator, its reflected and its in-place form."""

    both, scalar, reverse = _operators(pair)

    def forward(self: NDArray, other: Any) -> Any:
        if type(other) is NDArray:
            return apply(both, (), (self, other))
        return _binary(self, other, both, scalar)

    def reflected(self: NDArray, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return _binary(array(other, self.context, self.dtype), self, both, scalar)
        return _binary(self, other, both, reverse)

    def in_place(self: NDArray, other: Any) -> NDArray:
        self._check_writable()
        result = _binary(self, other, both, scalar)
        if result is NotImplemented:
            return result
        self._put(result._cell())
        return self

    setattr(NDArray, f"__{name}__", forward)
    setattr(NDArray, f"__r{name}__", reflected)
    if name != "pow":  # in MXNet ``a **= 2`` gives the name `a` to a new array
        setattr(NDArray, f"__i{name}__", in_place)


def _comparison(name: str, pair: Pair) -> None:
    both, scalar, _ = _operators(pair)
    setattr(NDArray, f"__{name}__", lambda self, other: _binary(self, other, both, scalar))


def _unary(name: str) -> Callable[[NDArray], Any]:
    bound, _ = bind(registry.get(name), {})
    return lambda array: apply(bound, (), (array,))


negative, absolute = map(_unary, ("negative", "abs"))


def _operators(pair: Pair) -> tuple[BoundOp, BoundTo, BoundTo]:
    """The operator of two arrays, of an array and a number, and of a number and an array."""
    return bind(registry.get(pair.both), {})[0], _bound_to(pair.scalar), _bound_to(pair.reverse)


def _bound_to(name: str) -> BoundTo:
    """What binds an operator to a number: looked up once where the number is dynamic."""
    op = registry.get(name)
    if op.dynamic != ("scalar",):
        return lambda number: bind(op, {"scalar": number})
    bound, _ = bind(op, {"scalar": 0.0})
    return lambda number: (bound, (number,))


def _binary(left: NDArray, right: Any, both: BoundOp, scalar: BoundTo) -> Any:
    if isinstance(right, NDArray):
        return apply(both, (), (left, right))
    if isinstance(right, (int, float, np.number)):
        number = as_float(right)
        if number is not None:
            return apply(*scalar(number), (left,))
        right = np.asarray(right)  # an integer that no float64 is equal to
    if isinstance(right, (np.ndarray, list)):
        return apply(both, (), (left, array(right, left.context, left.dtype)))
    return NotImplemented


def attach() -> None:
    """Gives NDArray its operators; one table serves both styles."""
    for name, function in ARITHMETIC.items():
        _arithmetic(name, PAIRS[function])
    for name, function in COMPARISON.items():
        _comparison(name, PAIRS[function])
    NDArray.__hash__ = object.__hash__  # type: ignore[method-assign]
