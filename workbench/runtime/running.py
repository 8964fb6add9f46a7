"""Running what waits: a batch as one program, its calls one by one, or a value once more.

A program that failed is run again call by call, so that the one at fault can be named and what the others give is
there.  Programs stand in the dependency engine's queues where there is somebody to see it (`dependency.framework`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.errors import ExecutionError, NotWrittenError, WorkbenchError
from workbench.graph.segment import Segment
from workbench.runtime import run
from workbench.runtime.batch import Batch, Outputs, wanted_by_tape
from workbench.runtime.call import Call, Cell
from workbench.runtime.dependency import framework
from workbench.runtime.dependency.current import current as dependency
from workbench.runtime.dependency.failure import execution_error
from workbench.runtime.device import current_context
from workbench.runtime.promise import Promise
from workbench.runtime.recycle import Rewrites
from workbench.runtime.waiting import bulks, waiting


def run_batch(batch: Batch, size: int) -> None:
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
                run_alone(call)


def _give(batch: Batch, outputs: Outputs) -> None:
    inputs = [cell.array if cell.array is not None else _input(cell) for cell in batch.reads]
    rewrites = Rewrites(batch.reads, outputs.gives)
    with _turn_of(batch, outputs.gives) if framework.contended() else framework.AT_ONCE:
        _fill(outputs.segment, inputs, batch.scalars, rewrites, outputs.gives)
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
    program = (segment, inputs, call.scalars, Rewrites(call.inputs, gives), gives)
    if framework.contended():
        with framework.Turn([call.bound.name], call.inputs, gives, call.context, call.source):
            _fill(*program)
    else:  # to enter and leave a `with` takes half a microsecond, and this is done at every call
        _fill(*program)
    if waiting.evictor is not None:
        waiting.evictor.made(segment, call.inputs, call.scalars, gives)


def run_alone(call: Call) -> None:
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
    fulfil(cell)
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


def fulfil(cell: Cell) -> None:
    """Keeps a promise, if there is one."""
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
        _fill(segment, inputs, scalars, None, gives)


def _fill(
    segment: Segment,
    inputs: Sequence[Any],
    scalars: Sequence[float],
    rewrites: Rewrites | None,
    gives: Sequence[Cell],
) -> None:
    """Runs a segment, whose results become the arrays of cells."""
    for cell, array in zip(gives, run.execute(segment, inputs, scalars, rewrites), strict=True):
        cell.array = array
