"""Running a segment: compiled as a whole, or from small programs the first time it is seen.

Compiling a training step takes seconds, running it milliseconds.  A segment seen for the first time therefore
runs operation by operation from cached programs and is compiled when it comes again: a cell run
once in a notebook is never slower than plain eager code, and a loop is compiled from its second turn
on.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict, deque
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jax

from workbench.graph.bound import Bound
from workbench.graph.segment import Segment
from workbench.runtime import trace
from workbench.runtime.assembly import assembly
from workbench.runtime.compile import Executable, cache
from workbench.runtime.device import Context
from workbench.runtime.mesh import Mesh, laid_out
from workbench.runtime.recycle import Rewrites
from workbench.types import TensorType

Tracer = jax.core.Tracer
COMPILE_AFTER = 2  # sightings of a segment before it is compiled as a whole
REMEMBERED = 4096  # segments whose sightings are counted

_sightings: OrderedDict[Segment, int] = OrderedDict()
_unfinished: deque[weakref.ref[Any]] = deque(maxlen=1024)  # one result of each run; all come together


def execute(
    segment: Segment, inputs: Sequence[Any], scalars: Sequence[float], rewrites: Rewrites | None = None
) -> Sequence[Any]:
    """The segment's results: compiled as a whole, or operation by operation the first time it is seen."""
    for array in inputs:
        if isinstance(array, Tracer):
            return segment.evaluate(inputs, scalars)
    if isinstance(segment.device, Mesh):
        return run_segment(segment, inputs, scalars, rewrites)
    executable = cache.find(segment)
    if executable is not None:
        return _run(executable, inputs, scalars, rewrites)
    if len(segment.instructions) > 1 and _sighted(segment) < COMPILE_AFTER:
        return _one_by_one(segment, inputs, scalars)
    return run_compiled(segment, inputs, scalars, rewrites)


def run_compiled(
    segment: Segment, inputs: Sequence[Any], scalars: Sequence[float], rewrites: Rewrites | None = None
) -> Sequence[Any]:
    """The segment's results, compiled as one program, or as an assembly of parts where it is long."""
    if segment not in cache and not isinstance(segment.device, Mesh):
        parts = assembly(segment)
        if parts is not None:
            return parts.run(inputs, scalars, run_segment)
    return run_segment(segment, inputs, scalars, rewrites)


def _sighted(segment: Segment) -> int:
    seen = _sightings.pop(segment, 0) + 1
    _sightings[segment] = seen
    if len(_sightings) > REMEMBERED:
        _sightings.popitem(last=False)
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
        results = run_compiled(single, given, scalars[at : at + bound.scalar_count])
        slots.update(zip([count + s for s in live], results, strict=True))
        for s in arguments:
            if last[s] == i:
                slots.pop(s, None)
        count += bound.output_count
        at += bound.scalar_count
    return [inputs[~s] if s < 0 else slots[s] for s in segment.outputs]


@lru_cache(REMEMBERED)
def single_segment(
    bound: Bound, types: tuple[TensorType, ...], outputs: tuple[int, ...], device: Context | None
) -> Segment:
    """The segment of one operation alone."""
    return Segment(((bound, tuple(~i for i in range(len(types)))),), types, outputs, device)


def run_segment(
    segment: Segment, inputs: Sequence[Any], scalars: Sequence[float], rewrites: Rewrites | None = None
) -> tuple[Any, ...]:
    """Runs a segment through the compile cache and leaves an event in the trace."""
    if not segment.outputs:
        return ()
    if isinstance(segment.device, Mesh):
        segment, inputs = laid_out(segment, inputs, rewrites)
    misses = cache.misses
    executable = cache.get(segment, rewrites)
    return _run(executable, inputs, scalars, rewrites, compiled=cache.misses != misses)


def _run(
    executable: Executable,
    inputs: Sequence[Any],
    scalars: Sequence[float],
    rewrites: Rewrites | None,
    compiled: bool = False,
) -> tuple[Any, ...]:
    start = trace.now()
    results = executable(inputs, scalars, rewrites)
    dispatched = trace.now() - start
    duration = None
    _unfinished.append(weakref.ref(results[0]))
    if trace.recording():
        jax.block_until_ready(results)
        duration = trace.now() - start
    trace.add(trace.Event(executable, start, dispatched, duration, compiled))
    return results


def wait() -> None:
    """Returns once every device has finished what was handed to it."""
    while _unfinished:
        array = _unfinished.popleft()()
        if array is not None and not array.is_deleted():  # given away to a later run, which is waited for too
            jax.block_until_ready(array)
