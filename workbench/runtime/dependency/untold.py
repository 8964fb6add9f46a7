"""Failures that nobody has been told of yet: each is told once, where somebody waits for what depends on it."""

from __future__ import annotations

import weakref
from typing import Any

from workbench.errors import ExecutionError
from workbench.runtime.dependency.failure import Failure
from workbench.runtime.dependency.operation import Operation
from workbench.runtime.dependency.variable import Variable

KEPT = 16  # failures; the first in program order stay, in whatever order they ran


class Untold:
    """The failures of one engine, by their places in program order.

    Args:
        lock: the engine's.
    """

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self._failures: dict[int, Failure] = {}
        self._failed: weakref.WeakSet[Variable] = weakref.WeakSet()

    def note(self, operation: Operation, failure: Failure) -> None:
        """An operation is done that failed, or was skipped; the lock is held."""
        self._failed.update(operation.writes)
        if failure.serial == operation.serial:
            self.add(failure)

    def add(self, failure: Failure) -> None:
        """Something failed; the lock is held."""
        self._failures[failure.serial] = failure
        if len(self._failures) > KEPT:
            del self._failures[max(self._failures)]

    def tell(self, variable: Variable, failure: Failure) -> None:
        """Who waited for a variable is told."""
        with self._lock:
            self._failures.pop(failure.serial, None)
            if variable.failure is failure:
                variable.failure = None

    def told(self, error: Exception) -> None:
        """Somebody has been told of what may be the failure of a call."""
        with self._lock:
            for failure in [each for each in self._failures.values() if each.error is error]:
                del self._failures[failure.serial]

    def spread(self, error: Exception | None, variable: Variable) -> None:
        """What reads or writes the variable depends on this failure of a call, unless somebody was told of it."""
        with self._lock:
            for failure in self._failures.values():
                if failure.error is error:
                    variable.failure = failure
                    self._failed.add(variable)

    def forget(self) -> list[ExecutionError]:
        """The errors nobody was told of, in program order, which are forgotten now; all variables may be used again."""
        with self._lock:
            errors = [self._failures[serial].error for serial in sorted(self._failures)]
            self._failures.clear()
            for variable in self._failed:
                variable.failure = None
            self._failed.clear()
        return errors
