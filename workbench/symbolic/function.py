"""An operator as a function of symbols."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.errors import ArgumentError
from workbench.ops.registry import PLAIN, Operator
from workbench.symbolic.compose import compose
from workbench.symbolic.symbol import Symbol


def function(op: Operator, called: str) -> Callable[..., Symbol]:
    """The `sym.*` function of an operator; `called` is its name there, and names its nodes."""

    def call(
        *args: Any, name: str | None = None, attr: dict[str, str] | None = None, **kwargs: Any
    ) -> Symbol:
        places = [k for k, v in kwargs.items() if isinstance(v, Symbol)] if op.variadic else op.inputs
        named = {k: kwargs.pop(k) for k in places if k in kwargs and kwargs[k] is not None}
        kwargs = {k: v for k, v in kwargs.items() if k not in op.inputs}
        if len(args) == 1 and op.variadic and isinstance(args[0], (list, tuple)):
            args = tuple(args[0])
        if len(args) > len(op.inputs) or (args and isinstance(args[-1], PLAIN)):
            args, kwargs = op.split(args, kwargs)
        for which, value in [*enumerate(args), *named.items()]:
            if not isinstance(value, Symbol) and (value is not None or op.variadic):
                raise _not_a_symbol(op, which, value)
        positional = [a.values if a is not None else () for a in args]  # () makes a variable in its place
        symbols = {k: v.values for k, v in named.items()}
        return Symbol(compose(op, called, positional, symbols, kwargs, name, attr or {}))

    op.introduce(call, called, ("name", "attr"), variables=True)
    return call


def _not_a_symbol(op: Operator, which: Any, got: Any) -> ArgumentError:
    label = repr(which) if isinstance(which, str) else f"argument {which}"
    hint = "; an NDArray is a value: use a Variable and give the array when binding" * (
        type(got).__name__ == "NDArray"
    )
    return ArgumentError(f"sym.{op.name}: {label} must be a Symbol, got {type(got).__name__}{hint}")
