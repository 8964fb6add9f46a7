"""The threaded engine: each device has threads of its own, which run whatever can start."""

from __future__ import annotations

import atexit
import heapq
import sys
import threading

from workbench.runtime.dependency.executor import Executor, run
from workbench.runtime.dependency.operation import Operation, Wait
from workbench.runtime.device import Context

WORKERS = 2  # threads a device: one computes while another copies


class Threaded(Executor):
    """Runs operations on `WORKERS` threads a device, begun when first needed; of those that can start, the one with
    the highest priority first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pools: dict[Context, Pool] = {}
        atexit.register(self._end)

    def schedule(self, operation: Operation) -> None:
        pool = self.pools.get(operation.device)
        if pool is None:
            pool = self.pools[operation.device] = Pool(self, operation.device)
        heapq.heappush(pool.ready, operation)

    def start(self, by: Worker | None = None) -> None:
        if by is not None:  # before others are woken for what this thread can do itself
            by.operation = by.pool.next(by)
        for pool in self.pools.values():
            if pool.ready:
                pool.start()

    def until(self, wait: Wait) -> None:
        wait.gate.acquire()  # an interrupt ends the waiting; the operations go on

    def close(self) -> None:
        atexit.unregister(self._end)
        with self.lock:
            workers = [worker for pool in self.pools.values() for worker in pool.workers]
            for worker in workers:
                worker.gate.release()
            self.pools.clear()
        for worker in workers:
            worker.thread.join()

    def _end(self) -> None:
        """Before Python ends, what was pushed is finished, and what went wrong unnoticed is told."""
        for failure in self.settle():
            print(f"{type(failure.error).__name__}: {failure.error}", file=sys.stderr)
        self.close()


class Pool:
    """The threads of one device, and what can start there."""

    def __init__(self, engine: Threaded, device: Context) -> None:
        self.engine = engine
        self.device = device
        self.ready: list[Operation] = []  # a heap
        self.idle: list[Worker] = []
        self.workers: list[Worker] = []

    def next(self, worker: Worker) -> Operation | None:
        """What a worker that has finished is to do; it is idle where there is nothing."""
        if self.ready:
            return heapq.heappop(self.ready)
        self.idle.append(worker)
        return None

    def start(self) -> None:
        """Gives what can start to those who have nothing to do."""
        while self.ready and (self.idle or len(self.workers) < WORKERS):
            worker = self.idle.pop() if self.idle else self._hire()
            worker.operation = heapq.heappop(self.ready)
            worker.gate.release()

    def _hire(self) -> Worker:
        worker = Worker(self, len(self.workers) + 1)
        worker.thread.start()
        self.workers.append(worker)
        return worker


class Worker:
    """A thread of one device.

    Attributes:
        gate: a lock that opens when there is something to do.
        operation: what that is; None is the end.
    """

    def __init__(self, pool: Pool, number: int) -> None:
        self.pool = pool
        self.gate = threading.Lock()
        self.gate.acquire()
        self.operation: Operation | None = None
        self.thread = threading.Thread(target=self._work, name=f"{pool.device} worker {number}", daemon=True)

    def _work(self) -> None:
        with self.pool.device:
            while True:
                self.gate.acquire()
                operation, self.operation = self.operation, None
                if operation is None:
                    return
                while operation is not None:
                    operation = self._run(operation)

    def _run(self, operation: Operation) -> Operation | None:
        """Runs an operation; the next one."""
        engine = self.pool.engine
        run(operation, caught=BaseException)  # the thread serves others too: even an exit is only a failure
        with engine.lock:
            engine.change(operation, by=self)
            following, self.operation = self.operation, None
        return following
