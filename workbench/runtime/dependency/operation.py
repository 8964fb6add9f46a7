"""Operations: a function that was pushed, with what it reads and writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from workbench.runtime.dependency.failure import Failure
from workbench.runtime.dependency.variable import Variable
from workbench.runtime.device import Context, current_context
from workbench.runtime.source import Source

Variables = tuple[Variable, ...]


class Operation:
    """A function that runs once the variables it names are its own.

    Attributes:
        name: what errors and pictures call it.
        reads, writes: the variables it was pushed with.
        device: where it runs.
        priority: among operations that can start, the highest first.
        source: the line that pushed it.
        serial: its place in program order.
        shared, exclusive: the queues it stands in: `reads` and `writes`, and what the engine adds.
        missing: in how many of them it is not yet its turn.
        failure: why it did not give what it writes: its own error, or that of an operation it depends on.
        always: whether it runs also where a variable of its own failed.
        gate: of a wait, a lock that opens when its turn has come.
        entered: what was done at `source`, in a word.
        members: of a bulk, the operations that it stands for; it is unfinished while one of them is left.
    """

    __slots__ = (
        "device",
        "exclusive",
        "failure",
        "fn",
        "missing",
        "name",
        "priority",
        "reads",
        "serial",
        "shared",
        "source",
        "writes",
    )
    always = False
    gate: Lock | None = None
    entered = "pushed"
    members: Sequence[Operation] = ()
    unfinished = False

    missing: int
    serial: int

    def __init__(
        self,
        fn: Callable[[], Any] | None,
        name: str,
        reads: Variables,
        writes: Variables,
        device: Context,
        priority: int,
        source: Source | None,
    ) -> None:
        self.fn = fn
        self.name = name
        self.reads = self.shared = reads
        self.writes = self.exclusive = writes
        self.device = device
        self.priority = priority
        self.source = source
        self.failure: Failure | None = None

    def inherit(self, failure: Failure, variable: Variable) -> None:
        """A variable that it names was not written; of several failures the first in program order counts."""
        if self.failure is None or failure.serial < self.failure.serial:
            self.failure = failure

    def left_on(self, variable: Variable) -> Failure | None:
        """The failure that it leaves on a variable it writes."""
        return self.failure

    def __lt__(self, other: Operation) -> bool:
        """Whether it starts before another that can start too."""
        mine, its = self.priority, other.priority
        return mine > its if mine != its else self.serial < other.serial

    def __repr__(self) -> str:
        place = f", {self.entered} at {self.source}" if self.source else ""
        return f"{self.name}{place}"


class Deletion(Operation):
    """An operation that ends the life of what it writes, whatever state that is in."""

    __slots__ = ()
    always = True


class Wait(Operation):
    """A place in queues that no function fills: somebody waits for it before the gate."""

    __slots__ = ("gate",)
    gate: Lock
    entered = "called"

    def __init__(self, name: str, reads: Variables, writes: Variables, source: Source | None) -> None:
        super().__init__(None, name, reads, writes, current_context(), 0, source)
        self.gate = Lock()
        self.gate.acquire()
