"""Things handed on together: what comes in quick succession travels to the browser as one message."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
PAUSE = 0.3  # seconds between two messages: quicker than that, nobody sees a difference


class Batch(Generic[T]):
    """Gathers what is put into it and hands it on, at once if the last time was a while ago.

    Args:
        take: is given what was gathered.
    """

    def __init__(self, take: Callable[[list[T]], object]) -> None:
        self._take = take
        self._gathered: list[T] = []
        self._last = -PAUSE

    def put(self, thing: T) -> None:
        self._gathered.append(thing)
        if time.monotonic() - self._last >= PAUSE:
            self.flush()

    def flush(self) -> None:
        """Hands on what there is."""
        if self._gathered:
            self._take(self._gathered)
        self._gathered, self._last = [], time.monotonic()
