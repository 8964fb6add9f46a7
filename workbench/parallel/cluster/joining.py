"""From processes to a group: each says what it is, that is checked, and all meet at an address of worker 0's."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from typing import Any

from workbench.errors import WorkerError
from workbench.parallel.cluster import preflight, worker
from workbench.parallel.cluster.engines import Engines
from workbench.parallel.cluster.watch import named
from workbench.parallel.cluster.worker import Facts

TOLD = "WorkerError", "DeviceError"  # what a worker says itself of why it can't join


def join(
    engines: Engines, local: bool, coordinator: str | None, timeout: float, devices: int | None
) -> list[Facts]:
    """Makes processes the workers of one group; gives what each says of itself, by rank.

    Args:
        local: they run on this machine, and are to end with this process.
        coordinator: the address to meet at, if stated.
        timeout: seconds for them to meet.
        devices: how many devices the CPU of each poses as, if stated.

    Raises:
        WorkerError: they can't be a group; the message says why and what to do.
    """
    size, patience = len(engines.ids), 2 * timeout  # what has a limit of its own tells why it ended
    if local:
        each(engines, worker.see, [(sys.path,)] * size, patience)
        each(engines, worker.follow, [(os.getpid(), engines.controller)] * size, patience)
    workers = each(engines, worker.facts, [()] * size, patience)
    preflight.check_workers(worker.facts(), workers)
    host = preflight.meeting_host(workers, coordinator)
    address = engines.client[engines.ids[0]].apply_async(worker.reserve, host).get(patience)
    _meet(engines, address, timeout, devices)
    return workers


def _meet(engines: Engines, address: str, timeout: float, devices: int | None) -> None:
    """All at once, for each waits until all others are there."""
    size = len(engines.ids)
    places = [(address, size, rank, math.ceil(timeout), devices) for rank in range(size)]
    try:
        ranks = each(engines, worker.join, places, 2 * timeout)
    except (WorkerError, TimeoutError) as error:
        if getattr(error.__cause__, "ename", None) in TOLD:
            raise
        raise WorkerError(
            f"{size} worker{'s' * (size > 1)} could not meet at {address} within {timeout:g} s: name an address of "
            "worker 0's host that all reach by cluster(coordinator=…), open its ports to them, or allow more by "
            f"timeout= ({error})",
            getattr(error, "rank", None),
        ) from error
    if ranks != list(range(size)):
        raise WorkerError(
            f"workers joined as {ranks}, not as 0 to {size - 1}: close the cluster and start anew"
        )


def each(
    engines: Engines, function: Callable[..., Any], args: list[tuple[Any, ...]], timeout: float
) -> list[Any]:
    """What a function of `worker` gives on every engine, called on all at once.

    Raises:
        TimeoutError: one did not answer in time.
        WorkerError: one failed or died.
    """
    import ipyparallel  # here, so that importing the workbench need not pay for it

    sent = [
        engines.client[engine].apply_async(function, *given)
        for engine, given in zip(engines.ids, args, strict=True)
    ]
    found = []
    for rank, result in enumerate(sent):
        try:
            found.append(result.get(timeout))
        except (ipyparallel.EngineError, ipyparallel.RemoteError) as error:
            raise WorkerError(
                f"worker {rank} failed before there was a group ({function.__name__}): {named(error)}", rank
            ) from error
    return found
