"""What each operation of a network takes by the clock, each distinct one compiled and run by itself.

A whole step need not be run for it, so that a network of a thousand layers, whose operations are a few dozen, is
timed where its step would not fit.
"""

from __future__ import annotations

import time

import jax

from workbench.errors import DeviceError
from workbench.graph.cut import every
from workbench.graph.segment import Piece
from workbench.memory.differentiated import Differentiated
from workbench.memory.measure import constant_arrays
from workbench.memory.size import text
from workbench.runtime.compile import cache
from workbench.runtime.device import Context
from workbench.runtime.program import Program
from workbench.runtime.progress import Asked, Cancelled, Progress, Report
from workbench.runtime.room import free_bytes
from workbench.runtime.trace import Event

TURNS = 3  # runs that are timed, after one that is not


def each_alone(
    network: Differentiated, device: Context, report: Report, cancelled: Asked
) -> list[Event] | None:
    """Events of every distinct operation, for `costs.timed`: measured; None if it was cancelled.

    Inputs are all the same number, as in `measure.running`.

    Args:
        report: is told the part done, from 0 to 1.
        cancelled: whether to stop; asked between any two operations.

    Raises:
        DeviceError: an operation takes more memory than the device has free.
    """
    program = Program(network.graph, every(1), network.types, device)
    distinct = {piece.segment: piece for piece in program.pieces}
    progress = Progress(len(distinct), report, cancelled)
    found: list[Event] = []
    try:
        progress.check()
        for piece in distinct.values():
            found += _timed(piece, device)
            progress.advance()
    except Cancelled:
        return None
    return found


def _timed(piece: Piece, device: Context) -> list[Event]:
    executable = cache.get(piece.segment)
    taken, free = executable.assigned_bytes, free_bytes(device)
    if free is not None and taken > free:
        raise DeviceError(
            f"{piece.nodes[0].name!r} by itself takes {text(taken)} and {device} has {text(free)} free: "
            "it can't be timed"
        )
    inputs = constant_arrays(piece.segment.inputs, device)
    found = []
    for turn in range(TURNS + 1):
        start = time.perf_counter()
        results = executable(inputs, piece.scalars)
        handed = time.perf_counter()
        jax.block_until_ready(results)
        if turn:
            found.append(Event(executable, start, handed - start, time.perf_counter() - start, False))
    return found
