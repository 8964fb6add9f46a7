"""The front between memory and computation: what every strategy can reach, and what is worth having.

A plan is *dominated* where another takes no more memory and recomputes no more, and is better in one of the two.
Those that are left form the front: along it memory is bought with work and nothing is had for free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.memory import chain, chen, online, recursive, revolve
from workbench.memory.liveness import peak
from workbench.memory.schedule import Schedule, unplanned
from workbench.memory.segments import Segments
from workbench.memory.stages import Stages
from workbench.memory.workload import Workload

STEPS = 8  # budgets at which a strategy is asked


@dataclass(frozen=True)
class Point:
    """A plan on the plane of memory and work.

    Attributes:
        strategy: what made it.
        schedule: what runs when.
        peak: bytes of feature maps.
        flops: work done again, in FLOP.
        dominated: whether another is at least as good in both; of equal ones just the first is not.
    """

    strategy: str
    schedule: Schedule
    peak: int
    flops: float
    dominated: bool = False


def pareto(workload: Workload, strategies: Iterable[str] | None = None) -> list[Point]:
    """What the strategies can reach, sorted by memory, each schedule once.

    Args:
        strategies: names of `SOURCES`; all by default.
    """
    names = SOURCES if strategies is None else strategies
    found: dict[Schedule, Point] = {}
    for name in names:
        for schedule in SOURCES[name](workload):
            if schedule not in found:
                again = schedule.recomputed_flops(workload)
                found[schedule] = Point(name, schedule, peak(workload, schedule), again)
    return _marked(sorted(found.values(), key=lambda point: (point.peak, point.flops)))


def _marked(points: Sequence[Point]) -> list[Point]:
    """Points that are sorted by memory: dominated is what comes after another of no more work."""
    least, marked = np.inf, []
    for point in points:
        marked.append(replace(point, dominated=point.flops >= least))
        least = min(least, point.flops)
    return marked


def _none(workload: Workload) -> Iterator[Schedule]:
    yield unplanned(workload)


def _chen(workload: Workload) -> Iterator[Schedule]:
    yield from chen.segmentations(workload)
    yield chen.cheap(workload)


def _segments(workload: Workload) -> Iterator[Schedule]:
    table = Segments(Stages(workload))
    least = table.least()
    yield least
    low, high = max(1, peak(workload, least)), max(1, peak(workload, unplanned(workload)))
    for budget in np.geomspace(low, high, STEPS)[1:]:
        found = table.schedule(budget)
        if found is not None:
            yield found


SOURCES: dict[str, Callable[[Workload], Iterator[Schedule]]] = {
    "none": _none,
    "chen": _chen,
    "segments": _segments,
    "recursive": recursive.points,
    "revolve": revolve.points,
    "chain": chain.points,
    "online": online.points,
}
