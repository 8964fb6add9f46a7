"""Names and attributes given by scope: `NameManager`, `Prefix` and `AttrScope`."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from workbench.errors import ArgumentError
from workbench.runtime.own_state import by_thread

__all__ = ["AttrScope", "NameManager", "Prefix"]


class _Stack(threading.local):
    def __init__(self) -> None:
        self.names: list[NameManager] = [NameManager()]
        self.attrs: list[AttrScope] = [AttrScope()]


class NameManager:
    """Names nodes ``hint0``, ``hint1``, … unless the caller names them."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def get(self, name: str | None, hint: str) -> str:
        """The name to use."""
        if name:
            return name
        number = self._counts[hint]
        self._counts[hint] += 1
        return f"{hint}{number}"

    def __enter__(self) -> NameManager:
        _stack.names.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _stack.names.pop()


class Prefix(NameManager):
    """Puts a prefix before every name."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        return self._prefix + super().get(name, hint)


def _as_user_attributes(attrs: Mapping[str, Any], where: str) -> dict[str, str]:
    """Written ``__name__``, as in files, so that they never pass for an operator's own."""
    for key, value in attrs.items():
        if not isinstance(value, str):
            raise ArgumentError(f"{where}({key}=…) takes text, got {value!r}")
    return {k if k.startswith("__") else f"__{k}__": v for k, v in attrs.items()}


class AttrScope:
    """``with AttrScope(ctx_group="dev1"):`` attributes for every symbol made inside.

    Raises:
        ArgumentError: a value is not text.
    """

    def __init__(self, **attrs: str) -> None:
        self._attrs = _as_user_attributes(attrs, "AttrScope")

    def get(self, own: dict[str, Any] | None) -> dict[str, str]:
        """The scope's attributes with the node's own over them."""
        return {**self._attrs, **_as_user_attributes(own or {}, "attr")}

    def __enter__(self) -> AttrScope:
        merged = AttrScope()
        merged._attrs = {**_stack.attrs[-1]._attrs, **self._attrs}
        _stack.attrs.append(merged)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _stack.attrs.pop()


_stack = by_thread(_Stack(), lambda stack: len(stack.names) > 1 or len(stack.attrs) > 1)


def current_names() -> NameManager:
    """The innermost name manager."""
    return _stack.names[-1]


def current_attrs() -> AttrScope:
    """The innermost attribute scope."""
    return _stack.attrs[-1]


def __dir__() -> list[str]:
    return __all__
