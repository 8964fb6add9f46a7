"""The program's own marks in a profile: stretches of time, counts and moments."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from workbench.errors import ArgumentError, did_you_mean
from workbench.runtime import profile, trace

SCOPES = {"global": "g", "process": "p", "thread": "t", "task": "t", "marker": "t"}


class Domain:
    """A name under which tasks, frames, counters and markers are filed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    def new_task(self, name: str) -> Task:
        """A task of this domain."""
        return Task(self, name)

    def new_frame(self, name: str) -> Frame:
        """A frame of this domain."""
        return Frame(self, name)

    def new_counter(self, name: str, value: float | None = None) -> Counter:
        """A counter of this domain."""
        return Counter(self, name, value)

    def new_marker(self, name: str) -> Marker:
        """A marker of this domain."""
        return Marker(self, name)


class _Stretch:
    """Something that starts and stops; also a ``with`` block."""

    def __init__(self, domain: Domain | str, name: str) -> None:
        self.domain = domain
        self.name = name
        self._started: float | None = None

    def start(self) -> None:
        """Begins."""
        self._started = trace.now()

    def stop(self) -> None:
        """Ends; nothing happens if it did not begin."""
        if self._started is not None:
            start, self._started = self._started, None
            profile.mark(self.name, str(self.domain), "X", dur=1e6 * (trace.now() - start), ts=1e6 * start)

    def __enter__(self) -> Any:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    def __str__(self) -> str:
        return self.name


class Task(_Stretch):
    """A piece of work in a domain."""


class Frame(_Stretch):
    """One of a row of like stretches, such as an epoch, in a domain."""


class Event(_Stretch):
    """A piece of work in no domain."""

    def __init__(self, name: str) -> None:
        super().__init__("event", name)


class Counter:
    """A number over time."""

    def __init__(self, domain: Domain, name: str, value: float | None = None) -> None:
        self.domain = domain
        self.name = name
        self.value: float = 0
        if value is not None:
            self.set_value(value)

    def set_value(self, value: float) -> None:
        """Sets the number."""
        self.value = value
        profile.mark(self.name, str(self.domain), "C", args={self.name: value})

    def increment(self, delta: float = 1) -> None:
        """Adds to the number."""
        self.set_value(self.value + delta)

    def decrement(self, delta: float = 1) -> None:
        """Subtracts from the number."""
        self.set_value(self.value - delta)

    def __iadd__(self, delta: float) -> Counter:
        self.increment(delta)
        return self

    def __isub__(self, delta: float) -> Counter:
        self.decrement(delta)
        return self

    def __str__(self) -> str:
        return self.name


class Marker:
    """A moment."""

    def __init__(self, domain: Domain, name: str) -> None:
        self.domain = domain
        self.name = name

    def mark(self, scope: str = "process") -> None:
        """Marks this moment.

        Args:
            scope: how tall it is drawn: ``"global"``, ``"process"``, ``"thread"``, ``"task"`` or ``"marker"``.

        Raises:
            ArgumentError: the scope is unknown.
        """
        if scope not in SCOPES:
            raise ArgumentError(f"Marker.mark() has no scope {scope!r}.{did_you_mean(scope, SCOPES)}")
        profile.mark(self.name, str(self.domain), "i", s=SCOPES[scope])
