"""What a rehearsal sees of arrays: each call and each access is a step of the program, before or after what was pushed.

A call on arrays takes the values that they show at that moment, and a value never changes; so what a pushed function
does to an array that it does not name comes before a call or after it, and nothing else matters.  In a rehearsal the
program therefore waits before each call, for nothing by name, and for the array where it reads or writes one by itself.
How long, its ranks decide (`dependency.rehearsal`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from workbench.runtime.dependency.rehearsal import Rehearsal
from workbench.runtime.waiting import waiting

_classes: list[Callable[[bool], None]] = []


def memory_class(watch: Callable[[bool], None]) -> None:
    """Makes known how a class of arrays' memory has all accesses told of (`lending.await_pushed`), or no longer."""
    _classes.append(watch)


class SeenLock:
    """The list's lock in a rehearsal: who takes it first is about to make a call.

    Attributes:
        depth: how often it is taken.
    """

    def __init__(self, lock: Any, rehearsal: Rehearsal) -> None:
        self._lock = lock
        self._rehearsal = rehearsal
        self.depth = 0

    def acquire(self) -> None:
        """Takes it, where no call is made."""
        self._lock.acquire()
        self.depth += 1

    def release(self) -> None:
        """Gives it back.

        Raises:
            RuntimeError: it is not this thread's.
        """
        self._lock.release()
        self.depth -= 1

    def __enter__(self) -> None:
        if not self.depth:
            self._rehearsal.goes_on()
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class _Inner:
    """The same lock, taken by the list itself."""

    def __init__(self, lock: SeenLock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@contextmanager
def seen_by(rehearsal: Rehearsal) -> Iterator[None]:
    """Inside, calls and accesses are steps of a rehearsal."""
    before = waiting.lock, waiting.inner
    seen = SeenLock(waiting.lock, rehearsal)
    waiting.lock, waiting.inner = seen, _Inner(seen)
    for watch in _classes:
        watch(True)
    try:
        yield
    finally:
        for watch in _classes:
            watch(False)
        waiting.lock, waiting.inner = before
