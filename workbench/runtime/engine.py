"""The engine: imperative calls wait in a list until somebody must see a value.

`nd.dot(a, b)` computes nothing.  It appends a `Call` to the list and hands back arrays that are promised.
When a value is read, or the list reaches its bound, the list is cut into segments and each runs as
one compiled program.  So a training step that reads nothing in between, forward, backward and
update, is one program, although it was written as single operations.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from workbench.errors import ArgumentError, ExecutionError, NotWrittenError, WorkbenchError
from workbench.graph.segment import Segment
from workbench.runtime import run
from workbench.runtime.batch import Batch, Outputs, wanted_by_tape
from workbench.runtime.call import Call, Cell
from workbench.runtime.dependency import framework
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
from workbench.runtime.dependency.failure import execution_error
from workbench.runtime.dependency.forgetting import forgetting as forgetting
from workbench.runtime.dependency.graph import graph as graph
from workbench.runtime.dependency.race import race_check as race_check
from workbench.runtime.device import Context, current_context
from workbench.runtime.eviction import Evictor
from workbench.runtime.passage import Passage, Template
from workbench.runtime.promise import Promise
from workbench.runtime.recycle import Rewrites
from workbench.runtime.source import caller

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
            _fulfil(cell)
    if cell.error is not None:
        dependency.executor.told(cell.error)
        raise cell.error
    if cell.array is None:
        raise NotWrittenError(f"this value ({cell.type}) was freed: nothing held it when its segment ran")
    return cell.array


class Reader:
    """Holds a cell that no storage shows, while a view is being read, say."""

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


def _fulfil(cell: Cell) -> None:
    if cell.promise is not None:
        with waiting.inner:
            if cell.promise is not None:
                cell.promise.keep(_run_again)


def _run_again(
    segment: Segment, inputs: Sequence[Any], scalars: Sequence[float], gives: Sequence[Cell]
) -> None:
    """Runs a segment for values that it gives after all."""
    turn = framework.AT_ONCE
    if framework.contended():
        names = [bound.name for bound, _ in segment.instructions]
        turn = framework.Turn(names, (), gives, segment.device or current_context(), None)
    with turn:
        for cell, array in zip(gives, run.execute(segment, inputs, scalars), strict=True):
            cell.array = array


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
            _run_batch(batch, waiting.limit)
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


def _run_batch(batch: Batch, size: int) -> None:
    """Runs what waits for one device, at most `size` calls to a segment."""
    if size == 1:
        _run_each(batch.expanded())
        return
    if batch.size <= size:
        _run(batch, wanted_by_tape(batch.calls), may_promise=bulks())
        return
    calls = batch.expanded()
    wanted = wanted_by_tape(calls)
    last_use = {id(cell): i for i, call in enumerate(calls) for cell in call.inputs}
    for start in range(0, len(calls), size):
        group = calls[start : start + size]
        later = {
            id(cell) for call in group for cell in call.outputs if last_use.get(id(cell), -1) >= start + size
        }
        _run(Batch.of(group), wanted | later, may_promise=False)


def _run(batch: Batch, wanted: set[int], may_promise: bool) -> None:
    outputs = Outputs(batch, wanted, may_promise)
    if not outputs.gives and not outputs.promised:
        return
    try:
        _give(batch, outputs)
    except Exception as error:  # whatever it is: a call left on the list would fail every later read
        calls = batch.expanded()
        if len(calls) == 1:
            _fail(calls[0], error)
        else:
            for call in calls:
                _run_alone(call)


def _give(batch: Batch, outputs: Outputs) -> None:
    inputs = [cell.array if cell.array is not None else _input(cell) for cell in batch.reads]
    rewrites = Rewrites(batch.reads, outputs.gives)
    with _turn_of(batch, outputs.gives) if framework.contended() else framework.AT_ONCE:
        results = run.execute(outputs.segment, inputs, batch.scalars, rewrites)
        for cell, array in zip(outputs.gives, results, strict=True):
            cell.array = array
    if waiting.evictor is not None:
        waiting.evictor.made(outputs.segment, batch.reads, batch.scalars, outputs.gives)
    if outputs.promised:
        slots = [cell.slot for cell in outputs.promised]
        Promise(outputs.segment, inputs, batch.scalars, outputs.promised, slots)


def _turn_of(batch: Batch, gives: Sequence[Cell]) -> framework.Turn:
    names = [bound.name for bound, _ in batch.instructions]
    source = next((call.source for call in batch.calls if isinstance(call, Call)), None)
    return framework.Turn(names, batch.reads, gives, batch.context, source)


def _run_each(calls: Sequence[Call]) -> None:
    """Runs every call as a program of its own: no batch is written, as there is nothing to divide."""
    wanted = wanted_by_tape(calls)
    last_use = {cell: i for i, call in enumerate(calls) for cell in call.inputs} if len(calls) > 1 else {}
    for i, call in enumerate(calls):
        gives = []
        for cell in call.outputs:
            shown = cell.shown is not None
            if shown or id(cell) in wanted or last_use.get(cell, -1) > i:
                cell.residual = not shown
                gives.append(cell)
        if gives:
            try:
                _run_call(call, gives)
            except Exception as error:
                _fail(call, error)


def _run_call(call: Call, gives: Sequence[Cell]) -> None:
    assert call.bound is not None
    inputs = [cell.array if cell.array is not None else _input(cell) for cell in call.inputs]
    segment = run.single_segment(call.bound, call.types, tuple([c.index for c in gives]), call.context)
    turn = framework.AT_ONCE
    if framework.contended():
        turn = framework.Turn([call.bound.name], call.inputs, gives, call.context, call.source)
    with turn:
        results = run.execute(segment, inputs, call.scalars, Rewrites(call.inputs, gives))
        for cell, array in zip(gives, results, strict=True):
            cell.array = array
    if waiting.evictor is not None:
        waiting.evictor.made(segment, call.inputs, call.scalars, gives)


def _run_alone(call: Call) -> None:
    """After a segment failed: finds the call that did, and keeps what the others give."""
    broken = next((c.error for c in call.inputs if c.error is not None), None)
    if broken is not None:
        _poison(call, broken)
        return
    try:
        _run_call(call, call.outputs)
    except Exception as error:
        _fail(call, error)


def _input(cell: Cell) -> Any:
    """The array of a cell that has none yet."""
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
    failed = execution_error(str(call.op), "called", call.source, error)
    dependency.executor.fail(failed)
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


def _run_apart(call: Call) -> None:
    """Runs a call now, beside the list; what it reads and still waits there is run before."""
    if any(cell.array is None and cell.error is None for cell in call.inputs):
        flush()
    while framework.contended() and framework.await_turn(waiting.lock, call.inputs, ()):
        pass
    _run_alone(call)
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
    failures = dependency.executor.forget()
    if failures:
        raise failures[0].error


def __dir__() -> list[str]:
    return __all__
