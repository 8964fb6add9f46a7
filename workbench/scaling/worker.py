"""What each process of `scaling.measure_processes` does: steps by itself, steps with the others, and bare exchanges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from workbench.runtime import processes
from workbench.scaling.timed_step import WARM, given, step, timed, trained


def steps(task: dict[str, Any]) -> dict[str, list[float]]:
    """Lists of seconds, by the clock and, with ``_used``, of this process's threads, one of each a round.

    Only worker 0 steps alone; the others wait meanwhile.  It updates apart from the gradients, as a worker does that
    sends them in between.
    """
    group = processes.group("scaling.measure_processes()")
    alone, together = trained(task, 1), trained(task, 1, "dist_sync")
    found: dict[str, list[float]] = defaultdict(list)

    def note(name: str, wall: float, used: float) -> None:
        found[name].append(wall)
        found[f"{name}_used"].append(used)

    def exchange(sizes: Sequence[int]) -> tuple[float, float]:
        arrays = [jnp.ones(size).block_until_ready() for size in sizes]
        names = [str(at) for at in range(len(arrays))]
        return timed(lambda: group.sum("arrays", names, arrays))

    for number in range(WARM + task["rounds"]):
        if number == WARM:
            found.clear()
        if group.rank == 0:
            note("alone", *timed(lambda: step(*alone, apart=True)))
            found["cores"].append(given(group.size * found["alone_used"][-1]))
        group.barrier()
        note("together", *timed(lambda: step(*together)))
        group.barrier()
        note("small", *exchange([1]))
        note("large", *exchange(task["gradients"]))
    return dict(found)
