"""The trace: what ran, when, how long, how many bytes in and out.

Every run of a segment leaves an event.  JAX returns before the device has finished, so an ordinary
event knows only when the segment was handed over; inside `record()` each segment is waited for, and
the event's duration is the measured time it took.  All pictures of a run are drawn from these
events and from nothing else.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from workbench.graph.segment import Segment
from workbench.runtime.compile import Executable

__all__ = ["Event", "history", "record"]

HISTORY = 4096  # events kept when nobody is recording


class Event(NamedTuple):
    """One run of one segment.

    Attributes:
        start_s: `time.perf_counter()` when it was handed to the device.
        dispatch_s: seconds until the call returned.
        duration_s: seconds until the results were there; None unless recorded.
        compiled: whether this run had to compile first (`duration_s` excludes it).
    """

    executable: Executable
    start_s: float
    dispatch_s: float
    duration_s: float | None
    compiled: bool

    @property
    def segment(self) -> Segment:
        """What ran."""
        return self.executable.segment

    @property
    def bytes_in(self) -> int:
        """Bytes of the inputs."""
        return self.executable.bytes_in

    @property
    def bytes_out(self) -> int:
        """Bytes of the outputs."""
        return self.executable.bytes_out

    @property
    def flops(self) -> float:
        """Predicted floating-point operations."""
        return self.executable.flops

    def __repr__(self) -> str:
        return f"Event({self.segment!r}, {self.bytes_in} B in, {self.bytes_out} B out)"


history: deque[Event] = deque(maxlen=HISTORY)
_recorders: list[list[Event]] = []


def recording() -> bool:
    """Whether someone records, so that runs must be waited for and timed."""
    return bool(_recorders)


def add(event: Event) -> None:
    """Notes a run."""
    history.append(event)
    for events in _recorders:
        events.append(event)


@contextmanager
def record() -> Iterator[list[Event]]:
    """Times every segment run inside; yields the growing list of events."""
    events: list[Event] = []
    _recorders.append(events)
    try:
        yield events
    finally:
        _recorders[:] = [other for other in _recorders if other is not events]


def now() -> float:
    """The trace's clock, in seconds."""
    return time.perf_counter()


def __dir__() -> list[str]:
    return __all__
