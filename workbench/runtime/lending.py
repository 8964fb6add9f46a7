"""Lending arrays: pushed operations may name arrays, as well as variables.

An array's memory has a variable, which all arrays over that memory share.  While operations that name it wait or run,
whoever else reads or writes the memory has to wait for them; so it is *lent*, and knows when it is free again
(`imperative.storage`).  An array that nobody pushed costs nothing of this.

Whatever was called before the push comes before it, so what waits on the list of calls is run first.  The list's lock
is held until the operation stands in its queues: no call comes in between (`dependency.framework`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from workbench.errors import ArgumentError
from workbench.runtime.call import Cell
from workbench.runtime.dependency.current import check, current
from workbench.runtime.dependency.framework import let_go, variable_of
from workbench.runtime.dependency.operation import Operation, Variables
from workbench.runtime.dependency.variable import Variable
from workbench.runtime.flushing import apart, flush
from workbench.runtime.waiting import waiting


class Memory(Protocol):
    """What an array stands on; an array names it as its ``engine_memory``."""

    def peek(self) -> Cell:
        """What it shows now, whatever was pushed."""

    def lend(self, lent: bool) -> None:
        """From now on others wait for pushed operations, or no longer."""


def push(operation: Operation) -> None:
    """Pushes an operation that names arrays.

    Raises:
        ArgumentError: something is neither a variable nor an array, is named twice, or was deleted.
    """
    memories: list[Memory] = []
    reads = _variables(operation.reads, memories)
    writes = _variables(operation.writes, memories)
    check("push()", reads, writes)
    assert operation.fn is not None
    operation.fn = _apart(operation.fn)
    operation.reads = operation.shared = reads
    operation.writes = operation.exclusive = writes
    with waiting.inner:
        flush()
        for memory in memories:
            _spread(memory)
        current.executor.take(operation)
        for memory in memories:
            settle(memory)
    current.executor.go()
    for memory in memories:  # which are free again if it has run
        settle(memory)


def _variables(things: tuple[Any, ...], memories: list[Memory]) -> Variables:
    return tuple([_variable(thing, memories) for thing in things])


def _variable(thing: Any, memories: list[Memory]) -> Variable:
    if isinstance(thing, Variable):
        return thing
    memory = getattr(thing, "engine_memory", None)
    if memory is None or isinstance(thing, type):  # a class has a property in its place
        raise ArgumentError(
            f"push() takes variables, as new_variable() makes them, and NDArrays, got {thing!r}"
        )
    memories.append(memory)
    return variable_of(memory)


def _apart(fn: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> None:
        with apart():
            fn()

    return run


def _spread(memory: Memory) -> None:
    """If what it should show failed, so does what is pushed now and depends on it."""
    variable = variable_of(memory)
    with current.executor.lock:
        lent = _is_lent(variable)
    if not lent:
        current.executor.untold.spread(memory.peek().error, variable)


def _is_lent(variable: Variable) -> bool:
    """Whether an operation names it, or one that failed is still to be told of."""
    return current.executor.is_named(variable) or variable.failure is not None


def settle(memory: Any) -> None:
    """The memory is lent as long as an operation names it, or one that failed is still to be told of."""
    with current.executor.lock:
        memory.lend(_is_lent(variable_of(memory)))


def await_pushed(memory: Any, shown: Cell, writes: bool) -> None:
    """Waits for what was pushed and writes the memory; to write it oneself, for what reads it too.

    Args:
        shown: what it shows now.

    Raises:
        ExecutionError: it was not written, since an operation failed.
    """
    variable, executor = variable_of(memory, shown), current.executor
    executor.hand_on()
    with executor.lock:  # a write whose turn comes is for a moment neither waiting nor held
        behind = variable.held or variable.waiting if writes else _written(variable)
    outside = not getattr(waiting.lock, "depth", 1)
    if behind or variable.failure is not None or executor.sees(variable, outside):
        with let_go(waiting.lock):  # an array may be read where it is held, and operations need it
            executor.wait_for_var(variable, writes)
    settle(memory)


def _written(variable: Variable) -> bool:
    return variable.writing or any([writes for _, writes in variable.waiting])
