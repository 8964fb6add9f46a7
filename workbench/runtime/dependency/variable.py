"""Variables: what operations read and write, as the engine knows it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.runtime.dependency.failure import Failure
    from workbench.runtime.dependency.operation import Operation


class Variable:
    """Stands for anything that operations share: an array, a file, a generator of random numbers.

    The engine never looks at the thing itself; it keeps a queue of the operations that name the variable.

    Attributes:
        name: what errors and pictures call it.
        held: the operations whose turn it is: any number that read, or one that writes.
        writing: whether the one that holds it writes.
        waiting: those behind them, in program order, each with whether it writes.
        failure: what went wrong where the variable should have been written.
        deleted: where it was deleted, if it was.
    """

    __slots__ = ("__weakref__", "deleted", "failure", "held", "name", "waiting", "writing")

    def __init__(self, name: str) -> None:
        self.name = name
        self.held: dict[Operation, None] = {}
        self.writing = False
        self.waiting: deque[tuple[Operation, bool]] = deque()
        self.failure: Failure | None = None
        self.deleted: str | None = None

    def __repr__(self) -> str:
        return f"Variable({self.name!r})"


class ArrayVariable(Variable):
    """The variable of an array's memory; who enters its queue to hold it has the list's lock (`runtime.engine`)."""

    __slots__ = ()
