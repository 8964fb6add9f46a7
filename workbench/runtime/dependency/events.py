"""Events: which operation ran when, and on which thread.

Every operation that finished leaves an event.  What the engine did, and every picture of it, is read from these and
from the variables that each operation names (`graph`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from workbench.runtime.dependency.operation import Operation
from workbench.runtime.device import Context

HISTORY = 4096  # events kept when nobody is recording


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


history: deque[Event] = deque(maxlen=HISTORY)
_recorders: list[list[Event]] = []


def add(event: Event) -> None:
    """Notes an operation."""
    history.append(event)
    for events in _recorders:
        events.append(event)


@contextmanager
def record() -> Iterator[list[Event]]:
    """Yields the growing list of what finishes inside, in the order in which it does."""
    events: list[Event] = []
    _recorders.append(events)
    try:
        yield events
    finally:
        _recorders[:] = [other for other in _recorders if other is not events]
