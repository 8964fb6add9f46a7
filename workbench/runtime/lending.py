"""Lending arrays: pushed operations may name arrays, as well as variables.

An array's memory has a variable, which all arrays over that memory share.  While operations that name it wait or run,
whoever else reads or writes the memory has to wait for them; so it is *lent*, and knows when it is free again
(`imperative.storage`).  An array that nobody pushed costs nothing of this.

Whatever was called before the push comes before it, so what waits on the list of calls is run first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from workbench.errors import ArgumentError
from workbench.runtime import engine
from workbench.runtime.dependency.current import current
from workbench.runtime.dependency.framework import variable_of
from workbench.runtime.dependency.operation import Variables
from workbench.runtime.dependency.variable import Variable


class Memory(Protocol):
    """What an array stands on; an array names it as its ``engine_memory``."""

    def lend(self, lent: bool) -> None:
        """From now on others wait for pushed operations, or no longer."""


def borrow(
    where: str, fn: Callable[[], Any], reads: tuple[Any, ...], writes: tuple[Any, ...]
) -> tuple[Callable[[], Any], Variables, Variables, list[Memory]]:
    """A function and what it uses, as the engine takes them; and the memory to be lent once it is pushed.

    Raises:
        ArgumentError: something is neither a variable nor an array.
    """
    lent: list[Memory] = []

    def variable(thing: Any) -> Variable:
        if type(thing) is Variable:
            return thing
        memory = getattr(thing, "engine_memory", None)
        if memory is None:
            raise ArgumentError(
                f"{where} takes variables, as new_variable() makes them, and NDArrays, got {thing!r}"
            )
        lent.append(memory)
        return variable_of(memory)

    const, mutable = (tuple([variable(thing) for thing in each]) for each in (reads, writes))
    engine.flush()
    return _apart(fn), const, mutable, lent


def _apart(fn: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> None:
        with engine.apart():
            fn()

    return run


def lend(lent: list[Memory]) -> None:
    """After a push: what it names is lent, unless it has finished already."""
    for memory in lent:
        settle(memory)


def settle(memory: Any) -> None:
    """The memory is lent as long as an operation names it, or one that failed is still to be told of."""
    variable = variable_of(memory)
    with current.executor.lock:
        memory.lend(bool(variable.held or variable.waiting or variable.failure is not None))


def await_pushed(memory: Any, writes: bool) -> None:
    """Waits for what was pushed and writes the memory; to write it oneself, for what reads it too.

    Raises:
        ExecutionError: it was not written, since an operation failed.
    """
    variable = variable_of(memory)
    with current.executor.lock:  # a write whose turn comes is for a moment neither waiting nor held
        behind = variable.held or variable.waiting if writes else _written(variable)
    if behind or variable.failure is not None:
        with _let_go(engine.waiting.lock):
            current.executor.wait_for_var(variable, writes)
    settle(memory)


def _written(variable: Variable) -> bool:
    return variable.writing or any([writes for _, writes in variable.waiting])


@contextmanager
def _let_go(lock: Any) -> Iterator[None]:
    """Gives back a lock, however often this thread has taken it, and takes it as often again.

    Operations need the list's lock, and an array may be read where it is held.
    """
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
