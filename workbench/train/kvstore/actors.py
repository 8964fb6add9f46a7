"""Parameter servers and their workers as Ray actors: processes here, or on all machines of a Ray cluster.

An actor is an object in a process of its own whose methods are called from afar, one at a time.  That is all a
parameter server is: what workers push is applied in the order of its arrival, with no lock in sight.
"""

from __future__ import annotations

import importlib.util
import inspect
import logging
import os
import time
import warnings
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError, NotSupportedError, WorkerError, did_you_mean
from workbench.extras import remedy
from workbench.train.kvstore.parameter_server import ParameterServer
from workbench.train.kvstore.server_store import mean_staleness, staleness
from workbench.train.kvstore.servers import Servers, connected
from workbench.types import Quantity

PAUSE = 0.2  # seconds between two looks at whether a worker has ended
BECOMING = 5.0  # seconds that a process may take to become another program
LOCAL = {  # of a Ray that is started here, for this alone
    "include_dashboard": False,
    "configure_logging": False,
    "log_to_driver": False,
    "logging_level": "ERROR",
}

PATIENCE = {  # seconds for steps of a start that a busy machine slows down, where Ray lets them be set
    "RAY_gcs_server_port_wait_time_s": "120",
    "RAY_raylet_start_wait_time_s": "60",
    "RAY_worker_register_timeout_seconds": "300",
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
        for name, seconds in PATIENCE.items():  # Ray reads them as it is loaded, and hands them on
            os.environ.setdefault(name, seconds)
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
        """How many updates, one's own too, lay between pull and push, the mean over all gradients so far; measured.

        Raises:
            NotWrittenError: none was pushed yet.
        """
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
    """Starts Ray, or connects to one that runs.

    Raises:
        ArgumentError: a setting is none of `ray.init`, or does not fit.
        WorkerError: it did not start, or there is none to connect to.
    """
    import psutil
    import ray

    known = inspect.signature(ray.init).parameters
    for name in settings:
        if name not in known and not name.startswith("_"):
            raise ArgumentError(
                f"parameter_server() has no argument {name!r}, nor has ray.init.{did_you_mean(name, known)}"
            )
    before = set(psutil.Process().children(recursive=True))
    try:
        _start_quietly(settings)
    except BaseException as error:
        _end_since(before)
        if isinstance(error, (TypeError, ValueError)):
            raise ArgumentError(f"parameter_server(): ray.init says: {error}") from error
        if not isinstance(error, Exception):
            raise
        raise WorkerError(
            f"parameter_server(): Ray did not start: {str(error).rstrip('.')}. Some of its processes give others"
            " no more than 15 s to start, which a busy machine overruns; try again"
        ) from error


def _end_since(before: Collection[Any]) -> None:
    """Ends what a start that failed leaves behind: the processes of Ray's that are new."""
    import psutil
    import ray

    ray.shutdown()
    home = str(Path(ray.__file__).parent)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process not in before and home in _command_line(process):
                process.kill()


def _command_line(process: Any) -> str:
    """The command line of a process; it has none for the moment in which it becomes another program."""
    deadline = time.monotonic() + BECOMING
    while True:
        words: list[str] = process.cmdline()
        if words or time.monotonic() > deadline:
            return " ".join(words)
        time.sleep(0.001)


def _start_quietly(settings: Mapping[str, Any]) -> None:
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
        ArgumentError: an argument does not fit.
        NotSupportedError: Ray is not installed.
        WorkerError: Ray did not start, or there is none to connect to.
    """
    return Group(servers, workers, settings)


def check_installed() -> None:
    """Whether Ray is here.

    Raises:
        NotSupportedError: it is not.
    """
    if importlib.util.find_spec("ray") is None:
        raise NotSupportedError(
            "kvstore.parameter_server() starts its processes through ray, which is not installed: "
            + remedy("cluster")
            + "; in one process, kvstore.create('local') updates as it is pushed to"
        )
