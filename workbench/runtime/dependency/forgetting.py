"""Forgetting on purpose: declarations that are left out, for the race checker to find."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workbench.errors import ArgumentError
from workbench.runtime.dependency.current import current
from workbench.runtime.dependency.operation import Operation, Variables

Declaration = tuple[str, str]


class _Forgetful:
    """Stands before an engine and hands on what is pushed, less some declarations."""

    def __init__(self, engine: Any, declarations: tuple[Declaration, ...]) -> None:
        self.engine = engine
        self.declarations = declarations
        self.left_out: set[Declaration] = set()

    def push(self, operation: Operation) -> None:
        self.take(operation)
        self.engine.go()

    def take(self, operation: Operation) -> None:
        operation.reads = self._declared(operation.name, operation.reads)
        operation.writes = operation.exclusive = self._declared(operation.name, operation.writes)
        self.engine.take(operation)

    def _declared(self, operation: str, variables: Variables) -> Variables:
        left_out = {(operation, v.name) for v in variables}.intersection(self.declarations)
        self.left_out |= left_out
        return tuple(v for v in variables if (operation, v.name) not in left_out)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


@contextmanager
def forgetting(*declarations: Declaration) -> Iterator[None]:
    """Inside, pushed operations do not say that they use certain variables, though they do.

    It makes the mistake that `race_check` looks for, in a program that is left as it is.

    Args:
        declarations: pairs of an operation's and a variable's name.

    Raises:
        ArgumentError: at the end, if no operation of such a name declares such a variable.
    """
    before = current.executor
    forgetful: Any = _Forgetful(before, declarations)
    current.executor = forgetful
    try:
        yield
    finally:
        if current.executor is forgetful:
            current.executor = before
    for operation, variable in declarations:
        if (operation, variable) not in forgetful.left_out:
            raise ArgumentError(
                f"nothing to forget: no operation {operation!r} was pushed that uses a variable {variable!r}"
            )
