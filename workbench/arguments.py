"""Signatures that are kept: `checked` compares what a function is given with its annotations.

A wrong argument is best reported where it is given, in the words of the signature: "Conv2D: groups must be a whole
number, 1 or more, got 0".  Left to itself it fails later, in a line that the caller never wrote.  So constructors
and functions that are called now and then, not in every step, are `checked`; what an annotation can't say, they
check themselves.
"""

from __future__ import annotations

import functools
import inspect
import math
import reprlib
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, ParamSpec, TypeVar

import numpy as np

from workbench.errors import ArgumentError, DTypeError, did_you_mean

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`; with `above`, without `low` itself; with `finite`, without infinity.

    It stands in an annotation: ``Annotated[int, Range(1)]``.
    """

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    finite: bool = False

    def __contains__(self, value: Any) -> bool:
        if (
            self.finite and not abs(value) <= sys.float_info.max
        ):  # as a float it would be infinite, or is no number
            return False
        return bool(self.low <= value <= self.high and not (self.above and value == self.low))

    def __str__(self) -> str:
        low, high = f"{self.low:g}", f"{self.high:g}"
        if self.low == -math.inf and self.high == math.inf:
            return ""
        if self.high == math.inf:
            return f" above {low}" if self.above else f", {low} or more"
        return f" above {low}, up to {high}" if self.above else f" from {low} to {high}"


Count = Annotated[int, Range(0)]
Positive = Annotated[int, Range(1)]
Share = Annotated[float, Range(0, 1)]
AtLeastZero = Annotated[float, Range(0)]
AboveZero = Annotated[float, Range(0, above=True)]
Finite = Annotated[float, Range(finite=True)]
FiniteAtLeastZero = Annotated[float, Range(0, finite=True)]
FiniteAboveZero = Annotated[float, Range(0, above=True, finite=True)]


def checked(fn: Callable[P, R]) -> Callable[P, R]:
    """The function, which refuses arguments that do not fit its annotations.

    A whole number is no bool, a number may be whole, True and False may be 1 and 0, and a sequence is a list, a tuple,
    or an array where it holds numbers.  ``Any`` is anything.

    Raises:
        ArgumentError: an argument is missing, unknown, or does not fit; the message has all three.
    """
    signature = inspect.signature(fn)
    names = _names(signature)

    @functools.wraps(fn)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        given = _bound(fn, signature, args, kwargs)
        check(fn, {n: v for n, v in given.items() if n in names}, lambda: _where(fn, args))
        return fn(*args, **kwargs)

    return call


def known_names(fn: Callable[P, R]) -> Callable[P, R]:
    """The function, which refuses arguments that it does not have or that are missing, as one that is `checked` does.

    What the arguments are it checks itself, where its annotations do not say it.

    Raises:
        ArgumentError: an argument is missing or unknown.
    """
    signature = inspect.signature(fn)

    @functools.wraps(fn)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        _bound(fn, signature, args, kwargs)
        return fn(*args, **kwargs)

    return call


def _names(signature: inspect.Signature) -> list[str]:
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [name for name, parameter in signature.parameters.items() if parameter.kind not in kinds]


def _bound(fn: Callable[..., Any], signature: inspect.Signature, args: Any, kwargs: Any) -> dict[str, Any]:
    """A call's arguments by name, or the refusal of one that is missing or unknown."""
    try:
        return signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        names = _names(signature)
        unknown = next((k for k in kwargs if k not in names), "")
        raise ArgumentError(f"{_where(fn, args)}: {error}.{did_you_mean(unknown, names)}") from None


def check(fn: Callable[..., Any], given: Mapping[str, Any], where: Callable[[], str]) -> None:
    """Makes sure that arguments fit a function's annotations, where it is to be called later.

    Args:
        given: arguments by name.
        where: what the message begins with.

    Raises:
        ArgumentError: one does not fit.
    """
    hints = _hints(fn)
    for name, value in given.items():
        if name in hints and not _fits(value, hints[name]):
            raise ArgumentError(f"{where()}: {name} must be {_words(hints[name])}, got {reprlib.repr(value)}")


def as_floats(name: str, values: Any) -> np.ndarray:
    """Numbers in an array, a list or what else NumPy takes, as float32.

    Args:
        name: what the message begins with.

    Raises:
        DTypeError: they are no real numbers, or in no shape.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind in "OSUMmc":
            raise ValueError(f"its elements are {array.dtype.name}")
        return array.astype(np.float32)
    except (ValueError, TypeError) as error:
        raise DTypeError(
            f"{name} must be an array of numbers, got {type(values).__name__}: {error}"
        ) from None


@functools.cache
def _hints(fn: Callable[..., Any]) -> dict[str, Any]:
    return typing.get_type_hints(fn, include_extras=True)


def _where(fn: Callable[..., Any], args: Sequence[Any]) -> str:
    """The class that is being made, by its own name; the method, or the function."""
    if fn.__name__ == "__init__":
        return type(args[0]).__name__
    owner = f"{type(args[0]).__name__}." if "self" in inspect.signature(fn).parameters else ""
    return f"{owner}{fn.__name__}()"


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or isinstance(hint, (str, TypeVar)):
        return True
    if origin is Annotated:
        return _fits(value, inner[0]) and value in inner[1]
    if origin in (typing.Union, UnionType):
        return any(_fits(value, each) for each in inner)
    if origin is typing.Literal:
        return any(type(value) is type(each) and value == each for each in inner)
    if origin in (tuple, list, Sequence):
        return _holds(value, origin, inner)
    if hint in _PLAIN:
        return _PLAIN[hint](value)
    if origin is Callable or hint is Callable:
        return callable(value)
    return isinstance(value, origin or hint)


def _holds(value: Any, origin: Any, inner: tuple[Any, ...]) -> bool:
    kinds = (list, tuple, range) if not isinstance(value, np.ndarray) or value.ndim != 1 else (np.ndarray,)
    if not isinstance(value, kinds) and not (origin is Sequence and isinstance(value, Sequence)):
        return False
    if isinstance(value, str):
        return False
    if (origin is tuple and len(inner) != 2) or (len(inner) == 2 and inner[1] is not ...):
        return len(value) == len(inner) and all(map(_fits, value, inner))
    return all(_fits(each, inner[0]) for each in value)


_PLAIN: dict[Any, Callable[[Any], bool]] = {
    int: lambda value: isinstance(value, (int, np.integer)) and not isinstance(value, bool),
    float: lambda value: isinstance(value, (int, float, np.number)) and not isinstance(value, bool),
    bool: lambda value: isinstance(value, (bool, np.bool_)) or (isinstance(value, int) and value in (0, 1)),
    NoneType: lambda value: value is None,
    None: lambda value: value is None,
}
_WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    str: "text",
    NoneType: "None",
    None: "None",
}


def _words(hint: Any) -> str:
    """An annotation as one would say it."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return f"a {'finite ' * inner[1].finite}{_words(inner[0]).removeprefix('a ')}{inner[1]}"
    if origin in (typing.Union, UnionType):
        said = list(dict.fromkeys(_words(each) for each in inner))
        return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"
    if origin is typing.Literal:
        return " or ".join(map(repr, inner))
    if origin in (tuple, list, Sequence):
        if origin is tuple and inner[-1] is not ...:
            same = len(inner) > 2 and len(set(inner)) == 1
            return f"{len(inner)} {_plural(inner[0])}" if same else f"({', '.join(map(_words, inner))})"
        return "a sequence" if inner[0] is Any else f"a sequence of {_plural(inner[0])}"
    if origin is Callable or hint is Callable:
        return "a function"
    if origin is Mapping:
        return "a dict"
    if hint in _WORDS:
        return _WORDS[hint]
    name = str(getattr(origin or hint, "__name__", hint))
    return f"{'an' if name[0] in 'AEIOU' or name[:2].isupper() else 'a'} {name}"  # an NDArray, a Symbol


def _plural(hint: Any) -> str:
    """Several of what an annotation says."""
    if typing.get_origin(hint) is Annotated:
        kind, limits = typing.get_args(hint)
        return f"{'finite ' * limits.finite}{_plural(kind)}{limits}"
    one = _words(hint).removeprefix("a ").removeprefix("an ")
    return one.replace("sequence", "sequences", 1) if one.startswith("sequence") else f"{one}s"
