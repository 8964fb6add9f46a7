"""A process that says line by line what it has done, and is stopped when nobody cares any more."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TextIO

from workbench.errors import WorkbenchError
from workbench.runtime.progress import Asked

PAUSE = 0.2  # seconds between two questions whether to stop
DEVICES = "--xla_force_host_platform_device_count"


def answers(
    module: str, task: dict[str, Any], devices: int, cancelled: Asked
) -> Iterator[dict[str, Any] | None]:
    """What a Python module says to a task, line by line, with so many CPU devices; None last if it was stopped.

    Raises:
        WorkbenchError: the process failed; with the end of what it said.
    """
    flags = " ".join(each for each in os.environ.get("XLA_FLAGS", "").split() if not each.startswith(DEVICES))
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": f"{flags} {DEVICES}={devices}",
    }
    with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile("w+") as complaints:
        json.dump(task, given)
        given.seek(0)
        with subprocess.Popen(
            [sys.executable, "-m", module], stdin=given, stdout=subprocess.PIPE, stderr=complaints, text=True,
            env=environment,
        ) as child:  # fmt: skip
            try:
                for line in _lines(child, cancelled):
                    if line is None:
                        yield None
                        return
                    yield json.loads(line)
            finally:
                child.kill()  # where it has not ended, nobody waits for it any more
        if child.returncode != 0:
            complaints.seek(0)
            raise WorkbenchError(f"{module} ended with status {child.returncode}: {_end(complaints)}")


def _lines(child: subprocess.Popen[str], cancelled: Asked) -> Iterator[str | None]:
    """The lines that a process prints, until it ends; None last if that was not waited for."""
    said: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        assert child.stdout is not None
        with suppress(ValueError):  # closed, for nobody listens any more
            for line in child.stdout:
                said.put(line)
        said.put(None)

    threading.Thread(target=read, daemon=True).start()
    while not cancelled():
        try:
            line = said.get(timeout=PAUSE)
        except queue.Empty:
            continue
        if line is None:
            child.wait()
            return
        yield line
    yield None


def _end(complaints: TextIO) -> str:
    return complaints.read().strip()[-500:]
