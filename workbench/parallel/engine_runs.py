"""Recorded runs of a program, threaded against naive: when each operation ran, where, and how long all took.

NumPy's products are held to the thread that calls them meanwhile, so that a device is a core: left alone, one product
takes all cores, and two at once get in each other's way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import ExecutionError
from workbench.runtime import engine
from workbench.runtime.progress import Asked, Cancelled, Progress, Report
from workbench.types import Quantity

KINDS = ("naive", "threaded")
REPEATS = 15

Trace = list[dict[str, Any]]


@dataclass(frozen=True)
class Measurement:
    """Recorded runs of a program.

    Attributes:
        traces: by the type of engine, the shortest run: one dict an operation, with ``operation`` (its
            place in program order), ``device``, ``thread``, ``start_s`` and ``end_s`` from the start of the first.
        figures: the makespans.
    """

    traces: dict[str, Trace]
    figures: list[Quantity]


def measure(
    program: Callable[[], Any], names: Sequence[str], report: Report, cancelled: Asked
) -> Measurement | None:
    """Runs a program on both types of engine, turn by turn; None if it was cancelled.

    Args:
        program: pushes operations.
        names: of these, in program order.
        report: is told the part done, from 0 to 1.
        cancelled: whether to stop.

    Raises:
        ExecutionError: an operation failed, or others were pushed than those named.
    """
    from threadpoolctl import (
        threadpool_limits,
    )  # looks through all loaded libraries, so only where it is needed

    progress = Progress(len(KINDS) * (REPEATS + 1), report, cancelled)
    runs: dict[str, list[Trace]] = {kind: [] for kind in KINDS}
    try:
        with threadpool_limits(1, user_api="blas"):
            for turn in range(REPEATS + 1):
                for kind in KINDS:
                    trace = _run(program, names, kind)
                    progress.advance()
                    if turn:  # the first is slower: memory comes, threads start
                        runs[kind].append(trace)
    except Cancelled:
        return None
    traces = {kind: min(each, key=_makespan) for kind, each in runs.items()}
    return Measurement(traces, _figures(runs))


def _run(program: Callable[[], Any], names: Sequence[str], kind: str) -> Trace:
    with engine.engine_type(kind), engine.record() as events:
        program()
        engine.wait_for_all()
    own = [event for event in events if event.operation.name in names]  # a finalizer may push as well
    order = sorted(own, key=lambda event: event.operation.serial)
    if [event.operation.name for event in order] != list(names):
        raise ExecutionError("the program pushed other operations when it was measured than before")
    start = min(event.start_s for event in order)
    return [
        {
            "operation": place,
            "device": str(event.device),
            "thread": event.thread,
            "start_s": event.start_s - start,
            "end_s": event.end_s - start,
        }
        for place, event in enumerate(order)
    ]


def _makespan(trace: Sequence[dict[str, Any]]) -> float:
    return float(max(event["end_s"] for event in trace))


def _figures(runs: dict[str, list[Trace]]) -> list[Quantity]:
    how = f"first start to last end, shortest of {REPEATS} recorded runs, each product of NumPy on one core"
    spans = {kind: [_makespan(trace) for trace in traces] for kind, traces in runs.items()}
    least = {kind: min(each) for kind, each in spans.items()}
    ratio = f"shortest of {REPEATS} runs each, taken in turn"
    return [
        *(
            Quantity(least[kind], "s", "measured", how, f"makespan, {kind}", (min(each), max(each)))
            for kind, each in spans.items()
        ),
        Quantity(least["threaded"] / least["naive"], "1", "measured", ratio, "threaded / naive"),
    ]
