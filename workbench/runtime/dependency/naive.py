"""The naive engine: every operation runs where it is pushed, one at a time."""

from __future__ import annotations

import threading
from collections import deque

from workbench.runtime.dependency.executor import Executor
from workbench.runtime.dependency.operation import Operation, Wait
from workbench.runtime.dependency.running import run
from workbench.runtime.own_state import AsNewThread


class Naive(Executor):
    """Runs operations in program order on the thread that pushes them.

    What an operation pushes runs after it, as it would on the threaded engine where they share a variable.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ready: deque[Operation] = deque()
        self._turn = threading.RLock()  # held by the thread that runs operations
        self._draining = False

    def schedule(self, operation: Operation) -> None:
        self._ready.append(operation)

    def go(self) -> None:
        self._drain()

    def until(self, wait: Wait) -> None:
        self._drain()
        wait.gate.acquire()

    def _drain(self) -> None:
        with self._turn:
            if self._draining:  # the loop that runs the operation which pushed goes on with what it pushed
                return
            self._draining = True
            try:
                while self._ready:
                    self._run(self._ready.popleft())
            finally:
                self._draining = False

    def _run(self, operation: Operation) -> None:
        try:
            with AsNewThread(), operation.device:
                run(operation)
        finally:  # an interrupt ends the operation, not the engine
            with self.lock:
                self.change(operation)
