"""The engine: imperative calls wait in a list until somebody must see a value.

`nd.dot(a, b)` computes nothing.  It appends a `Call` to the list and hands back arrays that are
promised.  When a value is read, or the list reaches its bound, the list is cut into segments and
each runs as one compiled program.  So a training step that reads nothing in between, forward,
backward and update, is one program, although it was written as single operations.

What a segment must give is what someone can still ask for: arrays that are alive, and the values that
gradients of recorded calls will read.  Everything else stays inside the program, where XLA fuses it
away.

A segment seen for the first time runs operation by operation from small cached programs; it is
compiled when it comes again.  A cell run once in a notebook is then never slower than plain eager
code, and a loop is compiled from its second turn on.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax

from workbench.errors import ArgumentError, ExecutionError, NotWrittenError, WorkbenchError
from workbench.graph.bound import Bound
from workbench.graph.node import Node, Value
from workbench.graph.segment import Instruction, Segment
from workbench.runtime import trace
from workbench.runtime.compile import Executable, cache
from workbench.runtime.device import Context
from workbench.runtime.source import Source
from workbench.types import TensorType

DEFAULT_BULK = 2000  # calls; a bound on what can wait, far above one training step
COMPILE_AFTER = 2  # sightings of a segment before it is compiled as a whole
REMEMBERED = 4096  # segments whose sightings are counted


class Cell(Value):
    """A value of an imperative call: promised, or there.

    Attributes:
        type: its shape and dtype.
        array: the JAX array once it is there.
        error: what went wrong instead.
        holder: weak reference to the storage that shows this value to the user.
    """

    __slots__ = ("__weakref__", "array", "error", "holder", "type")

    def __init__(self, node: Call | None, index: int, type_: TensorType, array: Any = None) -> None:
        self.node = node  # type: ignore[assignment]
        self.index = index
        self.type = type_
        self.array = array
        self.error: WorkbenchError | None = None
        self.holder: weakref.ref[Any] | None = None

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def held(self) -> bool:
        """Whether the user can still ask for this value."""
        holder = self.holder() if self.holder is not None else None
        return holder is not None and holder.cell is self

    def read(self) -> Any:
        """The JAX array; runs what is pending if need be.

        Raises:
            ExecutionError: computing it failed; the message names the user's line.
            NotWrittenError: it was freed.
        """
        if self.array is None:
            reader = None if self.held else _Reader(self)
            flush()
            del reader
            if self.error is not None:
                raise self.error
            if self.array is None:
                raise NotWrittenError(
                    f"this value ({self.type}) was freed: nothing held it when its segment ran"
                )
        return self.array


class _Reader:
    """Holds a cell that no storage shows (a view's) while it is being read."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        cell.holder = weakref.ref(self)


class Call(Node):
    """A node that was called imperatively.

    Attributes:
        outputs: its cells.
        tape: for a recorded call, one entry an input: None, True (go on backward), or where the
            gradient is to be left.  None for a call that was not recorded.
        context: the device it runs on.
        serial: counts the calls, so that a tape can be walked backward.
        done: whether it has run.
    """

    __slots__ = ("context", "done", "outputs", "serial", "tape")

    inputs: tuple[Cell, ...]  # type: ignore[assignment]

    def __init__(
        self,
        bound: Bound,
        inputs: tuple[Cell, ...],
        scalars: tuple[float, ...],
        context: Context,
        source: Source | None,
        types: tuple[TensorType, ...],
    ) -> None:
        self.bound = bound
        self.inputs = inputs
        self.scalars = scalars
        self.name = ""
        self.attrs = {}
        self.source = source
        self.context = context
        self.tape: tuple[Any, ...] | None = None
        self.serial = 0
        self.done = False
        self.outputs = tuple([Cell(self, i, t) for i, t in enumerate(types)])

    def release(self) -> None:
        """Leaves the tape; once it has run, forgets its inputs, so that what only they kept is freed."""
        self.tape = None
        if not self.done:
            return
        self.inputs = ()
        for cell in self.outputs:
            if cell.array is not None:
                cell.node = None  # type: ignore[assignment]


class _State:
    """The list of waiting calls and how it is cut."""

    def __init__(self) -> None:
        self.pending: list[Call] = []
        self.limit = DEFAULT_BULK
        self.compile_after = COMPILE_AFTER
        self.serial = 0
        self.lock = threading.RLock()
        self.sightings: OrderedDict[Segment, int] = OrderedDict()


_state = _State()
_unfinished: deque[weakref.ref[Any]] = deque(maxlen=1024)  # one result of each run; all come together


def submit(call: Call) -> None:
    """Puts a call on the list; its outputs must already be held by whoever wants them."""
    state = _state
    with state.lock:
        state.serial += 1
        call.serial = state.serial
        state.pending.append(call)
        if len(state.pending) >= state.limit:
            flush()


def flush() -> None:
    """Runs everything that waits.

    An interrupt leaves what has not run on the list, so the next read finishes it.
    """
    state = _state
    with state.lock:
        while state.pending:
            group = _group(state.pending)
            _run(group)
            for call in group:
                call.done = True
            state.pending = [call for call in state.pending if not call.done]
            for call in group:
                if call.tape is None:
                    call.release()


def _group(pending: list[Call]) -> list[Call]:
    """What waits for the device of the oldest call; devices share no values, so order is kept."""
    context = pending[0].context
    return [call for call in pending if call.context is context]


def _wanted_by_tape(calls: Sequence[Call]) -> set[int]:
    """ids of the cells that gradients of reachable recorded calls will read."""
    wanted: set[int] = set()
    reachable: set[int] = set()
    for call in reversed(calls):
        if call.tape is None:
            continue
        if id(call) not in reachable and not any(cell.held for cell in call.outputs):
            continue
        assert call.bound is not None
        types = tuple([c.type for c in call.inputs])
        cots = tuple([c.type.is_float for c in call.outputs])
        kept = call.bound.gradient(types, cots, tuple([bool(t) for t in call.tape])).kept
        wanted.update(id((call.outputs if k.is_output else call.inputs)[k.index]) for k in kept)
        reachable.update(id(c.node) for c, t in zip(call.inputs, call.tape, strict=True) if t is True)
    return wanted


class _Batch:
    """Calls written as one segment, with the cells it reads and gives."""

    __slots__ = ("gives", "reads", "scalars", "segment")

    def __init__(self, calls: Sequence[Call], wanted: set[int]) -> None:
        slots: dict[Cell, int] = {}
        self.reads: list[Cell] = []
        self.gives: list[Cell] = []
        self.scalars: list[float] = []
        instructions: list[Instruction] = []
        outputs: list[int] = []
        count = 0
        for call in calls:
            arguments = []
            for cell in call.inputs:
                slot = slots.get(cell)
                if slot is None:
                    slot = slots[cell] = ~len(self.reads)
                    self.reads.append(cell)
                arguments.append(slot)
            for cell in call.outputs:
                slots[cell] = count
                if cell.held or id(cell) in wanted:
                    outputs.append(count)
                    self.gives.append(cell)
                count += 1
            if call.scalars:
                self.scalars.extend(call.scalars)
            instructions.append((call.bound, tuple(arguments)))  # type: ignore[arg-type]
        types = tuple([cell.type for cell in self.reads])
        self.segment = Segment(tuple(instructions), types, tuple(outputs), calls[0].context)


def _run(calls: Sequence[Call]) -> None:
    batch = _Batch(calls, _wanted_by_tape(calls))
    if not batch.gives:
        return
    try:
        results = _execute(batch.segment, [_input(cell) for cell in batch.reads], batch.scalars)
    except (WorkbenchError, RuntimeError, ValueError, TypeError) as error:
        if len(calls) == 1:
            _fail(calls[0], error)
        else:
            for call in calls:
                _run_alone(call)
        return
    for cell, array in zip(batch.gives, results, strict=True):
        cell.array = array


def _run_alone(call: Call) -> None:
    """After a segment failed: finds the call that did, and keeps what the others give."""
    broken = next((c.error for c in call.inputs if c.error is not None), None)
    if broken is not None:
        _poison(call, broken)
        return
    batch = _Batch([call], {id(cell) for cell in call.outputs})
    try:
        results = _execute(batch.segment, [_input(cell) for cell in batch.reads], batch.scalars)
    except (WorkbenchError, RuntimeError, ValueError, TypeError) as error:
        _fail(call, error)
        return
    for cell, array in zip(batch.gives, results, strict=True):
        cell.array = array


def _input(cell: Cell) -> Any:
    if cell.error is not None:
        raise cell.error
    if cell.array is None:
        raise NotWrittenError(f"an input ({cell.type}) was freed before it was used")
    return cell.array


def _fail(call: Call, error: Exception) -> None:
    if isinstance(error, (ExecutionError, NotWrittenError)):
        _poison(call, error)
        return
    place = f" called at {call.source}" if call.source else ""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    failed = ExecutionError(f"{call.op} failed while running,{place}: {reason}")
    failed.__cause__ = error
    _poison(call, failed)


def _poison(call: Call, error: WorkbenchError) -> None:
    for cell in call.outputs:
        cell.error = error


def _execute(segment: Segment, inputs: Sequence[Any], scalars: Sequence[float]) -> Sequence[Any]:
    if any(isinstance(array, jax.core.Tracer) for array in inputs):
        return segment.evaluate(inputs, scalars)
    if segment not in cache and len(segment.instructions) > 1 and _sighted(segment) < _state.compile_after:
        return _one_by_one(segment, inputs, scalars)
    return run_segment(segment, inputs, scalars)


def _sighted(segment: Segment) -> int:
    sightings = _state.sightings
    seen = sightings.pop(segment, 0) + 1
    sightings[segment] = seen
    if len(sightings) > REMEMBERED:
        sightings.popitem(last=False)
    return seen


def _one_by_one(segment: Segment, inputs: Sequence[Any], scalars: Sequence[float]) -> list[Any]:
    """The segment from programs of one operation each, values dropped after their last use."""
    last = {slot: i for i, (_, arguments) in enumerate(segment.instructions) for slot in arguments}
    last.update(dict.fromkeys(segment.outputs, len(segment.instructions)))
    slots: dict[int, Any] = {}
    count = at = 0
    for i, (bound, arguments) in enumerate(segment.instructions):
        given = [inputs[~s] if s < 0 else slots[s] for s in arguments]
        types = tuple([segment.inputs[~s] if s < 0 else segment.types[s] for s in arguments])
        used = range(count, count + bound.output_count)
        live = tuple([s - count for s in used if s in last])
        single = single_segment(bound, types, live, segment.device)
        results = run_segment(single, given, scalars[at : at + bound.scalar_count])
        slots.update(zip([count + s for s in live], results, strict=True))
        for s in arguments:
            if last[s] == i:
                slots.pop(s, None)
        count += bound.output_count
        at += bound.scalar_count
    return [inputs[~s] if s < 0 else slots[s] for s in segment.outputs]


def single_segment(
    bound: Bound, types: tuple[TensorType, ...], outputs: tuple[int, ...], device: Context | None
) -> Segment:
    """The segment of one operation alone."""
    return Segment(((bound, tuple(~i for i in range(len(types)))),), types, outputs, device)


def run_segment(segment: Segment, inputs: Sequence[Any], scalars: Sequence[float]) -> tuple[Any, ...]:
    """Runs a segment through the compile cache and leaves an event in the trace."""
    if not segment.outputs:
        return ()
    misses = cache.misses
    executable: Executable = cache.get(segment)
    start = trace.now()
    results = executable(inputs, scalars)
    dispatched = trace.now() - start
    duration = None
    _unfinished.append(weakref.ref(results[0]))
    if trace.recording():
        jax.block_until_ready(results)
        duration = trace.now() - start
    trace.add(trace.Event(executable, start, dispatched, duration, cache.misses != misses))
    return results


@contextmanager
def _limited(limit: int) -> Iterator[None]:
    flush()
    before, _state.limit = _state.limit, limit
    try:
        yield
        flush()
    finally:
        _state.limit = before


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
    before, _state.limit = _state.limit, size
    return before


def pending() -> tuple[Call, ...]:
    """The calls that wait, oldest first."""
    return tuple(_state.pending)


def wait_all() -> None:
    """Runs what waits and returns once every device has finished.

    Raises:
        ExecutionError: something that waited failed; the message names the user's line.
    """
    waiting = list(_state.pending)
    flush()
    while _unfinished:
        array = _unfinished.popleft()()
        if array is not None:
            jax.block_until_ready(array)
    for call in waiting:
        for cell in call.outputs:
            if cell.error is not None:
                raise cell.error
