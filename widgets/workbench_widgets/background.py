"""One job at a time beside the kernel's own thread.

A measurement may take seconds, most of them compiling.  Run inside the message that asked for it, it
would block the kernel: neither *Cancel* nor the slider would be heard until it was over.  So it runs in a
thread of its own, and a lock keeps two runs from disturbing each other's times.

An interpreter that ends stops such a thread wherever it is, and inside XLA's C++ that aborts the process.  So at
the end all jobs are cancelled, and given some seconds to come to their next opportunity to stop.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections.abc import Callable
from functools import cache
from typing import TypeVar

T = TypeVar("T")
Cancelled = Callable[[], bool]

PATIENCE = 20.0  # seconds that the end of the interpreter waits for all jobs together

_jobs: weakref.WeakKeyDictionary[threading.Thread, threading.Event] = weakref.WeakKeyDictionary()


class Background:
    """Runs jobs one after another; asking for the next cancels the one before."""

    def __init__(self) -> None:
        self._running = threading.Lock()
        self._cancel = threading.Event()

    def start(self, job: Callable[[Cancelled], object]) -> threading.Thread:
        """Runs `job(cancelled)` in a thread and returns at once."""
        _await_at_exit()
        cancel = self._replace()
        thread = threading.Thread(target=self._run, args=(job, cancel), name="measurement", daemon=True)
        thread.start()
        _jobs[thread] = cancel
        return thread

    def wait(self, job: Callable[[Cancelled], T]) -> T:
        """Runs `job(cancelled)` in this thread, once the one before has stopped, and returns its result."""
        cancel = self._replace()
        with self._running:
            return job(cancel.is_set)

    def cancel(self) -> None:
        """Asks the running job to stop at its next opportunity."""
        self._cancel.set()

    def _replace(self) -> threading.Event:
        self._cancel.set()
        self._cancel = threading.Event()
        return self._cancel

    def _run(self, job: Callable[[Cancelled], object], cancel: threading.Event) -> None:
        with self._running:
            if not cancel.is_set():
                job(cancel.is_set)


@cache
def _await_at_exit() -> None:
    # Handlers run the last first: by the first job JAX is imported, so what it clears at exit it clears after the jobs.
    atexit.register(_end_jobs)


def _end_jobs() -> None:
    left = dict(_jobs)
    for cancel in left.values():
        cancel.set()
    deadline = time.monotonic() + PATIENCE
    for thread in left:
        thread.join(max(0.0, deadline - time.monotonic()))
