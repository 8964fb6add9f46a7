"""Shapes and dtypes of a symbol, in the form in which MXNet gives them.

Three lists, for arguments, outputs and auxiliary states.  What does not follow is an empty tuple among shapes, or a
0 among sizes, and None among dtypes; the functions that promise everything give three times None then, and a warning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import ArgumentError, did_you_mean
from workbench.graph.infer import Inference
from workbench.graph.node import Value
from workbench.graph.partial import PartialInference
from workbench.runtime.source import warn
from workbench.types import Shape, as_dtype

if TYPE_CHECKING:
    from workbench.symbolic.symbol import Symbol

Found = tuple[list[Any], list[Any], list[Any]]


def by_name(symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What was given for the inputs, in the order of the arguments or by name.

    Raises:
        ArgumentError: there are too many, a name is unknown, or one is given twice.
    """
    names = symbol.list_arguments() if args else []
    if len(args) > len(names):
        raise ArgumentError(f"{len(args)} values for {len(names)} arguments: {', '.join(names)}")
    inputs = set(symbol.list_inputs()) if kwargs else set()
    for name in kwargs:
        if name not in inputs:
            known = symbol.list_inputs()
            raise ArgumentError(
                f"the symbol has no argument {name!r}; it has {', '.join(known)}.{did_you_mean(name, known)}"
            )
    placed = {n: v for n, v in zip(names, args, strict=False) if v is not None}
    twice = [n for n in placed if n in kwargs]
    if twice:
        raise ArgumentError(f"got {', '.join(map(repr, twice))} twice, by position and by name")
    return {**placed, **kwargs}


def infer_shape_partial(symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Found:
    """See `Symbol.infer_shape_partial`."""
    inference = PartialInference(symbol.values, by_name(symbol, args, kwargs))

    def shape(value: Value) -> Shape:
        return inference.shape(value) or ()

    return _grouped(symbol, shape)


def infer_shape(symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """See `Symbol.infer_shape`."""
    inference = PartialInference(symbol.values, by_name(symbol, args, kwargs))

    def shape(value: Value) -> Shape | None:
        found = inference.shape(value)
        return None if found is None or 0 in found else found

    return _complete(symbol, _grouped(symbol, shape), "shape")


def infer_type_partial(symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Found:
    """See `Symbol.infer_type_partial`."""
    known = {n: as_dtype(v) for n, v in by_name(symbol, args, kwargs).items()}
    inference = Inference(symbol.values, {}, known)

    def scalar_type(value: Value) -> Any:
        dtype = inference.known_dtype(value)
        return None if dtype is None else dtype.type

    return _grouped(symbol, scalar_type)


def infer_type(symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """See `Symbol.infer_type`."""
    return _complete(symbol, infer_type_partial(symbol, args, kwargs), "dtype")


def _grouped(symbol: Symbol, fact: Any) -> Found:
    arguments, states = symbol.variables()
    return (
        [fact(Value(n)) for n in arguments],
        [fact(v) for v in symbol.values],
        [fact(Value(n)) for n in states],
    )


def _complete(symbol: Symbol, found: Found, what: str) -> tuple[Any, Any, Any]:
    if all(fact is not None for group in found for fact in group):
        return found
    arguments, outputs, states = found
    names = [*symbol.list_arguments(), *symbol.list_auxiliary_states()]
    missing = [n for n, fact in zip(names, [*arguments, *states], strict=True) if fact is None]
    missing = missing or [n for n, fact in zip(symbol.list_outputs(), outputs, strict=True) if fact is None]
    warn(f"the {what} of {', '.join(missing)} does not follow from what was given")
    return None, None, None
