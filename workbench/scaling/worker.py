"""What each process of `scaling.measure_processes` does: steps by itself, steps with the others, and bare exchanges."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from workbench.runtime import processes
from workbench.scaling.timed_step import WARM, given, step, timed, trained


def steps(task: dict[str, Any]) -> dict[str, list[float]]:
    """Lists of seconds, by the clock and, with ``_used``, of this process's threads, one of each a round.

    Only worker 0 steps alone; the others wait meanwhile.
    """
    group = processes.group("scaling.measure_processes()")
    alone, together = trained(task, 1), trained(task, 1, "dist_sync")
    found: dict[str, list[float]] = defaultdict(list)

    def note(name: str, wall: float, used: float) -> None:
        found[name].append(wall)
        found[f"{name}_used"].append(used)

    def exchange(size: int) -> tuple[float, float]:
        numbers = np.ones(size, np.float32)
        return timed(lambda: group.sum("numbers", ["numbers"], [numbers]))  # type: ignore[list-item]

    for number in range(WARM + task["rounds"]):
        if number == WARM:
            found.clear()
        if group.rank == 0:
            note("alone", *timed(lambda: step(*alone)))
            found["cores"].append(given(group.size * found["alone_used"][-1]))
        group.barrier()
        note("together", *timed(lambda: step(*together)))
        group.barrier()
        note("small", *exchange(1))
        note("large", *exchange(task["size"]))
    return dict(found)
