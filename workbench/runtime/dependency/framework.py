"""The framework's own programs, as operations of the engine.

What is called on arrays is not pushed: a list of calls runs as one compiled program, on the thread that asks for a
value (`runtime.engine`).  But a program reads and writes arrays as a pushed operation does.  So it stands in the queues
of their variables while it runs, behind what was pushed before it and in front of what is pushed later, and leaves the
same kind of event: one record and one graph show all that ran, whoever asked for it.

**Why it can't deadlock.**  Programs run while the list's lock is held, and pushed functions that call on arrays need
that lock.  Whoever holds it therefore waits for nobody: `await_turn` waits before anything runs, without the lock, and
the list is looked at anew afterwards.  An operation that names arrays is pushed under the lock too, so a program that
was free to run is still free when it enters.  Should it not be, it runs outside the queues: the values it reads never
change.

Where nothing is pushed and nobody records, its turn is at once and there is nobody to see it: it need not enter.

A value belongs to the memory that shows it; one that no array shows has a variable of its own.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Any

import jax

from workbench.runtime.call import Cell
from workbench.runtime.dependency import events
from workbench.runtime.dependency.current import current
from workbench.runtime.dependency.operation import Operation, Variables
from workbench.runtime.dependency.running import here
from workbench.runtime.dependency.variable import ArrayVariable, Variable
from workbench.runtime.device import Context
from workbench.runtime.source import Source
from workbench.runtime.trace import now

AT_ONCE: AbstractContextManager[None] = nullcontext()  # the turn of a program that need not enter

_numbers = itertools.count()
_variables: weakref.WeakKeyDictionary[Any, Variable] = weakref.WeakKeyDictionary()


def variable_of(memory: Any, shown: Cell | None = None) -> Variable:
    """The variable of an array's memory; its name says the type of what it shows."""
    found = _variables.get(memory)
    if found is None:
        type_ = (memory.peek() if shown is None else shown).type
        found = _variables.setdefault(memory, ArrayVariable(f"array {next(_numbers)} {type_}"))
    return found


def contended() -> bool:
    """Whether a program has to enter queues: something is pushed, or somebody records.

    What a pushed operation runs is part of that, and enters none.
    """
    return (bool(current.executor.everything.held) or events.recording()) and here.operation is None


class Turn:
    """``with Turn(…):`` a program runs while it holds its variables, and leaves an event.

    While somebody records, what it gives is waited for, to time it.

    Args:
        names: of what it computes, in order.
        reads, gives: the values.
    """

    def __init__(
        self,
        names: Sequence[str],
        reads: Sequence[Cell],
        gives: Sequence[Cell],
        device: Context,
        source: Source | None,
    ) -> None:
        read, written = _of(reads, gives)
        self._gives = gives
        self._program = Operation(None, _name(names), read, written, device, 0, source)
        self._engine = current.executor

    def __enter__(self) -> None:
        self._entered = self._engine.hold(self._program)
        self._start = now()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and events.recording():
                jax.block_until_ready([cell.array for cell in self._gives])
        finally:
            end = now()
            if self._entered:
                self._engine.release(self._program)
        if kind is None:  # else it is run again call by call, to see which of them failed
            thread = threading.current_thread().name
            events.add(events.Event(self._program, self._start, end, thread, False))


def await_turn(lock: Any, reads: Sequence[Cell], gives: Sequence[Cell]) -> bool:
    """Returns when nothing that was pushed stands before a program; whether the lock was let go to wait for that."""
    read, written = _of(reads, gives)
    executor = current.executor
    if executor.is_free(read, written):
        return False
    with let_go(lock):
        executor.await_turn(read, written)
    return True


@contextmanager
def let_go(lock: Any) -> Iterator[None]:
    """Gives back a lock, however often this thread has taken it, and takes it as often again."""
    held = 0
    try:
        while True:
            lock.release()
            held += 1
    except RuntimeError:  # not this thread's any more
        pass
    try:
        yield
    finally:
        for _ in range(held):
            lock.acquire()


def _name(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]} ({len(names)} operations)"


def _of(reads: Sequence[Cell], gives: Sequence[Cell]) -> tuple[Variables, Variables]:
    """What a program reads, and what it writes and may read."""
    written = tuple(dict.fromkeys([_variable(cell) for cell in gives]))
    read = dict.fromkeys([_variable(cell) for cell in reads])
    return tuple([variable for variable in read if variable not in written]), written


def _variable(cell: Cell) -> Variable:
    """The variable of the memory that shows a value, or did when it was last asked for."""
    found = _variables.get(cell)
    if found is None:
        memory = cell.holder() if cell.holder is not None else None
        found = _variables[cell] = variable_of(cell if memory is None else memory, cell)
    return found
