"""What each thread has for itself: scopes that it has entered, such as recording, names, or a stream of random numbers.

A function that one thread runs in another's stead must not find that thread's scopes, or what it does would hang on
which of them was faster.  So whatever is kept by thread is known here, and can be set aside.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

L = TypeVar("L", bound=threading.local)

_known: list[tuple[Any, Callable[[Any], bool]]] = []


def by_thread(local: L, entered: Callable[[L], bool]) -> L:
    """Has a `threading.local` set aside with the others, where a thread has entered a scope that it keeps."""
    _known.append((local, entered))
    return local


class AsNewThread:
    """Inside, this thread's scopes are those of a thread that has just begun."""

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        self._before = [(local, local.__dict__.copy()) for local, entered in _known if entered(local)]
        for local, _ in self._before:
            local.__dict__.clear()
            local.__init__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for local, before in self._before:
            local.__dict__.clear()
            local.__dict__.update(before)
