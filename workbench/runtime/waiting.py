"""The list of calls that wait, and how it is cut.

Imperative calls append to it, device by device.  A step that is recognised as a whole waits in front of it as one
thing, and is turned into the calls it stands for where that is not all that waits.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Protocol

from workbench.runtime.batch import Batch
from workbench.runtime.call import Call, Cell
from workbench.runtime.device import Context
from workbench.runtime.eviction import Evictor
from workbench.runtime.passage import Passage, Template
from workbench.runtime.source import caller

DEFAULT_BULK = 2000  # calls; a bound on what can wait, far above one training step


class Deferred(Protocol):
    """A step that waits as a whole, in front of the list: see `symbolic.fused_step`."""

    @property
    def ready(self) -> bool:
        """Whether it can run as it is."""

    def cells(self) -> tuple[Sequence[Cell], Sequence[Cell]]:
        """What it reads, and what it gives."""

    def run(self) -> None:
        """Runs it."""

    def expand(self) -> list[Call]:
        """The calls it stands for."""

    def absorb(self, bound: Any, arrays: Any, scalars: tuple[float, ...]) -> Call | None:
        """Makes a call part of it, where it can."""


class _State:
    """The list of waiting calls and how it is cut."""

    def __init__(self) -> None:
        self.batches: dict[Context, Batch] = {}  # what waits, by device
        self.last: Batch | None = None  # the one of them last written to
        self.full = False
        self.deferred: Deferred | None = None
        self.limit = DEFAULT_BULK
        self.serial = 0
        self.lock: Any = threading.RLock()
        self.inner: Any = self.lock  # taken by the list itself; a rehearsal tells them apart (`runtime.seen`)
        self.apart: set[int] = set()  # threads whose calls do not wait
        self.evictor: Evictor | None = None  # keeps recorded values within a budget


waiting = _State()


def repeat(batch: Batch, template: Template) -> Passage:
    """Puts calls on the list that come as they did before."""
    passage = batch.repeat(template, caller())
    if batch.size >= waiting.limit:
        waiting.full = True
    return passage


def batch_on(context: Context) -> Batch:
    """The calls that wait for a device."""
    batch = waiting.batches.get(context)
    if batch is None:
        batch = waiting.batches[context] = Batch(context)
    waiting.last = batch
    return batch


def bulks() -> bool:
    """Whether calls wait in one list, however many, rather than run in groups."""
    return waiting.limit >= DEFAULT_BULK


def may_defer() -> bool:
    """Whether a step may wait as a whole: nothing else waits, and operations are not to run in groups."""
    return bulks() and not waiting.batches


def defer(step: Deferred) -> None:
    """Puts a step in front of the empty list."""
    waiting.deferred = step


def is_deferred(step: Deferred) -> bool:
    """Whether this step still waits as a whole."""
    return waiting.deferred is step


def absorb(bound: Any, arrays: Any, scalars: tuple[float, ...]) -> Call | None:
    """The call, if the deferred step makes it part of itself."""
    deferred = waiting.deferred
    return deferred.absorb(bound, arrays, scalars) if deferred is not None and not waiting.batches else None


def expand() -> None:
    """Turns a deferred step into the calls it stands for, in front of what waits."""
    with waiting.inner:
        step = waiting.deferred
        if step is not None:
            calls = step.expand()
            for call in calls:
                waiting.serial += 1
                call.serial = waiting.serial
            after = waiting.batches.pop(calls[0].context, None)
            batch = Batch.of([*calls, *(after.expanded() if after is not None else ())])
            waiting.batches = {batch.context: batch, **waiting.batches}
            waiting.last = waiting.deferred = None
