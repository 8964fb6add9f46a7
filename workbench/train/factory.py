"""Choosing a class by name: ``optimizer="sgd"``, ``metric="acc"``, ``init="xavier"``.

A name fits where an object does not: in a script's arguments, in a saved symbol's attributes.  One
small table a family turns the name, or the JSON text that an object's `dumps` wrote, into an
object.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from workbench.errors import ArgumentError, did_you_mean

T = TypeVar("T")


class Factory(Generic[T]):
    """The classes of one family, by lower-case name."""

    def __init__(self, kind: str, base: type[T]) -> None:
        self.kind = kind
        self.base = base
        self.classes: dict[str, type[T]] = {}

    def register(self, klass: type[T]) -> type[T]:
        """Class decorator: adds the class under its own name in lower case.

        Raises:
            ArgumentError: it is not a class of this family.
        """
        if not (isinstance(klass, type) and issubclass(klass, self.base)):
            raise ArgumentError(f"only a subclass of {self.base.__name__} can be registered, got {klass!r}")
        self.classes[klass.__name__.lower()] = klass
        return klass

    def alias(self, *names: str) -> Callable[[type[T]], type[T]]:
        """Class decorator: adds the class under further names."""

        def attach(klass: type[T]) -> type[T]:
            self.classes.update(dict.fromkeys(map(str.lower, names), klass))
            return klass

        return attach

    def create(self, what: Any, *args: Any, **kwargs: Any) -> T:
        """An object of the family from its name, from the text of `dumps`, or as it is.

        Raises:
            ArgumentError: the name or one of its arguments is unknown; the nearest one is named.
        """
        if isinstance(what, self.base):
            if args or kwargs:
                raise ArgumentError(f"{what!r} is made already; it takes no further arguments")
            return what
        if not isinstance(what, str):
            raise ArgumentError(f"{self.kind} must be a name or a {self.base.__name__}, got {what!r}")
        if what.startswith("["):
            what, kwargs = self._loads(what)
        klass = self.find(what)
        try:
            return klass(*args, **kwargs)
        except TypeError as error:
            unknown = re.search(r"unexpected keyword argument '(\w+)'", str(error))
            if unknown is None or unknown[1] not in kwargs:
                raise
            raise self._unknown_argument(what, klass, unknown[1]) from error

    def find(self, name: str) -> type[T]:
        """The class of this name.

        Raises:
            ArgumentError: there is none.
        """
        try:
            return self.classes[name.lower()]
        except KeyError:
            known = sorted(self.classes)
            hint = did_you_mean(name.lower(), known)
            raise ArgumentError(f"no {self.kind} {name!r}; known are {', '.join(known)}.{hint}") from None

    def _loads(self, text: str) -> tuple[str, dict[str, Any]]:
        try:
            name, kwargs = json.loads(text)
            if isinstance(name, str) and isinstance(kwargs, dict):
                return name, kwargs
        except ValueError:
            pass
        raise ArgumentError(f'{self.kind} text must be JSON of ["name", {{arguments}}], got {text!r}')

    def _unknown_argument(self, name: str, klass: type[T], key: str) -> ArgumentError:
        known = _arguments(klass)
        takes = ", ".join(known) or "no arguments"
        hint = did_you_mean(key, known)
        return ArgumentError(f"{self.kind} {name!r} has no argument {key!r}; it takes {takes}.{hint}")


def _arguments(klass: type) -> list[str]:
    """The names a class can be made with, those it passes on to its bases included."""
    names: list[str] = []
    for each in klass.__mro__[:-1]:
        if "__init__" in vars(each):
            parameters = list(inspect.signature(vars(each)["__init__"]).parameters.values())[1:]
            names += [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
            if not any(p.kind is p.VAR_KEYWORD for p in parameters):
                break
    return list(dict.fromkeys(names))
