"""Long work in parts: it says how far it is, and stops between two parts when nobody waits for it any more."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[float], object]
Asked = Callable[[], bool]


class Cancelled(Exception):  # noqa: N818 (it is no error)
    """Someone lost interest."""


class Progress:
    """Counts the parts of the work, and stops it between two of them.

    Args:
        parts: how many there will be.
        report: is told the part done, from 0 to 1.
        cancelled: whether to stop.
    """

    def __init__(self, parts: int, report: Report, cancelled: Asked) -> None:
        self.parts, self.done = parts, 0
        self.report, self.cancelled = report, cancelled

    def check(self) -> None:
        """Raises `Cancelled` if the work is to stop."""
        if self.cancelled():
            raise Cancelled

    def advance(self) -> None:
        """One part is done."""
        self.done += 1
        self.report(self.done / self.parts)
        self.check()
