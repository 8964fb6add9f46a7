"""The processes behind a cluster: IPython engines, which ipyparallel starts, here or elsewhere."""

from __future__ import annotations

import logging
import math
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from workbench.errors import ArgumentError, WorkerError, did_you_mean

STOP = 10.0  # seconds that processes are given to end by themselves
PAUSE = 0.1  # seconds between two looks at how many have started
LAST = 5.0  # seconds to wait for its last words
WORDS = 1000  # characters that are shown of what one said last


class Engines:
    """Engines and their controller, started and connected.

    Args:
        n: how many engines.
        launcher: ipyparallel's name of what starts them: ``"local"``, ``"mpi"``, ``"slurm"``, ``"ssh"`` …
        timeout: seconds for all of them to start.
        settings: further arguments of `ipyparallel.Cluster`.

    Attributes:
        client: ipyparallel's client.
        ids: the engines' numbers, in the order of ranks.

    Raises:
        ArgumentError: there is no such launcher, or a setting does not fit.
        TimeoutError: they did not start in time.
        WorkerError: the launcher failed, or one ended instead, with what it said.
    """

    def __init__(self, n: int, launcher: str, timeout: float, settings: dict[str, Any]) -> None:
        import ipyparallel  # here, so that importing the workbench need not pay for it
        from traitlets import TraitError

        known = {*ipyparallel.Cluster.class_trait_names(), "controller"} - {"engines"}  # the launcher
        for name in settings:
            if name not in known:
                raise ArgumentError(
                    f"cluster() has no argument {name!r}, nor has ipyparallel.Cluster.{did_you_mean(name, known)}"
                )
        self._folder = tempfile.TemporaryDirectory(prefix="workbench-cluster-", ignore_cleanup_errors=True)
        arguments = {
            "profile_dir": self._folder.name,
            "engine_timeout": math.ceil(timeout),
            "log_level": logging.WARNING,
            # One process for all of the controller; a host that says nothing for ten seconds is gone.
            "controller_args": ["--IPController.use_threads=True", "--HeartMonitor.period=1000"],
        }
        if launcher == "local":
            arguments["controller_ip"] = "127.0.0.1"
        self.client: Any = None
        self._engines: list[Any] = []
        self._started: list[Any] = []
        try:
            self._cluster = ipyparallel.Cluster(n=n, engines=launcher, **(arguments | settings))
        except (TraitError, ImportError, TypeError, ValueError) as error:
            self._folder.cleanup()
            raise ArgumentError(f"cluster(): with launcher={launcher!r} ipyparallel says: {error}") from error
        try:
            self._start(launcher)
            self._note()
            self.client = self._cluster.connect_client_sync()
            self._ready(n, timeout)
            self._note()
            self.client[:].use_cloudpickle().get(timeout)
        except BaseException:
            with suppress(Exception):  # what kept it from starting is told
                self.stop()
            raise
        self._cluster.log.setLevel(logging.ERROR)  # what becomes of workers is told by errors
        self.ids: Sequence[int] = sorted(self.client.ids)

    @property
    def controller(self) -> int:
        """The process of a controller on this machine."""
        return self._cluster.controller.pid

    def _start(self, launcher: str) -> None:
        try:
            self._cluster.start_cluster_sync()
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "output", None) or b""
            said = said.decode(errors="replace") if isinstance(said, bytes) else said
            raise WorkerError(
                f"the launcher {launcher!r} could not start workers: {error}{': ' * bool(said)}{said.strip()[-WORDS:]}"
            ) from error

    def _ready(self, n: int, timeout: float) -> None:
        """Waits until so many engines are there, or what was started on this machine to be or bring them has ended."""
        until = time.monotonic() + timeout
        first = list(self._engines)
        while len(self.client.ids) < n:
            there = f"{len(self.client.ids)} of {n} workers started"
            if len(_alive(first)) < len(first):
                raise WorkerError(f"{there}, then a process of the launcher ended{self._last_words()}")
            if time.monotonic() > until:
                raise TimeoutError(f"{there} in {timeout:g} s{self._last_words()}")
            time.sleep(PAUSE)

    def _last_words(self) -> str:
        """The end of what an engine wrote, where it is known."""
        until = time.monotonic() + LAST
        while not (said := self._said()) and time.monotonic() < until:
            time.sleep(PAUSE)
        return f", saying: {said[-WORDS:]}" if said else "; what it printed may say why"

    def _said(self) -> str:
        """What an engine wrote: in its log, which its launcher reads and takes away when it sees that it has ended."""
        wrote: list[str] = []
        for path in Path(self._folder.name, "log").glob("*engine*"):
            with suppress(FileNotFoundError):
                wrote.append(path.read_text())
        for launcher in self._cluster.engines.values():
            kept = getattr(launcher, "outputs", None)  # of a set of engines; else the launcher's own
            wrote += [launcher.get_output()] if kept is None else [*kept.values()]
        return next(filter(None, [each.strip() for each in wrote if each]), "")

    def _note(self) -> None:
        """Remembers the processes that there are now, to see them end."""
        import psutil

        controller = _pids(self._cluster.controller)
        engines = [pid for launcher in self._cluster.engines.values() for pid in _pids(launcher)]
        for child in psutil.Process().children():
            if child.pid in {*controller, *engines}:
                family = [child]
                with suppress(psutil.NoSuchProcess):
                    family += child.children(recursive=True)
                self._started += family
                self._engines += family if child.pid in engines else []

    def stop(self, at_once: bool = False) -> None:
        """Ends all processes; those that this machine started are killed where they don't end by themselves.

        Args:
            at_once: kill the engines without asking, which those of a lost group would not answer.
        """
        if at_once:
            _kill(_alive(self._engines))
        self._note()
        self._cluster.shutdown_atexit = False  # it is shut down now
        with ExitStack() as rest:  # the last comes first, and none is left out where another fails
            rest.callback(self._folder.cleanup)
            rest.callback(self._see_end)
            rest.callback(self._cluster.stop_controller_sync)
            # The engines, while their controller can still hear that they end.
            rest.callback(self._cluster.stop_engines_sync)
            if self.client is not None:
                rest.callback(self.client.close)

    def _see_end(self) -> None:
        """Waits until the processes have ended, and kills those that don't."""
        import psutil

        try:
            psutil.wait_procs(_alive(self._started), timeout=STOP)
        finally:
            stubborn = _alive(self._started)
            _kill(stubborn)
            psutil.wait_procs(stubborn, timeout=STOP)


def lives(process: Any) -> bool:
    """Whether a process, one of psutil's, still runs; one that has ended and was not waited for does not."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _alive(processes: Sequence[Any]) -> list[Any]:
    return [process for process in dict.fromkeys(processes) if lives(process)]


def _kill(running: Sequence[Any]) -> None:
    import psutil

    for process in running:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _pids(launcher: Any) -> list[int]:
    if launcher is None:
        return []
    each = getattr(launcher, "launchers", None) or {0: launcher}
    return [pid for one in each.values() if (pid := getattr(one, "pid", None)) is not None]
