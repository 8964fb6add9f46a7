"""The naive engine: every operation runs where it is pushed, one at a time."""

from __future__ import annotations

import threading
from collections import deque

from workbench.runtime.dependency.executor import Executor, here, run
from workbench.runtime.dependency.operation import Operation, Wait


class Naive(Executor):
    """Runs operations in program order on the thread that pushes them.

    What an operation pushes runs after it, as it would on the threaded engine where they share a variable.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ready: deque[Operation] = deque()
        self._turn = threading.Lock()  # held by the thread that runs operations

    def schedule(self, operation: Operation) -> None:
        self._ready.append(operation)

    def push(self, operation: Operation) -> None:
        super().push(operation)
        self._drain()

    def until(self, wait: Wait) -> None:
        self._drain()
        wait.gate.acquire()

    def _drain(self) -> None:
        if here.operation is not None:  # the loop that runs it goes on with what it pushed
            return
        with self._turn:
            while self._ready:
                operation = self._ready.popleft()
                try:
                    with operation.device:
                        run(operation)
                finally:  # an interrupt ends the operation, not the engine
                    with self.lock:
                        self.finish(operation)
