"""Steps in real processes, which exchange gradients by ``dist_sync``, beside what the model makes of one of them.

Processes on one machine share its cores as devices of one CPU do.  What they exchange goes through sockets, all
gradients in one sum; how long that takes is measured by itself, with as many numbers.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from workbench.arguments import Positive, checked
from workbench.parallel.cluster import Cluster as Processes
from workbench.parallel.costmodel import Cluster, Exchange, Job, crowded, exchanged, layers, link
from workbench.scaling.here import Run, fed_shapes, middle
from workbench.scaling.worker import steps
from workbench.symbolic.network import labels_of, symbol_of
from workbench.types import Quantity

RING = Exchange("ring")
FORMULA = "step alone × processes × its cores / cores given + one sum of all gradients"


@checked
def measure_processes(
    processes: Processes,
    network: Any,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    rounds: Positive = 9,
) -> Run:
    """Trains in the processes of a cluster on this machine, each with a batch of its own.

    Args:
        processes: what `parallel.cluster` gave.
        network: a Symbol with its loss, a Module, or a Gluon block.
        shapes: of each process's inputs by name.
        rounds: how often each is timed, all in turn.

    Raises:
        ArgumentError: the network is none, or a shape does not fit or is missing.
        WorkerError: a process failed or died.
    """
    symbol, title = symbol_of(network, "scaling.measure_processes()")
    found = fed_shapes(symbol, shapes)
    parts = layers(symbol, found)
    gradients = [int(part.gradient.value) // 4 for part in parts]
    size = sum(gradients)
    task = {
        "symbol": symbol.tojson(),
        "shapes": found,
        "labels": list(labels_of(symbol.nodes)),
        "rounds": rounds,
    }
    said = processes.run(steps, {**task, "gradients": gradients})
    first, count = said[0], len(said)
    alone = middle(first["alone"], "s", "step", "Module in one process, gradients and update apart")
    busy = Quantity(statistics.median(first["alone_used"]) / alone.value, "1", "measured", "medians", "cores")
    job = Job(title, parts, next(iter(found.values()))[0], alone, busy=busy)
    cores = middle(first["cores"], "1", "cores", "that threads on every core are given, for as much work")
    step = alone.value * crowded(job, _cluster(count, first, "", size, cores))
    used = [sum(each) for each in zip(*(one["together_used"] for one in said), strict=True)]
    sent = [exchanged(RING, _cluster(count, first, kind, size, cores), job.size) for kind in ("", "_used")]
    own = count * statistics.median(first["alone_used"]) + count * sent[1]
    return Run(
        count,
        middle(first["together"], "s", "step", f"Module in {count} processes, dist_sync"),
        Quantity(step + sent[0], "s", "predicted", FORMULA, "step"),
        middle(used, "s", "processor time", f"of all threads of {count} processes"),
        Quantity(own, "s", "predicted", FORMULA, "processor time"),
        cores,
        (),
    )


def _cluster(count: int, first: dict[str, list[float]], kind: str, size: int, cores: Quantity) -> Cluster:
    """This machine with so many processes, and the link that explains sums of one number and of `size`."""
    small, large = (statistics.median(first[name + kind]) for name in ("small", "large"))
    others = max(1, count - 1)  # one by itself sends nothing, whatever the link
    messages, share = 2 * others, 2 * others / count
    rate = share * 4 * size / max(large - small, 1e-9)
    line = link(small / messages, rate, "measured", "sums of a number and of as many as there are gradients")
    return Cluster(1, count, line, line, line, cores=cores)
