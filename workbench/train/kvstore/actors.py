"""Parameter servers and their workers as Ray actors: processes here, or on all machines of a Ray cluster.

An actor is an object in a process of its own whose methods are called from afar, one at a time.  That is all a
parameter server is: what workers push is applied in the order of its arrival, with no lock in sight.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from workbench.arguments import Positive, checked
from workbench.errors import NotSupportedError, WorkerError
from workbench.train.kvstore.parameter_server import ParameterServer
from workbench.train.kvstore.server_store import mean_staleness, staleness
from workbench.train.kvstore.servers import Servers, connected
from workbench.types import Quantity

PAUSE = 0.2  # seconds between two looks at whether a worker has ended
LOCAL = {  # of a Ray that is started here, for this alone
    "include_dashboard": False,
    "configure_logging": False,
    "log_to_driver": False,
    "logging_level": "ERROR",
}


class Actor:
    """A server that is an actor."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def send(self, method: str, *args: Any) -> Any:
        """Starts a call; what is sent to one actor is done in order."""
        return getattr(self._handle, method).remote(*args)

    def result(self, ticket: Any) -> Any:
        """Waits for what came of it."""
        import ray

        return ray.get(ticket)


class Worker:
    """What each worker's process holds."""

    def __init__(self, servers: list[Any], rank: int, num_workers: int) -> None:
        self._servers = Servers([Actor(handle) for handle in servers], rank, num_workers)

    def pid(self) -> int:
        """Its process."""
        return os.getpid()

    def run(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Calls a function that finds its servers."""
        with connected(self._servers):
            return function(*args)


class Group:
    """Servers and workers, until it is closed; `parameter_server` makes one.

    Attributes:
        pids: the processes of the workers, by rank.
    """

    def __init__(self, servers: int, workers: int, settings: Mapping[str, Any]) -> None:
        check_installed()
        import ray

        self._mine = not ray.is_initialized()
        if self._mine:
            _init(settings)
        self._actors: list[Any] = []
        try:
            # They wait most of the time, so that they take no core of those Ray hands out.
            servers_ = [self._start(ray.remote(num_cpus=0)(ParameterServer)) for _ in range(servers)]
            made = ray.remote(num_cpus=0)(Worker)
            self._workers = [self._start(made, servers_, rank, workers) for rank in range(workers)]
            self._servers = Servers([Actor(handle) for handle in servers_], 0, workers)
            self.pids: list[int] = ray.get([worker.pid.remote() for worker in self._workers])
        except BaseException:
            self.close()
            raise

    def _start(self, made: Any, *args: Any) -> Any:
        self._actors.append(made.remote(*args))
        return self._actors[-1]

    def run(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        """Calls a function in every worker; gives what each returned, by rank.

        Inside, ``kvstore.create("dist_async")`` gives the store that all have in common.

        Raises:
            WorkerError: a worker failed or died, or the group is closed; all are stopped then.
        """
        import ray

        if not self._actors:
            raise WorkerError("these parameter servers were closed; parameter_server() starts new ones")
        calls = [worker.run.remote(function, args) for worker in self._workers]
        left = list(calls)
        while left:
            done, left = ray.wait(left, timeout=PAUSE)
            for call in done:
                self._check(calls.index(call), call, getattr(function, "__name__", "function"))
        return ray.get(calls)

    def _check(self, rank: int, call: Any, doing: str) -> None:
        import ray

        try:
            ray.get(call)
        except ray.exceptions.RayError as error:
            self.close()
            who, why = f"worker {rank} (pid {self.pids[rank]})", getattr(error, "cause", None)
            text = (
                f"failed in the {doing}: {type(why).__name__}: {why}" if why else f"died during the {doing}"
            )
            raise WorkerError(f"{who} {text}", rank, self.pids[rank]) from error

    def histogram(self) -> dict[int, int]:
        """For every staleness there was, how many gradients had it."""
        return staleness(self._servers)

    def staleness(self) -> Quantity:
        """How many updates, one's own too, lay between pull and push, the mean over all gradients so far; measured."""
        return mean_staleness(self.histogram())

    def close(self) -> None:
        """Ends all processes that this group started."""
        import ray

        for actor in self._actors:
            ray.kill(actor)
        self._actors = []
        if self._mine:
            self._mine = False
            ray.shutdown()

    def __enter__(self) -> Group:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _init(settings: Mapping[str, Any]) -> None:
    """Starts Ray, or connects to one that runs."""
    import ray

    with warnings.catch_warnings():
        # JAX fears for what a forked process does; Ray's set signals and become programs of their own.
        warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)
        if "address" in settings:
            ray.init(**settings)
        else:
            logging.getLogger("ray").setLevel(logging.ERROR)  # Ray speaks before it looks at its own setting
            ray.init(**(LOCAL | dict(settings)))


@checked
def parameter_server(servers: Positive = 1, workers: Positive = 2, **settings: Any) -> Group:
    """Starts parameter servers and workers, each a process, as Ray actors::

        with kvstore.parameter_server(servers=1, workers=2) as group:
            group.run(train)  # which uses kvstore.create("dist_async"), or Module.fit(kvstore="dist_async")
            print(group.staleness(), group.histogram())

    Args:
        servers: among which the keys are shared out.
        workers: that push and pull.
        settings: of `ray.init`, such as ``address="auto"`` for a Ray cluster that runs; none of them counts where this
            process is connected to one.

    Raises:
        NotSupportedError: Ray is not installed.
    """
    return Group(servers, workers, settings)


def check_installed() -> None:
    """Whether Ray is here.

    Raises:
        NotSupportedError: it is not.
    """
    if importlib.util.find_spec("ray") is None:
        raise NotSupportedError(
            "kvstore.parameter_server() starts its processes through ray, which is not installed: pip install"
            " 'dl-workbench[cluster]'; in one process, kvstore.create('local') updates as it is pushed to"
        )
