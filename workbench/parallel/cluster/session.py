"""`parallel.cluster`: workers for a notebook, which train what the notebook would.

A worker is a process of its own, with its own memory and its own JAX.  The notebook sends them a function, all call it,
and what they exchange in it goes from worker to worker (`runtime.processes`), not through the notebook.  The processes
are IPython engines, so that ipyparallel's launchers bring them up: on this machine, through SSH or MPI, or in the
queue of a cluster.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from workbench.arguments import FiniteAboveZero, Positive, checked
from workbench.errors import ArgumentError, NotSupportedError, WorkerError
from workbench.parallel.cluster import preflight, worker
from workbench.parallel.cluster.engines import Engines, lives
from workbench.parallel.cluster.joining import each, join
from workbench.parallel.cluster.progress import Bars, Shown, Silent
from workbench.parallel.cluster.watch import (
    GroupLostError,
    Watched,
    check_alive,
    interrupted,
    settled,
    wait,
)
from workbench.parallel.cluster.worker import Facts

JOIN = 120.0  # seconds for processes to start, and for workers to meet
PART = 10.0  # seconds for workers to leave their group


class Cluster:
    """Workers under one group, until it is closed; `cluster` makes one.

    Attributes:
        workers: what each says of itself, by rank.
    """

    def __init__(
        self,
        n: int,
        launcher: str,
        coordinator: str | None,
        timeout: float,
        devices: int | None,
        settings: dict[str, Any],
    ) -> None:
        preflight.check_installed()
        self._arguments = (n, launcher, timeout, settings)
        self._coordinator = coordinator
        self._timeout = timeout
        self._devices = devices
        self._engines: Engines | None = None
        self._why = "it was closed"
        self.workers: list[Facts] = []
        self.restart()

    def restart(self) -> None:
        """Starts new processes in place of those there are.

        Raises:
            WorkerError: they can't work together; the message says why and what to do.
        """
        self.close()
        self._engines = Engines(*self._arguments)
        try:
            self._join(self._engines)
        except BaseException:
            self.close()
            raise

    def _join(self, engines: Engines) -> None:
        local = self._arguments[1] == "local"
        self.workers = join(engines, local, self._coordinator, self._timeout, self._devices)
        self._alive = [_liveness(engines.client, *who) for who in zip(engines.ids, self.workers, strict=True)]

    @checked
    def run(
        self, function: Callable[..., Any], *args: Any, progress: bool | Shown = False, **kwargs: Any
    ) -> list[Any]:
        """Calls a function on every worker, and gives the results by rank.

        In it, ``kvstore="dist_sync"`` is a store that the workers have in common.  A function of a notebook travels
        with what it refers to; one of a module must be importable there.

        Args:
            progress: whether to show a bar for each worker that calls `parallel.report`.

        Raises:
            ArgumentError: the function or what it is called with can't be sent, or `progress` shows nothing.
            WorkerError: a worker failed or died, named in the message; where one died, `restart` starts new ones.
            KeyboardInterrupt: the workers were interrupted, and have ended.
        """
        engines = self._running()
        shown = progress if isinstance(progress, Shown) else Bars() if progress else Silent()
        doing = getattr(function, "__name__", "work").strip("_")
        watched: list[Watched] = []
        try:
            check_alive(self._alive, self.workers, doing)
            for rank, id_ in enumerate(engines.ids):
                sent = _sent(engines.client[id_], doing, function, args, kwargs)
                watched.append(Watched(rank, self.workers[rank], sent, self._alive[rank]))
            wait(watched, shown, interrupted(engines.client, engines.ids), doing)
        except GroupLostError as error:
            self._end(f"worker {error.rank} (pid {error.pid}) was lost", at_once=True)
            raise
        except BaseException as error:
            amid = not isinstance(error, Exception) and len(watched) < len(engines.ids)
            if amid or not settled(watched):
                self._end(f"they were interrupted before the {doing} had ended", at_once=True)
            raise
        return [each.result.get(self._timeout) for each in watched]

    def fit(self, module: Any, *args: Any, progress: bool | Shown = True, **kwargs: Any) -> None:
        """Trains a module on all workers as ``module.fit`` would here; it has the new parameters afterwards.

        Each worker takes its rows of every batch, and ``kvstore="dist_sync"`` sums what they find, so that the
        parameters are those that one process reaches.  Callbacks are called, and `eval_data` is scored, on worker 0.
        All workers draw the random numbers that this process would, so that data are shuffled alike.

        Args:
            module: a `Module`.
            args, kwargs: as `Module.fit` takes them; what they hold must be such as can be sent.
            progress: whether to show how far each worker is.

        Raises:
            NotSupportedError: it is no `Module`.
            ArgumentError: the workers can't share a batch evenly.
            WorkerError: as `run`.
        """
        fit_on = getattr(module, "_fit_on", None)
        if fit_on is None:
            raise NotSupportedError(
                f"fit() takes a Module, got {type(module).__name__}; run(function) runs a training loop of your own on "
                "every worker"
            )
        fit_on(self, progress, *args, **kwargs)

    def _running(self) -> Engines:
        if self._engines is None:
            raise WorkerError(f"this cluster has no workers: {self._why}; restart() starts new ones")
        return self._engines

    def close(self) -> None:
        """Ends all processes; does nothing where that is done."""
        try:
            if self._engines is not None:
                with suppress(Exception):  # a worker that does not answer is stopped all the same
                    each(self._engines, worker.part, [()] * len(self._engines.ids), PART)
        finally:
            self._end("it was closed", at_once=False)

    def _end(self, why: str, at_once: bool) -> None:
        engines, self._engines = self._engines, None
        if engines is not None:
            self.workers, self._why = [], why
            engines.stop(at_once)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        hosts = ", ".join(dict.fromkeys(each.host for each in self.workers))
        return f"<Cluster: {len(self.workers)} workers{' on ' * bool(hosts)}{hosts}>"


@checked
def cluster(
    n: Positive = 2,
    launcher: str = "local",
    coordinator: str | None = None,
    timeout: FiniteAboveZero = JOIN,
    devices: Positive | None = None,
    **settings: Any,
) -> Cluster:
    """Starts `n` processes and joins them to a group: ``with parallel.cluster(n=2) as c: c.fit(module, data, …)``.

    All end with the ``with``.  Where this process is killed before, those of the launcher ``"local"`` notice and end by
    themselves; what other launchers started on other hosts is to be ended there, or in the cluster's queue.

    Args:
        n: how many workers.
        launcher: what starts them, by ipyparallel's names: ``"local"``, ``"ssh"``, ``"mpi"``, ``"slurm"``, ``"pbs"``,
            ``"sge"``, ``"lsf"`` … or by where a class of launchers is imported from, such as one for Kubernetes.
            ``"mpi"`` needs mpi4py beside `mpiexec`.
        coordinator: the address at which workers on several hosts meet, one of worker 0's; found out by default.
        timeout: seconds for the processes to start, and for the workers to meet.
        devices: how many devices the CPU of each worker poses as, for ``Module(context=[cpu(0), cpu(1)])`` or a mesh
            there; by default one, or what ``XLA_FLAGS`` says there.
        settings: further arguments of `ipyparallel.Cluster`, such as ``config``, which says on which hosts ``"ssh"``
            starts them: ``traitlets.config.Config({"SSHEngineSetLauncher": {"engines": {"ada": 2, "carl": 2}}})``.

    Raises:
        ArgumentError: there is no such launcher, or an argument does not fit.
        NotSupportedError: ipyparallel is not installed.
        WorkerError: the workers can't work together; the message says why and what to do.
        TimeoutError: they did not start in time.
    """
    for name, text in (("launcher", launcher), ("coordinator", coordinator)):
        if text is not None and not text.strip():
            raise ArgumentError(f"cluster(): {name} must be a name, got {text!r}")
    return Cluster(n, launcher, coordinator, timeout, devices, settings)


def _sent(engine: Any, doing: str, *work: Any) -> Any:
    """A piece of work on its way."""
    try:
        return engine.apply_async(worker.work, *work)
    except Exception as error:  # which one depends on what can't be pickled
        raise ArgumentError(
            f"the {doing} can't be sent to the workers with its arguments: {error}"
        ) from error


def _liveness(client: Any, engine: int, facts: Facts) -> Callable[[], bool]:
    """Whether an engine lives: by its process where it is on this machine, else by what the controller hears."""
    if facts.host != socket.gethostname():
        return lambda: engine in client.ids
    import psutil

    process = psutil.Process(facts.pid)  # this very process, not a later one of the same number
    return lambda: lives(process)
