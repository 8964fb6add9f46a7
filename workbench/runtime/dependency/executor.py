"""What every engine type does: taking operations in, letting them out, and waiting."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from itertools import count
from typing import Any

from workbench.errors import ExecutionError
from workbench.runtime.dependency.bulk import Bulk
from workbench.runtime.dependency.failure import Failure
from workbench.runtime.dependency.operation import Operation, Variables, Wait
from workbench.runtime.dependency.queues import enter, leave
from workbench.runtime.dependency.running import here
from workbench.runtime.dependency.untold import Untold
from workbench.runtime.dependency.variable import Variable
from workbench.runtime.source import caller


class Executor(ABC):
    """An engine type: it decides when and on which thread operations run whose turn has come.

    `everything` is a variable that every operation reads, so that to wait for all of them is to write it.
    """

    bulks = False  # whether operations may be joined

    def __init__(self) -> None:
        self.lock = threading.RLock()  # held whenever queues change
        self.everything = Variable("everything")
        self._coming: deque[Operation] = deque()
        self._changing = False
        self._serial = count()
        self.untold = Untold(self.lock)
        self._bulk: Bulk | None = None  # which operations join

    # -- what a type decides -----------------------------------------------------------------------------------

    @abstractmethod
    def schedule(self, operation: Operation) -> None:
        """It is this operation's turn; the lock is held."""

    @abstractmethod
    def until(self, wait: Wait) -> None:
        """Returns when it is the turn of a wait, whose gate is open then."""

    def start(self, by: Any = None) -> None:  # noqa: B027  (most types start nothing by themselves)
        """Starts what was scheduled, first on the worker that is free now; the lock is held."""

    def sees(self, variable: Variable, outside: bool) -> bool:
        """Whether it is to know that an array is read or written, even if nothing stands before that.

        Args:
            outside: whether that is all of it, and not part of a call.
        """
        return False

    def close(self) -> None:  # noqa: B027  (most types hold nothing)
        """Gives back what the engine holds, once nothing waits."""

    # -- taking in and letting out -----------------------------------------------------------------------------

    def push(self, operation: Operation) -> None:
        """Takes an operation in, at the end of program order."""
        self.take(operation)
        self.go()

    def take(self, operation: Operation) -> None:
        """Has an operation take its places, or join those that take them together."""
        operation.shared = (*operation.reads, self.everything)
        if here.bulk > 1 and self.bulks and here.operation is None:
            self._join(operation, here.bulk)
            return
        if self._bulk is not None:
            self.hand_on()
        self.enter(operation)

    def _join(self, operation: Operation, size: int) -> None:
        thread = threading.get_ident()
        with self.lock:
            if self._bulk is None or not self._bulk.takes(operation, thread):
                self.hand_on()
                self._bulk = Bulk(operation, thread)
            operation.serial = next(self._serial)
            self._bulk.members.append(operation)
            if len(self._bulk.members) >= size:
                self.hand_on()

    def hand_on(self) -> None:
        """Has the operations that were joined take their places."""
        with self.lock:
            bulk, self._bulk = self._bulk, None
            if bulk is not None:
                self.enter(bulk.close(self.everything))

    def is_named(self, variable: Variable) -> bool:
        """Whether an operation names a variable that is not done; the lock is held."""
        if self._bulk is not None and any([variable in (*m.reads, *m.writes) for m in self._bulk.members]):
            return True
        return bool(variable.held or variable.waiting)

    def go(self) -> None:  # noqa: B027  (most types have threads for it)
        """Runs what was taken, where that is left to the thread that pushes; it holds no lock that others need."""

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
            self.untold.note(operation, operation.failure)
        for member in operation.members:
            if member.failure is not None:
                self.untold.note(member, member.failure)
        for other in leave(operation):
            self.admit(other)

    # -- programs of the framework -----------------------------------------------------------------------------

    def is_free(self, reads: Variables, writes: Variables) -> bool:
        """Whether a program that uses these would not have to wait."""
        with self.lock:
            return not (
                any([v.writing or v.waiting for v in reads]) or any([v.held or v.waiting for v in writes])
            )

    def await_turn(self, reads: Variables, writes: Variables) -> None:
        """Returns when all that was pushed so far and stands before such a program is done, or has failed."""
        self.until(self._enter_wait("a program's turn", reads, writes))

    def hold(self, program: Operation) -> bool:
        """Has a program take its places, if it need not wait there; the thread that asked for it runs it.

        Failures do not pass to it: what it reads was read before, and whoever read it was told.
        """
        with self.lock:
            program.serial = next(self._serial)
            if not self.is_free(program.reads, program.writes):
                return False
            enter(program)
            program.failure = None
            return True

    def release(self, program: Operation) -> None:
        """A program has run."""
        with self.lock:
            self.change(program)

    def fail(self, error: ExecutionError) -> None:
        """Notes that a call failed."""
        with self.lock:
            self.untold.add(Failure(next(self._serial), error))

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
                self.untold.tell(variable, failure)
        if failure is not None:
            raise failure.error

    def wait_for_all(self) -> None:
        """Returns when nothing waits or runs, or raises the first failure nobody was told of."""
        errors = self.settle()
        if errors:
            raise errors[0]

    def settle(self) -> list[ExecutionError]:
        """Waits for all, and for what they push; the errors nobody was told of, which are forgotten now."""
        self.drain()
        return self.untold.forget()

    def drain(self) -> None:
        """Waits for all, and for what they push."""
        self.until(self._enter_wait("wait_for_all()", (), (self.everything,)))
        while self.everything.held or self.everything.waiting:  # pushed by operations, meanwhile
            self.until(self._enter_wait("wait_for_all()", (), (self.everything,)))

    def _enter_wait(self, name: str, reads: Variables, writes: Variables) -> Wait:
        if here.operation is not None:
            raise ExecutionError(
                f"{name} was called inside {here.operation}: an operation that waits for others could wait for "
                "itself; name what it needs in const_vars, or push what comes after it"
            )
        if self._bulk is not None:
            self.hand_on()
        wait = Wait(name, reads, writes, caller())
        self.enter(wait)
        return wait
