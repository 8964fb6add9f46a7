"""The engine: imperative calls wait in a list until somebody must see a value.

`nd.dot(a, b)` computes nothing.  It appends a `Call` to the list and hands back arrays that are promised.
When a value is read, or the list reaches its bound, the list is cut into segments and each runs as
one compiled program.  So a training step that reads nothing in between, forward, backward and
update, is one program, although it was written as single operations.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from workbench.errors import ArgumentError, ExecutionError, NotWrittenError, WorkbenchError
from workbench.runtime import run
from workbench.runtime.batch import Batch, wanted_by_tape
from workbench.runtime.call import Call, Cell
from workbench.runtime.promise import Promise

DEFAULT_BULK = 2000  # calls; a bound on what can wait, far above one training step


class Deferred(Protocol):
    """A step that waits as a whole, in front of the list: see `symbolic.fused_step`."""

    @property
    def ready(self) -> bool:
        """Whether it can run as it is."""

    def run(self) -> None:
        """Runs it."""

    def expand(self) -> list[Call]:
        """The calls it stands for."""

    def absorb(self, bound: Any, arrays: Any, scalars: tuple[float, ...]) -> Call | None:
        """Makes a call part of it, where it can."""


class _State:
    """The list of waiting calls and how it is cut."""

    def __init__(self) -> None:
        self.pending: list[Call] = []
        self.deferred: Deferred | None = None
        self.limit = DEFAULT_BULK
        self.serial = 0
        self.lock = threading.RLock()
        self.failed: deque[WorkbenchError] = deque(maxlen=16)  # nobody has been told of these


waiting = _State()


def submit(call: Call) -> None:
    """Puts a call on the list; the caller has the lock until something shows the call's outputs."""
    waiting.serial += 1
    call.serial = waiting.serial
    waiting.pending.append(call)


def may_defer() -> bool:
    """Whether a step may wait as a whole: nothing else waits, and operations are not to run in groups."""
    return waiting.limit >= DEFAULT_BULK and not waiting.pending


def defer(step: Deferred) -> None:
    """Puts a step in front of the empty list."""
    waiting.deferred = step


def is_deferred(step: Deferred) -> bool:
    """Whether this step still waits as a whole."""
    return waiting.deferred is step


def absorb(bound: Any, arrays: Any, scalars: tuple[float, ...]) -> Call | None:
    """The call, if the deferred step makes it part of itself."""
    deferred = waiting.deferred
    return deferred.absorb(bound, arrays, scalars) if deferred is not None and not waiting.pending else None


def expand() -> None:
    """Turns a deferred step into the calls it stands for, in front of what waits."""
    with waiting.lock:
        step = waiting.deferred
        if step is not None:
            calls = step.expand()
            for call in calls:
                waiting.serial += 1
                call.serial = waiting.serial
            waiting.pending = [*calls, *waiting.pending]
            waiting.deferred = None


def _run_deferred() -> None:
    """Runs a deferred step as the one program it is, or expands it where that is not all that waits."""
    step = waiting.deferred
    if step is None:
        return
    if not step.ready or waiting.pending:
        expand()
        return
    try:
        step.run()
    except Exception:
        expand()  # the calls one by one say which of them failed
        return
    waiting.deferred = None


def settle() -> None:
    """Runs the list if it has reached its bound; called once new values are held by who wants them."""
    if len(waiting.pending) >= waiting.limit:
        flush()


def read(cell: Cell) -> Any:
    """The JAX array of a cell; runs what is pending if need be.

    Raises:
        ExecutionError: computing it failed; the message names the user's line.
        NotWrittenError: it was freed.
    """
    if cell.array is None:
        shown = cell.shown
        reader = _Reader(cell) if shown is None else None
        if shown is not None and shown.lazy:
            expand()
            _read_eagerly()
        flush()
        del reader
        _fulfil(cell)
    if cell.error is not None:
        _told(cell.error)
        raise cell.error
    if cell.array is None:
        raise NotWrittenError(f"this value ({cell.type}) was freed: nothing held it when its segment ran")
    return cell.array


def _told(error: WorkbenchError) -> None:
    if error in waiting.failed:
        waiting.failed.remove(error)


class _Reader:
    """Holds a cell that no storage shows (a view's) while it is being read."""

    lazy = False

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        cell.holder = weakref.ref(self)


