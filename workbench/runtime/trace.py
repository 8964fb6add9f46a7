"""The trace: what ran, when, how long, how many bytes in and out.

Every run of a segment leaves an event.  JAX returns before the device has finished, so an ordinary
event knows only when the segment was handed over; inside `record()` each segment is waited for, and
the event's duration is the measured time it took.  All pictures of a run are drawn from these
events and from nothing else.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import NamedTuple

from workbench.graph.segment import Segment
from workbench.runtime.compile import Executable
from workbench.runtime.log import HISTORY as HISTORY
from workbench.runtime.log import Log

__all__ = ["Event", "history", "record"]


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
        """Floating-point operations: measured, by XLA's cost analysis of what it compiled."""
        return self.executable.flops

    def __repr__(self) -> str:
        return f"Event({self.segment!r}, {self.bytes_in} B in, {self.bytes_out} B out)"


_log: Log[Event] = Log()
history, add, recording = _log.history, _log.add, _log.recording


def record() -> AbstractContextManager[list[Event]]:
    """Times every segment run inside, each of which is waited for; yields the growing list of events."""
    return _log.record()


def now() -> float:
    """The trace's clock, in seconds."""
    return time.perf_counter()


def __dir__() -> list[str]:
    return __all__
