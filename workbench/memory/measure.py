"""Measuring a plan: what the programs that run it take, found in three ways that share little.

From shapes alone: XLA assigns every buffer of a program when it compiles it, so the peak of a plan of any size can
be added up on a laptop, each distinct piece compiled once and nothing of the network's size allocated.  While
running: the arrays that are alive are counted, piece by piece.  From outside: what the operating system, or the
device, says that a process took (`memory.process`).

The first way also gives a second *prediction*: `Plan.peak` knows the graph and nothing of the compiler; calibrated,
the lifetimes are still predicted, and the workspace inside each distinct piece is the compiler's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from workbench.graph.node import Value
from workbench.graph.segment import Segment
from workbench.memory.plan import Plan
from workbench.memory.workload import Kind
from workbench.runtime.compile import cache
from workbench.runtime.device import Context
from workbench.runtime.occupancy import Occupancy
from workbench.runtime.program import Program
from workbench.runtime.progress import Asked, Cancelled, Progress, Report
from workbench.types import Quantity, TensorType

CALIBRATED = (
    "lifetimes of the values that cross from one piece of the schedule to another, memory given away where a result "
    "of the same type is made, and the temporary buffers of each distinct piece, compiled once; the most of all pieces"
)
ASSIGNED = (
    "XLA's buffer assignment of every piece (arguments + outputs - aliased + temporary buffers) and the arrays alive "
    "beside it, from shapes alone, nothing run; the most of all pieces"
)
LIVE = (
    "one step run: the arrays alive while each piece runs, counted, and the temporary buffers of its compiled program "
    "by XLA's buffer assignment, summed; the most of all pieces"
)


@dataclass(frozen=True)
class Compiled:
    """What is known of a plan once its distinct pieces are compiled.

    Attributes:
        calibrated: the most bytes at once, predicted from lifetimes and each distinct piece's workspace.
        assigned: the same, measured from XLA's own buffer assignment.
        distinct: how many pieces were compiled.
        place: which piece takes the most.
        by_kind: bytes by kind while each piece runs, one entry a piece, calibrated: the workspace is the compiler's.
    """

    calibrated: Quantity
    assigned: Quantity
    distinct: int
    place: int
    by_kind: Mapping[Kind, np.ndarray]


def _silent(part: float) -> None:
    """Nobody wants to know."""


def _never() -> bool:
    return False


def compiled(
    plan: Plan, device: Context, report: Report = _silent, cancelled: Asked = _never
) -> Compiled | None:
    """A plan's peak from shapes alone; None if it was cancelled.

    Each distinct piece is compiled once, several side by side; arrays are neither made nor run.

    Args:
        report: is told the part done, from 0 to 1.
        cancelled: whether to stop; asked between any two parts.
    """
    lowered = plan.lowered(device)
    program = lowered.program
    progress = Progress(len(set(program.segments)), report, cancelled)
    try:
        progress.check()
        cache.get_all(program.segments, progress.advance)
    except Cancelled:
        return None
    taken = _assigned(program)
    predicted = program.peak_bytes(_workspace)
    return Compiled(
        Quantity(predicted, "B", "predicted", CALIBRATED, "peak bytes, calibrated"),
        Quantity(max(taken, default=0), "B", "measured", f"{ASSIGNED}, for {device}", "peak bytes"),
        progress.parts,
        max(range(len(taken)), key=taken.__getitem__, default=0),
        lowered.by_kind(_workspace),
    )


def _workspace(segment: Segment) -> int:
    return cache.get(segment).workspace_bytes


def _assigned(program: Program) -> list[int]:
    """Bytes while each piece runs: all it is assigned, and the arrays alive that it does not read."""
    owned = {Value(node) for node in program.graph.inputs}
    live = {v: program.type_of(v).nbytes for v in owned}
    taken = []
    total = sum(live.values())
    for index, (piece, released) in enumerate(zip(program.pieces, program.released, strict=True)):
        total += sum(live[v] for v in program.coming.get(index, ()))
        read = sum(live[v] for v in piece.reads)
        taken.append(total - read + cache.get(piece.segment).assigned_bytes)
        for value in piece.gives:
            live[value] = program.type_of(value).nbytes
            total += live[value]
        total -= sum(live.pop(v) for v in released if v not in owned)
        total -= sum(live[v] for v in program.going.get(index, ()))
    return taken


def running(
    plan: Plan, device: Context, report: Report = _silent, cancelled: Asked = _never
) -> Quantity | None:
    """A plan's peak from one step that is run, on inputs that are all the same number; None if it was cancelled."""
    program = plan.lowered(device).program
    segments = set(program.segments)
    progress = Progress(len(segments) + len(program.pieces), report, cancelled)
    try:
        progress.check()
        cache.get_all(program.segments, progress.advance)
        inputs = constant_inputs(program)
        occupancy = Occupancy(inputs, {s: cache.get(s).workspace_bytes for s in segments})

        def watch(*seen: object) -> None:
            occupancy(*seen)  # type: ignore[arg-type]
            progress.advance()

        jax.block_until_ready(program.run(inputs, watch))
    except Cancelled:
        return None
    where = f"on {device}, {device.jax_device.device_kind}"
    return Quantity(occupancy.peak, "B", "measured", f"{LIVE}, {where}", "peak bytes")


def constant_inputs(program: Program) -> list[jax.Array]:
    """Arrays for a program's inputs: halves where they are fractions, else zeros; written, so that they take memory."""
    return constant_arrays([program.type_of(Value(node)) for node in program.graph.inputs], program.device)


def constant_arrays(types: Sequence[TensorType], device: Context) -> list[jax.Array]:
    """Arrays of these types, filled in the same way."""
    place = device.jax_device
    with jax.enable_x64(True):
        made = [jnp.full(t.shape, 0.5 if t.is_float else 0, t.dtype, device=place) for t in types]
    return list(jax.block_until_ready(made))
