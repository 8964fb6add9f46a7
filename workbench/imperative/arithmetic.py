"""What Python's operators mean between arrays, and between an array and a number."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.imperative.invoke import invoke
from workbench.imperative.make import array
from workbench.imperative.ndarray import NDArray
from workbench.ops import registry
from workbench.ops.pairs import ARITHMETIC, COMPARISON, PAIRS, Pair


def _arithmetic(name: str, pair: Pair) -> None:
    """Gives NDArray an operator, its reflected and its in-place form."""

    def forward(self: NDArray, other: Any) -> Any:
        return _binary(self, other, pair.both, pair.scalar)

    def reflected(self: NDArray, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return _binary(array(other, self.context, self.dtype), self, pair.both, pair.scalar)
        return _binary(self, other, pair.both, pair.reverse)

    def in_place(self: NDArray, other: Any) -> NDArray:
        self._check_writable()
        result = _binary(self, other, pair.both, pair.scalar)
        if result is NotImplemented:
            return result
        self._take(result._cell())
        return self

    setattr(NDArray, f"__{name}__", forward)
    setattr(NDArray, f"__r{name}__", reflected)
    if name != "pow":  # in MXNet ``a **= 2`` gives the name `a` to a new array
        setattr(NDArray, f"__i{name}__", in_place)


def _comparison(name: str, pair: Pair) -> None:
    setattr(NDArray, f"__{name}__", lambda self, other: _binary(self, other, pair.both, pair.scalar))


def _binary(left: NDArray, right: Any, both: str, scalar: str) -> Any:
    if isinstance(right, NDArray):
        return invoke(registry.get(both), (left, right), {})
    if isinstance(right, (int, float, np.number)):
        if right == (number := float(right)) or number != number:
            return invoke(registry.get(scalar), (left,), {"scalar": number})
        right = np.asarray(right)  # an integer that no float64 is equal to
    if isinstance(right, (np.ndarray, list)):
        return invoke(registry.get(both), (left, array(right, left.context, left.dtype)), {})
    return NotImplemented


def attach() -> None:
    """Gives NDArray its operators; one table serves both styles."""
    for name, function in ARITHMETIC.items():
        _arithmetic(name, PAIRS[function])
    for name, function in COMPARISON.items():
        _comparison(name, PAIRS[function])
    NDArray.__hash__ = object.__hash__  # type: ignore[method-assign]
