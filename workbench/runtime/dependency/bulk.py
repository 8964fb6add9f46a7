"""Bulks: functions that are pushed one after the other and enter the queues as one operation.

To enter queues, to wake a thread and to leave takes longer than many a function.  A bulk does it once for all of its
members.  They run in program order, one after the other, as if each had come alone: one whose inputs have failed, in
the bulk or before, is skipped, the others run, and each leaves its own event.  What is lost is that they could have run
at once, and that the first could have started before the last was pushed.
"""

from __future__ import annotations

from workbench.runtime.dependency.failure import Failure
from workbench.runtime.dependency.operation import Operation
from workbench.runtime.dependency.variable import Variable


class Bulk(Operation):
    """Operations of one device and one priority, pushed by one thread.

    Attributes:
        members: in program order.
        thread: which pushed them.
        begun: how many of them have run.
        failures: of the variables that were not written.
    """

    __slots__ = ("begun", "failures", "members", "thread")

    def __init__(self, first: Operation, thread: int) -> None:
        super().__init__(None, "bulk", (), (), first.device, first.priority, first.source)
        self.members: list[Operation] = []
        self.thread = thread
        self.begun = 0
        self.failures: dict[Variable, Failure] = {}

    def takes(self, operation: Operation, thread: int) -> bool:
        """Whether an operation may join it."""
        return (
            operation.device is self.device and operation.priority == self.priority and thread == self.thread
        )

    def close(self, everything: Variable) -> Operation:
        """What enters the queues for all of them: itself, or the one member that came."""
        if len(self.members) == 1:
            return self.members[0]
        writes = dict.fromkeys([v for member in self.members for v in member.writes])
        reads = dict.fromkeys([v for member in self.members for v in member.reads])
        self.writes = self.exclusive = tuple(writes)
        self.reads = tuple([v for v in reads if v not in writes])
        self.shared = (*self.reads, everything)
        return self

    @property
    def unfinished(self) -> bool:  # type: ignore[override]  # others always are done
        return self.begun < len(self.members)

    def inherit(self, failure: Failure, variable: Variable) -> None:
        self.failures[variable] = failure

    def left_on(self, variable: Variable) -> Failure | None:
        return self.failures.get(variable)

    def next(self) -> Operation | None:
        """The next member, with what it inherits from those before it."""
        if not self.unfinished:
            return None
        member = self.members[self.begun]
        self.begun += 1
        if self.failures:
            for variable in (*member.reads, *member.writes):
                if (failure := self.failures.get(variable)) is not None:
                    member.inherit(failure, variable)
        return member

    def ran(self, member: Operation) -> None:
        """A member has run: what it writes is written, or has failed."""
        if member.failure is not None:
            self.failures.update(dict.fromkeys(member.writes, member.failure))
        elif self.failures:
            for variable in member.writes:
                self.failures.pop(variable, None)
