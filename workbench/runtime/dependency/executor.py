"""What every engine type does: taking operations in, waiting, running one, and telling of failures."""

from __future__ import annotations

import threading
import weakref
from abc import ABC, abstractmethod
from collections import deque
from itertools import count
from typing import Any

from workbench.errors import ExecutionError
from workbench.runtime.dependency import events
from workbench.runtime.dependency.failure import Failure, execution_error
from workbench.runtime.dependency.operation import Operation, Variables, Wait
from workbench.runtime.dependency.queues import enter, leave
from workbench.runtime.dependency.variable import Variable
from workbench.runtime.source import caller
from workbench.runtime.trace import now

UNTOLD = 16  # failures kept that nobody has been told of


class _Here(threading.local):
    """The operation that this thread is running."""

    operation: Operation | None = None


here = _Here()


class Executor(ABC):
    """An engine type: it decides when and on which thread operations run whose turn has come.

    `everything` is a variable that every operation reads, so that to wait for all of them is to write it.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()  # held whenever queues change
        self.everything = Variable("everything")
        self._coming: deque[Operation] = deque()
        self._changing = False
        self._serial = count()
        self._untold: dict[int, Failure] = {}  # by serial
        self._failed: weakref.WeakSet[Variable] = weakref.WeakSet()

    # -- what a type decides -----------------------------------------------------------------------------------

    @abstractmethod
    def schedule(self, operation: Operation) -> None:
        """It is this operation's turn; the lock is held."""

    @abstractmethod
    def until(self, wait: Wait) -> None:
        """Returns when it is the turn of a wait, whose gate is open then."""

    def start(self, by: Any = None) -> None:  # noqa: B027  (most types start nothing by themselves)
        """Starts what was scheduled, first on the worker that is free now; the lock is held."""

    def close(self) -> None:  # noqa: B027  (most types hold nothing)
        """Gives back what the engine holds, once nothing waits."""

    # -- taking in and letting out -----------------------------------------------------------------------------

    def push(self, operation: Operation) -> None:
        """Takes an operation in, at the end of program order."""
        operation.shared = (*operation.reads, self.everything)
        self.enter(operation)

    def enter(self, operation: Operation) -> None:
        """Puts an operation, or a wait, in its queues."""
        self._coming.append(operation)
        with self.lock:
            if (
                not self._changing
            ):  # else a finalizer pushes amid a change, and whoever makes that goes on with it
                self.change()

    def change(self, done: Operation | None = None, by: Any = None) -> None:
        """Lets out an operation that is done, takes in those that come, and starts what can; the lock is held.

        Args:
            by: the worker that has done it, if one has.
        """
        self._changing = True
        try:
            if done is not None:
                self.finish(done)
            if self._coming:
                self._take_in()
            self.start(by)
            while self._coming:
                self._take_in()
                self.start()
        finally:
            self._changing = False

    def _take_in(self) -> None:
        while self._coming:
            operation = self._coming.popleft()
            operation.serial = next(self._serial)
            if enter(operation):
                self.admit(operation)

    def admit(self, operation: Operation) -> None:
        """It is its turn in all queues; the lock is held."""
        if operation.gate is None:
            self.schedule(operation)
        else:
            self.finish(operation)
            operation.gate.release()

    def finish(self, operation: Operation) -> None:
        """It is done: whoever waited for it and for nothing else is admitted; the lock is held."""
        if operation.failure is not None and operation.gate is None:
            self._note(operation, operation.failure)
        for other in leave(operation):
            self.admit(other)

    def _note(self, operation: Operation, failure: Failure) -> None:
        self._failed.update(operation.writes)
        if failure.serial == operation.serial:
            self._untold[failure.serial] = failure
            if len(self._untold) > UNTOLD:  # the first in program order stay, in whatever order they ran
                del self._untold[max(self._untold)]

    def place(self) -> int:
        """The next place in program order, for what ran without being pushed."""
        return next(self._serial)

    # -- waiting -----------------------------------------------------------------------------------------------

    def wait_for_var(self, variable: Variable, writes: bool = False) -> None:
        """Returns when all that was pushed so far and writes the variable is done, or raises its failure.

        Args:
            writes: wait for what reads it too.
        """
        reads, written = ((), (variable,)) if writes else ((variable,), ())
        wait = self._enter_wait(f"wait_for_var({variable.name})", reads, written)
        try:
            self.until(wait)
        finally:  # an interrupt that made what it waits for fail tells of that
            failure = wait.failure
            if failure is not None:
                with self.lock:
                    self._untold.pop(failure.serial, None)
                    if variable.failure is failure:
                        variable.failure = None
        if failure is not None:
            raise failure.error

    def wait_for_all(self) -> None:
        """Returns when nothing waits or runs, or raises the first failure nobody was told of."""
        failures = self.settle()
        if failures:
            raise failures[0].error

    def settle(self) -> list[Failure]:
        """Waits for all, and for what they push; the failures nobody was told of, which are forgotten now."""
        self.until(self._enter_wait("wait_for_all()", (), (self.everything,)))
        while self.everything.held or self.everything.waiting:  # pushed by operations, meanwhile
            self.until(self._enter_wait("wait_for_all()", (), (self.everything,)))
        with self.lock:
            failures = [self._untold[serial] for serial in sorted(self._untold)]
            self._untold.clear()
            for variable in self._failed:
                variable.failure = None
            self._failed.clear()
        return failures

    def _enter_wait(self, name: str, reads: Variables, writes: Variables) -> Wait:
        if here.operation is not None:
            raise ExecutionError(
                f"{name} was called inside {here.operation}: an operation that waits for others could wait for "
                "itself; name what it needs in const_vars, or push what comes after it"
            )
        wait = Wait(name, reads, writes, caller())
        self.enter(wait)
        return wait


def run(operation: Operation, caught: type[BaseException] = Exception) -> None:
    """Runs an operation on this thread, unless what it depends on failed, and leaves an event.

    What it raises becomes its failure if it is `caught`.
    """
    skipped = operation.failure is not None and not operation.always
    start = end = now()
    if not skipped:
        fn: Any = operation.fn
        outer, here.operation = here.operation, operation
        try:
            fn()
        except caught as error:
            failed = execution_error(operation.name, "pushed", operation.source, error)
            operation.failure = Failure(operation.serial, failed)
        finally:
            here.operation = outer
        end = now()
    operation.fn = None  # the trace keeps the operation, not what its function holds
    events.add(events.Event(operation, start, end, threading.current_thread().name, skipped))
