"""The engine: imperative calls wait in a list until somebody must see a value.

`nd.dot(a, b)` computes nothing.  It appends a `Call` to the list and hands back arrays that are promised.
When a value is read, or the list reaches its bound, the list is cut into segments and each runs as
one compiled program.  So a training step that reads nothing in between, forward, backward and
update, is one program, although it was written as single operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workbench.errors import ArgumentError
from workbench.runtime import run
from workbench.runtime.call import Call
from workbench.runtime.dependency.current import current as dependency
from workbench.runtime.dependency.current import delete_variable as delete_variable
from workbench.runtime.dependency.current import engine_type as engine_type
from workbench.runtime.dependency.current import joined
from workbench.runtime.dependency.current import new_variable as new_variable
from workbench.runtime.dependency.current import push as push
from workbench.runtime.dependency.current import random_state as random_state
from workbench.runtime.dependency.current import set_engine_type as set_engine_type
from workbench.runtime.dependency.current import wait_for_all as wait_for_all
from workbench.runtime.dependency.current import wait_for_var as wait_for_var
from workbench.runtime.dependency.events import record as record
from workbench.runtime.dependency.forgetting import forgetting as forgetting
from workbench.runtime.dependency.graph import graph as graph
from workbench.runtime.dependency.race import race_check as race_check
from workbench.runtime.eviction import Evictor
from workbench.runtime.flushing import apart as apart
from workbench.runtime.flushing import flush as flush
from workbench.runtime.flushing import read as read
from workbench.runtime.flushing import settle as settle
from workbench.runtime.flushing import submit as submit
from workbench.runtime.waiting import absorb as absorb
from workbench.runtime.waiting import bulks as bulks
from workbench.runtime.waiting import defer as defer
from workbench.runtime.waiting import expand as expand
from workbench.runtime.waiting import is_deferred as is_deferred
from workbench.runtime.waiting import may_defer as may_defer
from workbench.runtime.waiting import repeat as repeat
from workbench.runtime.waiting import waiting as waiting

__all__ = [
    "bulk",
    "delete_variable",
    "engine_type",
    "forgetting",
    "graph",
    "naive",
    "new_variable",
    "pending",
    "push",
    "race_check",
    "random_state",
    "record",
    "set_bulk_size",
    "set_engine_type",
    "wait_all",
    "wait_for_all",
    "wait_for_var",
]


def naive() -> Any:
    """``with engine.naive():`` every operation runs at once, as a program of its own."""
    return _limited(1)


def bulk(size: int) -> Any:
    """``with engine.bulk(n):`` operations run in groups of at most n.

    What is called on arrays waits until so many calls make one program.  What is pushed one after the other, for one
    device and with one priority, enters the queues of the threaded engine together, and runs one after the other; a
    wait, another device or priority, or the end of the scope hands on what has come so far.

    Raises:
        ArgumentError: the size is not a positive integer.
    """
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise ArgumentError(f"engine.bulk() takes a group size of 1 or more, got {size!r}")
    return _bulked(size)


@contextmanager
def _limited(limit: int) -> Iterator[None]:
    flush()
    before, waiting.limit = waiting.limit, limit
    try:
        yield
        flush()
    finally:
        waiting.limit = before


@contextmanager
def _bulked(size: int) -> Iterator[None]:
    with _limited(size), joined(size):
        yield


@contextmanager
def evicting(evictor: Evictor, size: int) -> Iterator[Evictor]:
    """Inside, operations run in groups of at most `size`, and recorded values are kept by an evictor."""
    with _limited(size):
        before, waiting.evictor = waiting.evictor, evictor
        try:
            yield evictor
            flush()
        finally:
            waiting.evictor = before


def set_bulk_size(size: int) -> int:
    """Sets the bound on waiting operations; returns the one before.

    Raises:
        ArgumentError: the size is not a positive integer.
    """
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise ArgumentError(f"engine.set_bulk_size() takes a size of 1 or more, got {size!r}")
    flush()
    before, waiting.limit = waiting.limit, size
    return before


def pending() -> tuple[Call, ...]:
    """The calls that wait, device by device, oldest first; what waits as a whole is shown as its calls."""
    expand()
    return tuple([call for batch in waiting.batches.values() for call in batch.expanded()])


def wait_all() -> None:
    """Runs what waits, pushed operations and what they call included, and returns once every device has finished.

    Raises:
        ExecutionError: something failed, now or since, of which no read has told; the message names the user's line.
    """
    dependency.executor.drain()
    flush()
    run.wait()
    errors = dependency.executor.untold.forget()
    if errors:
        raise errors[0]


def __dir__() -> list[str]:
    return __all__
