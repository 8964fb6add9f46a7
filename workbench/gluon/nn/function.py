"""Functions as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError, did_you_mean
from workbench.gluon.block import Block, HybridBlock
from workbench.imperative import nd
from workbench.ops import registry
from workbench.runtime.source import users_code


class Lambda(Block):
    """Wraps a function of NDArrays, or an operator by name.

    Args:
        function: the function, or the name of an operator of `nd`.

    Raises:
        ArgumentError: it is neither.
    """

    @checked
    def __init__(self, function: str | Callable[..., Any], prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        self._function_name = _name(function, type(self).__name__)
        self._function = getattr(nd, function) if isinstance(function, str) else function

    def forward(self, *args: Any) -> Any:
        """The function's value."""
        return self._function(*args)

    def __repr__(self) -> str:
        return f"Lambda({self._function_name})"


class HybridLambda(HybridBlock):
    """Wraps a function of ``F`` and inputs, or an operator by name.

    Args:
        function: the function ``(F, x, ...)``, or the name of an operator of `nd` and `sym`.

    Raises:
        ArgumentError: it is neither.
    """

    @checked
    def __init__(self, function: str | Callable[..., Any], prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        self._function_name = _name(function, type(self).__name__)
        self._function = _by_name(function) if isinstance(function, str) else function

    def hybrid_forward(self, F: Any, x: Any, *args: Any) -> Any:
        """The function's value."""
        with users_code():
            return self._function(F, x, *args)

    def __repr__(self) -> str:
        return f"HybridLambda({self._function_name})"


def _by_name(name: str) -> Callable[..., Any]:
    return lambda F, *args: getattr(F, name)(*args)


def _name(function: str | Callable[..., Any], layer: str) -> str:
    if isinstance(function, str):
        if not hasattr(nd, function):
            raise ArgumentError(
                f"{layer}: no operator {function!r}.{did_you_mean(function, registry.table())}"
            )
        return function
    return getattr(function, "__name__", type(function).__name__)
