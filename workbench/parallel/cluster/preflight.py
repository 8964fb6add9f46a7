"""What keeps processes from working together, found before they try: each check names the remedy.

A group that fails to form costs its processes: one that tried to join can't try again.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Sequence

from workbench.errors import NotSupportedError, WorkerError
from workbench.extras import remedy
from workbench.parallel.cluster.worker import LOOPBACK, Facts

NEEDED = ("ipyparallel", "cloudpickle")


def check_installed() -> None:
    """Whether what starts processes is here.

    Raises:
        NotSupportedError: it is not.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise NotSupportedError(
            f"parallel.cluster() starts its workers through {' and '.join(NEEDED)}, and {missing[0]} is not installed: "
            + remedy("engines")
        )


def check_workers(mine: Facts, workers: Sequence[Facts]) -> None:
    """Whether processes can be one group.

    Args:
        mine: of the process that started them.

    Raises:
        WorkerError: two are the same process, one is in a group already, versions differ, or what they compute on.
    """
    seen = Counter((worker.host, worker.pid) for worker in workers)
    for rank, worker in enumerate(workers):
        who = f"worker {rank} (pid {worker.pid} on {worker.host})"
        if seen[worker.host, worker.pid] > 1:
            raise WorkerError(
                f"{who} is the process of another worker too; each needs one of its own", rank, worker.pid
            )
        if worker.joined:
            raise WorkerError(
                f"{who} has joined a group already, and a process can do so once; start new ones: close this cluster, "
                "and let nothing in the IPython profile's startup folder call jax.distributed.initialize",
                rank,
                worker.pid,
            )
        for what in ("python", "jax", "workbench"):
            here, there = getattr(mine, what), getattr(worker, what)
            if here != there:
                raise WorkerError(
                    f"{who} has {what} {there}, and this process {here}: programs and what they exchange would differ; "
                    "install the same version there, or name that environment's Python in the launcher's settings",
                    rank,
                    worker.pid,
                )
        here, there = workers[0].platform, worker.platform
        if here != there:
            raise WorkerError(
                f"{who} computes on {there!r}, and worker 0 on {here!r}: a group is of one kind of device; set "
                "JAX_PLATFORMS=cpu where they start, or ask `workbench doctor` there what a GPU needs",
                rank,
                worker.pid,
            )


def meeting_host(workers: Sequence[Facts], stated: str | None) -> str:
    """The host name or address at which all workers meet: worker 0's.

    Args:
        stated: by the user.

    Raises:
        WorkerError: other hosts can't reach what worker 0's host takes itself for.
    """
    if stated is not None:
        return stated
    if len({worker.host for worker in workers}) == 1:
        return LOOPBACK
    first = workers[0]
    if first.address.startswith("127."):
        raise WorkerError(
            f"worker 0 is on {first.host}, which takes itself for {first.address}, where no other host finds it (a "
            "line in its /etc/hosts says so): name the address the others reach it by, cluster(coordinator='10.0.0.1')",
            0,
            first.pid,
        )
    return first.address