def _read_eagerly() -> None:
    """Someone reads lazy values: from now on those waiting are given as they come."""
    for call in waiting.pending:
        for cell in call.outputs:
            shown = cell.shown
            if shown is not None:
                shown.lazy = False


def _fulfil(cell: Cell) -> None:
    if cell.promise is not None:
        with waiting.lock:
            if cell.promise is not None:
                cell.promise.keep(run.execute)


def flush() -> None:
    """Runs everything that waits.

    An interrupt leaves what has not run on the list, so the next read finishes it.
    """
    with waiting.lock:
        _run_deferred()
        while waiting.pending:
            context = waiting.pending[0].context
            calls = [call for call in waiting.pending if call.context is context]
            _run_groups(calls, waiting.limit)
            for call in calls:
                call.done = True
            waiting.pending = [call for call in waiting.pending if not call.done]
            for call in calls:
                if call.tape is None:
                    call.release()


def _run_groups(calls: Sequence[Call], size: int) -> None:
    """Runs calls of one device, at most `size` to a segment."""
    wanted = wanted_by_tape(calls)
    if len(calls) <= size:
        _run(calls, wanted, may_promise=waiting.limit >= DEFAULT_BULK)
        return
    last_use = {id(cell): i for i, call in enumerate(calls) for cell in call.inputs}
    for start in range(0, len(calls), size):
        group = calls[start : start + size]
        later = {
            id(cell) for call in group for cell in call.outputs if last_use.get(id(cell), -1) >= start + size
        }
        _run(group, wanted | later, may_promise=False)


def _run(calls: Sequence[Call], wanted: set[int], may_promise: bool) -> None:
    batch = Batch(calls, wanted, may_promise)
    if not batch.gives and not batch.promised:
        return
    try:
        _give(batch)
    except Exception as error:  # whatever it is: a call left on the list would fail every later read
        if len(calls) == 1:
            _fail(calls[0], error)
        else:
            for call in calls:
                _run_alone(call)


def _give(batch: Batch) -> None:
    inputs = [_input(cell) for cell in batch.reads]
    results = run.execute(batch.segment, inputs, batch.scalars)
    for cell, array in zip(batch.gives, results, strict=True):
        cell.array = array
    if batch.promised:
        Promise(batch.segment, inputs, batch.scalars, batch.promised)


def _run_alone(call: Call) -> None:
    """After a segment failed: finds the call that did, and keeps what the others give."""
    broken = next((c.error for c in call.inputs if c.error is not None), None)
    if broken is not None:
        _poison(call, broken)
        return
    try:
        _give(Batch([call], {id(cell) for cell in call.outputs}, may_promise=False))
    except Exception as error:
        _fail(call, error)


def _input(cell: Cell) -> Any:
    if cell.array is None:
        _fulfil(cell)
        if cell.error is not None:
            raise cell.error
        if cell.array is None:
            raise NotWrittenError(f"an input ({cell.type}) was freed before it was used")
    return cell.array


def _fail(call: Call, error: Exception) -> None:
    if isinstance(error, (ExecutionError, NotWrittenError)):
        _poison(call, error)
        return
    place = f", called at {call.source}" if call.source else ""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    failed = ExecutionError(f"{call.op} failed while running{place}: {reason}")
    failed.__cause__ = error
    waiting.failed.append(failed)
    _poison(call, failed)


def _poison(call: Call, error: WorkbenchError) -> None:
    for cell in call.outputs:
        cell.error = error


@contextmanager
def _limited(limit: int) -> Iterator[None]:
    flush()
    before, waiting.limit = waiting.limit, limit
    try:
        yield
        flush()
    finally:
        waiting.limit = before


def naive() -> Any:
    """``with engine.naive():`` every operation runs at once, as a program of its own."""
    return _limited(1)


def bulk(size: int) -> Any:
    """``with engine.bulk(n):`` operations run in groups of at most n.

    Raises:
        ArgumentError: the size is not a positive integer.
    """
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise ArgumentError(f"engine.bulk() takes a group size of 1 or more, got {size!r}")
    return _limited(size)


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
    """The calls that wait, oldest first; a step that waits as a whole is shown as the calls it stands for."""
    expand()
    return tuple(waiting.pending)


def wait_all() -> None:
    """Runs what waits and returns once every device has finished.

    Raises:
        ExecutionError: something failed, now or since, of which no read has told; the message names the user's line.
    """
    flush()
    run.wait()
    if waiting.failed:
        first = waiting.failed[0]
        waiting.failed.clear()
        raise first
