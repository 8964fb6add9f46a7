"""A log: the last events of something, and lists that grow while somebody records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

E = TypeVar("E")
HISTORY = 4096  # events kept when nobody is recording


class Log(Generic[E]):
    """Events in the order in which they were noted.

    Attributes:
        history: the last `HISTORY` of them.
    """

    def __init__(self) -> None:
        self.history: deque[E] = deque(maxlen=HISTORY)
        self._recorders: list[list[E]] = []

    def recording(self) -> bool:
        """Whether someone records."""
        return bool(self._recorders)

    def add(self, event: E) -> None:
        """Notes an event."""
        self.history.append(event)
        for events in self._recorders:
            events.append(event)

    @contextmanager
    def record(self) -> Iterator[list[E]]:
        """Yields the growing list of what is noted inside."""
        events: list[E] = []
        self._recorders.append(events)
        try:
            yield events
        finally:
            self._recorders[:] = [other for other in self._recorders if other is not events]
