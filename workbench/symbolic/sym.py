"""The `sym` namespace: Symbol, its makers, and every operator as a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.errors import ArgumentError
from workbench.errors import unknown_name as _unknown_name
from workbench.ops import registry as _registry
from workbench.ops.pairs import PAIRS as _PAIRS
from workbench.ops.pairs import function as _pair
from workbench.ops.registry import PLAIN as _PLAIN
from workbench.ops.registry import Operator as _Operator
from workbench.symbolic.compose import compose as _compose
from workbench.symbolic.symbol import Group as Group
from workbench.symbolic.symbol import Symbol as Symbol
from workbench.symbolic.symbol import apply as _apply
from workbench.symbolic.symbol import load as load
from workbench.symbolic.symbol import load_json as load_json
from workbench.symbolic.symbol import var as var

Variable = var


def _function(op: _Operator, called: str) -> Callable[..., Symbol]:
    def call(
        *args: Any, name: str | None = None, attr: dict[str, str] | None = None, **kwargs: Any
    ) -> Symbol:
        named = {k: kwargs.pop(k) for k in op.inputs if k in kwargs and kwargs[k] is not None}
        kwargs = {k: v for k, v in kwargs.items() if k not in op.inputs}
        if len(args) == 1 and op.variadic and isinstance(args[0], (list, tuple)):
            args = tuple(args[0])
        if len(args) > len(op.inputs) or (args and isinstance(args[-1], _PLAIN)):
            args, kwargs = op.split(args, kwargs)
        for which, value in [*enumerate(args), *named.items()]:
            if not isinstance(value, Symbol) and (value is not None or op.variadic):
                raise _not_a_symbol(op, which, value)
        positional = [a.values if a is not None else () for a in args]  # () makes a variable in its place
        return Symbol(
            _compose(
                op, called, positional, {k: v.values for k, v in named.items()}, kwargs, name, attr or {}
            )
        )

    call.__name__ = call.__qualname__ = called
    call.__doc__ = op.doc
    call.__signature__ = op.signature()  # type: ignore[attr-defined]
    return call


def _not_a_symbol(op: _Operator, which: Any, got: Any) -> ArgumentError:
    label = repr(which) if isinstance(which, str) else f"argument {which}"
    hint = "; an NDArray is a value: use a Variable and give the array when binding" * (
        type(got).__name__ == "NDArray"
    )
    return ArgumentError(f"sym.{op.name}: {label} must be a Symbol, got {type(got).__name__}{hint}")


def zeros(shape: Any, dtype: Any = "float32", name: str | None = None) -> Symbol:
    """A symbol of zeros."""
    return _apply("_full", shape=shape, dtype=dtype or "float32", value=0.0, name=name)


def ones(shape: Any, dtype: Any = "float32", name: str | None = None) -> Symbol:
    """A symbol of ones."""
    return _apply("_full", shape=shape, dtype=dtype or "float32", value=1.0, name=name)


def full(shape: Any, val: float, dtype: Any = "float32", name: str | None = None) -> Symbol:
    """A symbol filled with one number."""
    return _apply("_full", shape=shape, dtype=dtype or "float32", value=val, name=name)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    name: str | None = None,
    dtype: Any = "float32",
) -> Symbol:
    """A symbol of evenly spaced values."""
    return _apply(
        "_arange", start=start, stop=stop, step=step, repeat=repeat, dtype=dtype or "float32", name=name
    )


for _name, _op in _registry.table().items():
    if _name not in globals():
        globals()[_name] = _function(_op, _name)

for _name in _PAIRS:
    globals()[_name] = _pair(_name, Symbol, _apply)


def __getattr__(name: str) -> Any:
    raise _unknown_name("sym", name, globals())
