"""When the list is run: a value is read, the list is full, or a call may not wait.

Running it may let other threads in before it begins (`dependency.framework`), never amid a batch.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from workbench.errors import NotWrittenError
from workbench.runtime.call import Call, Cell
from workbench.runtime.dependency import framework
from workbench.runtime.dependency.current import current as dependency
from workbench.runtime.running import fulfil, run_alone, run_batch
from workbench.runtime.waiting import batch_on, expand, waiting


def submit(call: Call) -> None:
    """Puts a call on the list; the caller has the lock until something shows the call's outputs."""
    waiting.serial += 1
    call.serial = waiting.serial
    if waiting.apart and threading.get_ident() in waiting.apart:
        _run_apart(call)
        return
    batch = waiting.last
    if batch is None or batch.context is not call.context:
        batch = batch_on(call.context)
    batch.add(call)
    if len(batch.instructions) >= waiting.limit:
        waiting.full = True


def settle() -> None:
    """Runs the list if it has reached its bound; called once new values are held by who wants them."""
    if waiting.full:
        flush()


def read(cell: Cell) -> Any:
    """The JAX array of a cell; runs what is pending if need be.

    Raises:
        ExecutionError: computing it failed; the message names the user's line.
        NotWrittenError: it was freed.
    """
    if cell.array is None:
        with waiting.inner:
            shown = cell.shown
            reader = Reader(cell) if shown is None else None
            if shown is not None and shown.lazy:
                expand()
                _read_eagerly()
            flush()
            del reader
            fulfil(cell)
    if cell.error is not None:
        dependency.executor.untold.told(cell.error)
        raise cell.error
    if cell.array is None:
        raise NotWrittenError(f"this value ({cell.type}) was freed: nothing held it when its segment ran")
    return cell.array


class Reader:
    """Holds a cell that no storage shows, while it is read (a view's) or until one does (a lent one)."""

    lazy = False
    layout: Any = None

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        cell.holder = weakref.ref(self)


def _read_eagerly() -> None:
    """Someone reads lazy values: from now on those waiting are given as they come."""
    for batch in waiting.batches.values():
        for cell in batch.made:
            shown = cell.shown if cell is not None else None
            if shown is not None:
                shown.lazy = False


def flush() -> None:
    """Runs everything that waits.

    An interrupt leaves what has not run on the list, so the next read finishes it.
    """
    with waiting.inner:
        while waiting.deferred is not None or waiting.batches:
            if framework.contended() and framework.await_turn(waiting.lock, *_next_cells()):
                continue  # meanwhile somebody else may have run it
            waiting.last, waiting.full = None, False
            if waiting.deferred is not None:
                _run_deferred()
                continue
            context, batch = next(iter(waiting.batches.items()))
            run_batch(batch, waiting.limit)
            waiting.batches.pop(context, None)
            for call in batch.calls:
                call.end()
        waiting.full = False


def _next_cells() -> tuple[Sequence[Cell], Sequence[Cell]]:
    """What the next to run reads, and what it gives."""
    if waiting.deferred is not None:
        return waiting.deferred.cells()
    batch = next(iter(waiting.batches.values()))
    return batch.reads, [cell for cell in batch.made if cell is not None and cell.shown is not None]


def _run_deferred() -> None:
    """Runs a deferred step as the one program it is, or expands it where that is not all that waits."""
    step = waiting.deferred
    if step is None:
        return
    if not step.ready or waiting.batches:
        expand()
        return
    try:
        step.run()
    except Exception:
        expand()  # the calls one by one say which of them failed
        return
    waiting.deferred = None


def _run_apart(call: Call) -> None:
    """Runs a call now, beside the list; what it reads and still waits there is run before."""
    if any(cell.array is None and cell.error is None for cell in call.inputs):
        flush()
    while framework.contended() and framework.await_turn(waiting.lock, call.inputs, ()):
        pass
    run_alone(call)
    call.end()


@contextmanager
def apart() -> Iterator[None]:
    """Inside, this thread's calls run at once and never join those that wait.

    Threads take turns as they please: their calls among those of a training step would make of it another program
    at every step.
    """
    thread = threading.get_ident()
    already = thread in waiting.apart
    waiting.apart.add(thread)
    try:
        yield
    finally:
        if not already:
            waiting.apart.discard(thread)
