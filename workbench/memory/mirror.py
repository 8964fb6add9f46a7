"""Mirroring: the user's own marks as a schedule.

An operation marked ``force_mirroring=True`` is not kept for backward but run again, once, just before the first
gradient that reads what it makes, together with all that is marked before it.  Programs that look for a good plan set
these marks, bind, and read what it would take; MXNet 1.x understands them in the same way.
"""

from __future__ import annotations

from workbench.memory.schedule import Schedule, of_groups
from workbench.memory.workload import Workload


def mirrored(workload: Workload) -> Schedule:
    """Everything once, and again what is marked and backward reads."""
    forward = range(workload.forward)
    marked = {i for i in forward if workload.operations[i].mirror}
    backward: list[int] = []
    for number in range(workload.forward, len(workload.operations)):
        again = _needed(workload, number, marked)
        marked -= again
        backward += [*sorted(again), number]
    return of_groups([forward, backward], 1)


def _needed(workload: Workload, reader: int, marked: set[int]) -> set[int]:
    """The marked operations that an operation needs, through nothing but marked ones."""
    found: set[int] = set()
    waiting = [reader]
    while waiting:
        for value in workload.operations[waiting.pop()].reads:
            made = workload.maker.get(value)
            if made in marked and made not in found:
                found.add(made)
                waiting.append(made)
    return found
