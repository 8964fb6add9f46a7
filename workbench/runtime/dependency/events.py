"""Events: which operation ran when, and on which thread.

Every operation that finished leaves an event.  What the engine did, and every picture of it, is read from these and
from the variables that each operation names (`graph`).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import NamedTuple

from workbench.runtime.dependency.operation import Operation
from workbench.runtime.device import Context
from workbench.runtime.log import Log


class Event(NamedTuple):
    """One operation, finished.

    Attributes:
        start_s, end_s: `time.perf_counter()` when its function was called and when it returned; equal where the
            operation was skipped.
        thread: the thread's name.
        skipped: whether it was not run, since something that it depends on had failed.
    """

    operation: Operation
    start_s: float
    end_s: float
    thread: str
    skipped: bool

    @property
    def device(self) -> Context:
        """Where it ran."""
        return self.operation.device

    @property
    def failed(self) -> bool:
        """Whether its own function raised an error."""
        return self.operation.failure is not None and not self.skipped

    def __repr__(self) -> str:
        what = "skipped" if self.skipped else f"{(self.end_s - self.start_s) * 1e6:.0f} µs"
        return f"Event({self.operation.name} on {self.device}, {what})"


_log: Log[Event] = Log()
history, add, recording = _log.history, _log.add, _log.recording


def record() -> AbstractContextManager[list[Event]]:
    """Yields the growing list of what finishes inside, in the order in which it does.

    Programs that calls on NDArrays and executors run are among it, with the arrays they read and write; each of
    them is waited for.
    """
    return _log.record()
