"""Measuring a program: what one real step costs on this machine.

Three things are measured apart, because each disturbs the others: compiling, once; the step as it would run
in training, never waiting between segments; and the step with a wait after each segment, which is slower but
says where the time goes.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax

from workbench.runtime import trace
from workbench.runtime.compile import Executable, cache
from workbench.runtime.occupancy import Occupancy
from workbench.runtime.program import Program
from workbench.runtime.progress import Asked, Cancelled, Progress, Report
from workbench.types import Quantity

REPEATS = 7  # odd, so that the median is one of them
IDLE = ("parameter", "constant", "bitcast", "tuple", "get-tuple-element")  # HLO that runs no code
PEAK = (
    "batch, parameters and all other arrays alive after a segment, and the temporary buffers its compiled "
    "program takes by XLA's buffer assignment, summed; the most of all segments"
)
TRAFFIC = "the arrays that segments read and gave in one step, summed"
WORK = "XLA's cost analysis of the compiled segments, summed; tanh, exp and the like not counted"
KERNELS = "computing instructions counted in the programs that XLA made: what it fused is one"


@dataclass(frozen=True)
class Measurement:
    """A recorded step.

    Attributes:
        trace: one dict a segment run: ``segment`` (its index), ``start_s``, ``duration_s``, ``bytes_in``,
            ``bytes_out``, ``flops`` (measured: XLA's cost analysis of the compiled segment).
        figures: what the whole step costs.
    """

    trace: list[dict[str, Any]]
    figures: list[Quantity]


def measure(
    program: Program, inputs: Sequence[jax.Array], report: Report, cancelled: Asked
) -> Measurement | None:
    """Compiles the program and runs it; None if it was cancelled, which is asked between any two parts.

    Args:
        program: what to run.
        inputs: arrays for its graph's inputs.
        report: is told the part done, from 0 to 1.
        cancelled: whether to stop.
    """
    progress = Progress(len(set(program.segments)) + 1 + 2 * REPEATS, report, cancelled)
    try:
        progress.check()
        cache.get_all(program.segments, progress.advance)
        executables = [cache.get(segment) for segment in program.segments]
        memory = Occupancy(inputs, {e.segment: e.workspace_bytes for e in executables})
        jax.block_until_ready(program.run(inputs, memory))
        progress.advance()
        times = [_timed(program, inputs, progress) for _ in range(REPEATS)]
        runs = [_recorded(program, inputs, progress) for _ in range(REPEATS)]
    except Cancelled:
        return None
    events = sorted(runs, key=_length)[REPEATS // 2]
    return Measurement(_as_trace(events), _figures(program, executables, memory, times, events))


def _timed(program: Program, inputs: Sequence[jax.Array], progress: Progress) -> float:
    start = trace.now()
    jax.block_until_ready(program.run(inputs))
    taken = trace.now() - start
    progress.advance()
    return taken


def _recorded(program: Program, inputs: Sequence[jax.Array], progress: Progress) -> list[trace.Event]:
    own = set(program.segments)
    while True:
        with trace.record() as events:
            program.run(inputs)
        # Another thread's runs are recorded too; a recording that can't be told from theirs is made again.
        mine = [event for event in events if event.segment in own]
        if len(mine) == program.dispatches:
            progress.advance()
            return mine
        progress.check()


def _length(events: Sequence[trace.Event]) -> float:
    return events[-1].start_s + (events[-1].duration_s or 0.0) - events[0].start_s


def _as_trace(events: Sequence[trace.Event]) -> list[dict[str, Any]]:
    return [
        {
            "segment": index,
            "start_s": event.start_s - events[0].start_s,
            "duration_s": event.duration_s or 0.0,
            "bytes_in": event.bytes_in,
            "bytes_out": event.bytes_out,
            "flops": event.flops,
        }
        for index, event in enumerate(events)
    ]


def _figures(
    program: Program,
    executables: Sequence[Executable],
    memory: Occupancy,
    times: Sequence[float],
    events: Sequence[trace.Event],
) -> list[Quantity]:
    where = f"on {program.device}, {program.device.jax_device.device_kind}"
    return [
        Quantity(len(events), "1", "measured", "segments in the recorded step", "dispatches"),
        _compile_time(set(executables), where),
        Quantity(
            statistics.median(times),
            "s",
            "measured",
            f"median and span of {len(times)} steps {where}, waited for once, at the end of each",
            "step time",
            (min(times), max(times)),
        ),
        Quantity(memory.peak, "B", "measured", PEAK, "peak bytes"),
        Quantity(memory.traffic, "B", "measured", TRAFFIC, "bytes across cuts"),
        Quantity(sum(e.flops for e in executables), "FLOP", "measured", f"{WORK}; {where}", "work"),
        Quantity(sum(kernels(e.hlo) for e in executables), "1", "measured", KERNELS, "kernels"),
    ]


def _compile_time(executables: set[Executable], where: str) -> Quantity:
    seconds = sum(executable.compile_s for executable in executables)
    count = f"{len(executables)} different segment{'s' * (len(executables) != 1)}"
    how = f"the compiler's time for {count}, each when it was first needed, {where}"
    return Quantity(seconds, "s", "measured", how, "compile time")


def kernels(hlo: str) -> int:
    """How many instructions of a program's entry compute; the others only name, slice up or pack buffers."""
    entry = hlo[hlo.index("\nENTRY ") :]
    found = re.findall(r"^\s+(?:ROOT )?%\S+ = .*? ([a-z][\w-]*)\(", entry, re.MULTILINE)
    return sum(name not in IDLE for name in found)
