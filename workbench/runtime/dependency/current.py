"""The engine in force, and MXNet's functions that speak to it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from workbench.errors import ArgumentError
from workbench.runtime.dependency.executor import Executor
from workbench.runtime.dependency.naive import Naive
from workbench.runtime.dependency.operation import Deletion, Operation, Variables
from workbench.runtime.dependency.running import here
from workbench.runtime.dependency.threaded import Threaded
from workbench.runtime.dependency.variable import Variable
from workbench.runtime.device import Context, chosen_context
from workbench.runtime.source import caller

TYPES: dict[str, type[Executor]] = {"naive": Naive, "threaded": Threaded}

_numbers = itertools.count()
_random_state = Variable("random state")


class _Current:
    """The engine in force, and the name of its type."""

    def __init__(self) -> None:
        self.name = "threaded"
        self.executor: Executor = Threaded()


current = _Current()


def new_variable(name: str | None = None) -> Variable:
    """A variable: it stands for something that operations read or write.

    Args:
        name: what errors and pictures call it; a number where none is given.

    Raises:
        ArgumentError: the name is no text.
    """
    if name is not None and not isinstance(name, str):
        raise ArgumentError(f"new_variable(): name must be text or None, got {name!r}")
    return Variable(name if name is not None else f"var{next(_numbers)}")


def random_state() -> Variable:
    """The variable of the generator of random numbers: an operation that draws from it writes it."""
    return _random_state


def push(
    fn: Callable[[], Any],
    const_vars: Sequence[Any] = (),
    mutable_vars: Sequence[Any] = (),
    device: Context | None = None,
    priority: int = 0,
    name: str | None = None,
) -> None:
    """Hands a function to the engine, which runs it when its turn has come on all its variables.

    Operations that only read a variable run together; one that writes it runs alone, after those pushed before
    it and before those pushed after.  A function may push others, which come after all that is there already.  It can't
    wait.

    Args:
        fn: takes nothing; what it returns is dropped.
        const_vars: what it reads: variables and NDArrays.
        mutable_vars: what it writes, and may read.  Who else reads or writes an NDArray that is named, or asks for its
            shape, waits for the operation, and is told of its failure.
        device: where it runs; the current one where none is given.  While it runs, this is the current device.
        priority: among operations of one device that can start, the highest goes first.
        name: what errors and pictures call it; the function's own name where none is given.

    Raises:
        ArgumentError: an argument does not fit, a variable is named twice, or was deleted.
    """
    if not callable(fn):
        raise ArgumentError(f"push(): fn must be a function without arguments, got {fn!r}")
    if type(priority) is not int:
        raise ArgumentError(f"push(): priority must be a whole number, got {priority!r}")
    if name is not None and not isinstance(name, str):
        raise ArgumentError(f"push(): name must be text or None, got {name!r}")
    reads = const_vars if type(const_vars) is tuple else _tuple("const_vars", const_vars)
    writes = mutable_vars if type(mutable_vars) is tuple else _tuple("mutable_vars", mutable_vars)
    called = name or getattr(fn, "__name__", None) or type(fn).__name__
    uses = (*reads, *writes)
    plain = all([type(each) is Variable and each.deleted is None for each in uses])
    operation = Operation(fn, called, reads, writes, chosen_context(device), priority, caller())
    if plain and len({*uses}) == len(uses):
        current.executor.push(operation)
    else:
        from workbench.runtime import lending  # which knows the framework's arrays

        lending.push(operation)


def _tuple(name: str, variables: Sequence[Any]) -> tuple[Any, ...]:
    if not isinstance(variables, (list, tuple)):
        raise ArgumentError(f"push(): {name} must be a list or tuple of variables, got {variables!r}")
    return tuple(variables)


def check(where: str, reads: Variables, writes: Variables) -> None:
    """
    Raises:
        ArgumentError: something is no variable, is named twice, or was deleted.
    """
    for variable in (*reads, *writes):
        if not isinstance(variable, Variable):
            raise ArgumentError(f"{where} takes variables, as new_variable() makes them, got {variable!r}")
        if variable.deleted is not None:
            raise ArgumentError(f"{where}: {variable.name} was deleted at {variable.deleted}")
    if len({*reads, *writes}) < len(reads) + len(writes):
        both = [v for v in reads if v in writes]
        lists = "const_vars and mutable_vars; what an operation writes it may read"
        twice = next(v for v in (*reads, *writes) if (*reads, *writes).count(v) > 1)
        raise ArgumentError(f"{where} was given {twice.name} twice{f', in {lists}' if both else ''}")


def delete_variable(variable: Variable, fn: Callable[[], Any] | None = None) -> None:
    """Deletes a variable once all that was pushed before and names it is done; nothing pushed later may name it.

    Args:
        fn: frees what the variable stands for.  It runs then, even if the variable was never written for an error.

    Raises:
        ArgumentError: it is no variable, or was deleted before.
    """
    check("delete_variable()", (), (variable,))
    if fn is not None and not callable(fn):
        raise ArgumentError(f"delete_variable(): fn must be a function without arguments, got {fn!r}")
    source, name = caller(), f"delete {variable.name}"
    operation = Deletion(fn or _nothing, name, (), (variable,), chosen_context(None), 0, source)
    variable.deleted = str(source)
    current.executor.push(operation)


def _nothing() -> None:
    """Frees nothing."""


def wait_for_var(variable: Variable) -> None:
    """Returns when all that was pushed so far and writes the variable is done.

    Raises:
        ExecutionError: it was not written, since an operation failed that it depends on; the message names the line
            that pushed it.  The variable may be used again after that.  Also, where a pushed function calls it.
        ArgumentError: it is no variable, or was deleted.
    """
    check("wait_for_var()", (variable,), ())
    current.executor.wait_for_var(variable)


def wait_for_all() -> None:
    """Returns when all that was pushed is done, and what it pushed itself.

    Raises:
        ExecutionError: the first failure of which no wait has told; all variables may be used again after that.  Also,
            where it is called by a pushed function.
    """
    current.executor.wait_for_all()


def set_engine_type(name: str) -> str:
    """Chooses how pushed operations run: ``"threaded"``, the default, or ``"naive"``; returns the one before.

    It waits for all, as a `wait_for_all` would.

    Raises:
        ArgumentError: there is no such type.
        ExecutionError: something failed of which no wait has told.
    """
    if not isinstance(name, str) or name not in TYPES:
        raise ArgumentError(f"an engine type is {' or '.join(map(repr, TYPES))}, got {name!r}")
    before = current.name
    if name != before:
        errors = current.executor.settle()
        current.executor.close()
        current.name, current.executor = name, TYPES[name]()
        if errors:
            raise errors[0]
    return before


@contextmanager
def engine_type(name: str) -> Iterator[None]:
    """``with engine.engine_type("naive"):`` pushed operations run one by one, where they are pushed.

    Raises:
        ArgumentError: there is no such type.
        ExecutionError: something failed of which no wait has told.
    """
    before = set_engine_type(name)
    try:
        yield
    finally:
        set_engine_type(before)


@contextmanager
def joined(size: int) -> Iterator[None]:
    """Inside, what this thread pushes is joined to operations of so many functions, where the engine does that."""
    before, here.bulk = here.bulk, size
    try:
        yield
    finally:
        here.bulk = before
        current.executor.hand_on()


@contextmanager
def using(executor: Executor) -> Iterator[None]:
    """Inside, operations are pushed to this engine; the one in force has nothing to do meanwhile."""
    errors = current.executor.settle()
    if errors:
        raise errors[0]
    before, current.executor = current.executor, executor
    try:
        yield
    finally:
        current.executor = before
