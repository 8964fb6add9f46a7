"""What a worker runs: facts about itself, joining the group, and work.

These functions are called in the engines' processes, by name.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Any, NamedTuple

import jax

from workbench.errors import WorkerError
from workbench.runtime import processes, threads
from workbench.runtime.device import set_cpu_devices

LOOPBACK = "127.0.0.1"
ASK = 120.0  # seconds for a process to say what JAX computes on
LOOK = 1.0  # seconds between two looks at who started this process

_held: list[socket.socket] = []


class Facts(NamedTuple):
    """What a process that is to be a worker says of itself."""

    host: str
    pid: int
    python: str
    jax: str
    workbench: str
    joined: bool
    address: str  # by which other hosts may reach this one
    platform: str  # that JAX computes on


def facts() -> Facts:
    """Of this process."""
    return Facts(
        socket.gethostname(),
        os.getpid(),
        ".".join(platform.python_version_tuple()[:2]),
        jax.__version__,
        version("dl-workbench"),
        jax.distributed.is_initialized(),
        _address(),
        _platform(),
    )


def _address() -> str:
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError:
        return LOOPBACK


def _platform() -> str:
    """What JAX computes on here, asked in a process of its own: one that has looked can't join a group any more."""
    if os.environ.get("JAX_PLATFORMS") == "cpu" or importlib.util.find_spec("jax_plugins") is None:
        return "cpu"  # for what else there is comes as a plugin
    command = [sys.executable, "-c", "import jax; print(jax.default_backend())"]
    modest = os.environ | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}  # a GPU's memory is for who computes
    done = subprocess.run(command, env=modest, capture_output=True, text=True, timeout=ASK)
    if done.returncode:
        raise WorkerError(
            f"process {os.getpid()} on {socket.gethostname()}: JAX finds nothing to compute on, saying: "
            f"{done.stderr.strip().splitlines()[-1]}"
        )
    return done.stdout.split()[-1]


def see(paths: Sequence[str]) -> None:
    """Lets this process import what the one that started it can."""
    sys.path += [path for path in paths if path not in sys.path and os.path.isdir(path)]


def follow(starter: int, controller: int) -> None:
    """Has this process and the controller end once the one that started them is gone: it may have been killed."""

    def until_alone() -> None:
        while os.getppid() == starter:
            time.sleep(LOOK)
        with suppress(OSError):
            os.kill(controller, signal.SIGTERM)
        os._exit(1)

    if os.getppid() == starter:
        threading.Thread(target=until_alone, daemon=True).start()


def reserve(host: str) -> str:
    """A free port of this host, as ``host:port``, held for this process until it ends.

    The socket stays bound and never listens; gRPC, which shares ports, can use it, and nobody else is given it.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind((LOOPBACK if host == LOOPBACK else "", 0))
    _held.append(held)
    return f"{host}:{held.getsockname()[1]}"


def join(address: str, size: int, rank: int, timeout: int, devices: int | None = None) -> int:
    """Joins the group that meets at an address, with so many devices of the CPU if stated; gives the rank there.

    Raises:
        DeviceError: this process used another number of devices already.
        jax.errors.JaxRuntimeError: the others did not come in time; JAX may end the process instead.
        WorkerError: this process used JAX's devices already.
    """
    if devices is not None:
        set_cpu_devices(devices)
    jax.config.update("jax_enable_preemption_service", False)  # it takes SIGTERM, which is to end a worker
    host, port = address.rsplit(":", 1)
    bind = f"{LOOPBACK if host == LOOPBACK else '[::]'}:{port}" if rank == 0 else None
    try:
        jax.distributed.initialize(
            address, size, rank, initialization_timeout=timeout, coordinator_bind_address=bind
        )
    except jax.errors.JaxRuntimeError:
        raise
    except RuntimeError as error:
        raise WorkerError(
            f"process {os.getpid()} could not join as worker {rank} at {address}: {error}"
        ) from error
    with threads.computing():
        return jax.process_index()


def part() -> None:
    """Leaves the group, when all others do: a process in a group can't end alone without a complaint."""
    if jax.distributed.is_initialized():
        jax.distributed.shutdown()


def work(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Calls a function that all workers call, and tells the others when it is over.

    The first interrupt stops all workers at their next exchange, a second one this worker at once.
    """
    group = processes.group("work")
    group.enter()

    def stop(*_: Any) -> None:
        if group.interrupted:
            raise KeyboardInterrupt
        group.interrupted = True

    before = signal.signal(signal.SIGINT, stop)
    try:
        result = function(*args, **kwargs)
        group.leave()
    except BaseException:
        with suppress(WorkerError):
            group.leave(failed=True)
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    return result
