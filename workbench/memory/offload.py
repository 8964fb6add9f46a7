"""Moving instead of recomputing: what backward will read waits in the host's memory.

A device with memory of its own is usually plugged into a host with far more of it.  Nothing is then computed
twice; what it costs is the way there and back, bytes over the speed of the connection, which a device can travel
while it computes.  So the forward pass runs in parts, each part's values leave after it, and come back before the
backward of that part.  What was made first is needed last, and goes first.

The plan can be made anywhere.  It can be run where the device's memory is not the host's own.

Source: M. Rhu et al., "vDNN: Virtualized Deep Neural Networks for Scalable, Memory-Efficient Neural Network
Design", MICRO 2016, arXiv:1602.08124.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise

import numpy as np

from workbench.arguments import Positive, checked
from workbench.memory.fit import too_small
from workbench.memory.liveness import peak
from workbench.memory.schedule import Move, Schedule, of_groups
from workbench.memory.stages import Stages
from workbench.memory.workload import Workload

PARTS = 32


@checked
def offload(workload: Workload, budget: int | None = None, *, parts: Positive = PARTS) -> Schedule:
    """Everything computed once; without a budget all that can wait outside does, else as little as fits.

    Args:
        budget: bytes of feature maps on the device.
        parts: into how many the forward pass is cut, of about as many bytes that backward reads.

    Raises:
        ArgumentError: `parts` is not a whole number, 1 or more.
        BudgetError: even with all of it outside, the device holds more.
    """
    stages = Stages(workload)
    below = np.cumsum(stages.kept)
    even = np.linspace(0, below[-1:].sum(), parts + 1)[1:-1]
    inner = np.minimum(np.searchsorted(below, even) + 1, len(stages))
    pairs = list(pairwise(sorted({0, *inner.tolist(), len(stages)})))
    forward = [stages.forward_group(a, b) for a, b in pairs]
    backward = [stages.backward_group(a, b, recompute=False) for a, b in reversed(pairs)]
    stay = of_groups([*forward, *backward], len(forward))
    moves = sorted(_moves(workload, stay), key=lambda move: move.back, reverse=True)
    if budget is None:
        return replace(stay, moved=tuple(moves))
    tried = {n: peak(workload, replace(stay, moved=tuple(moves[:n]))) for n in (0, len(moves))}
    if min(tried.values()) > budget:
        raise too_small(workload, budget, tried[len(moves)], "offload")
    fewest = bisect_left(
        range(len(moves)), -budget, key=lambda n: -peak(workload, replace(stay, moved=tuple(moves[:n])))
    )
    return replace(stay, moved=tuple(moves[:fewest]))


def _moves(workload: Workload, schedule: Schedule) -> list[Move]:
    """For each feature map of the forward pass the longest time in which no group reads it."""
    out: dict[int, int] = {}
    back: dict[int, int] = {}
    for place, group in enumerate(schedule.groups):
        for number in group:
            operation = workload.operations[number]
            touched = operation.reads if place >= schedule.forward else (*operation.reads, *operation.gives)
            for value in touched:
                if place < schedule.forward:
                    out[value] = place
                elif value in out:
                    back.setdefault(value, place)
    maps = (v for v in back if workload.map_bytes[v])
    return [Move(v, out[v], back[v]) for v in maps if back[v] > out[v] + 1]
