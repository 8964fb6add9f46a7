"""The threaded engine: each device has threads of its own, which run whatever can start; and who waits lends a hand.

To wake a thread takes several times as long as to push an operation and run it.  So a thread that is woken is given
nothing: it takes what it finds when it comes, and while it is on its way nobody wakes it again.  A thread that waits
would have to be woken too; it runs operations itself instead, as a thread of their device would.  But only those that
its wait depends on: so it is never busy with something else when what it waits for is there.
"""

from __future__ import annotations

import atexit
import heapq
import sys
import threading
from itertools import islice

from workbench.runtime.dependency.executor import Executor
from workbench.runtime.dependency.operation import Operation, Wait
from workbench.runtime.dependency.running import run
from workbench.runtime.device import Context
from workbench.runtime.own_state import AsNewThread

WORKERS = 2  # operations a device at a time: one computes while another copies
LOOK = 32  # operations among which somebody who waits looks for one to run


class Threaded(Executor):
    """Runs at most `WORKERS` operations a device at a time, on threads begun when first needed or on that of who waits;
    of those that can start, the one with the highest priority first.
    """

    bulks = True

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
            by.operation = by.pool.take()
        for pool in self.pools.values():
            if pool.ready:
                pool.start()

    def until(self, wait: Wait) -> None:
        while not wait.gate.acquire(blocking=False):
            with self.lock:
                operation = self._take_for(wait)
            if operation is None:
                wait.gate.acquire()  # an interrupt ends the waiting; the operations go on
                return
            self._help(operation)

    def _take_for(self, wait: Wait) -> Operation | None:
        """An operation that a wait depends on and that is next on its device, if that has one to give."""
        first = [pool.ready[0] for pool in self.pools.values() if pool.ready and pool.running < WORKERS]
        behind: list[Operation] = [wait]  # who waits for those that hold what it needs, and so on
        for operation in behind if first else ():
            for variable in (*operation.shared, *operation.exclusive):
                held = variable.held
                if operation not in held:
                    for found in first:
                        if found in held:
                            return self.pools[found.device].take()
                    behind += [other for other in islice(held, LOOK) if other not in behind]
            if len(behind) > LOOK:
                return None
        return None

    def _help(self, operation: Operation) -> None:
        """Runs an operation on the thread that waits.

        An interrupt is the operation's failure, so that nothing is taken for written that is not, and ends the waiting.
        """
        interrupt = None
        try:
            with AsNewThread(), operation.device:
                interrupt = run(operation, caught=BaseException)
        finally:
            with self.lock:
                self.pools[operation.device].running -= 1
                if operation.unfinished:  # a thread of the device does the rest
                    self.schedule(operation)
                    self.start()
                else:
                    self.change(operation)
        if interrupt is not None:
            raise interrupt

    def close(self) -> None:
        atexit.unregister(self._end)
        with self.lock:
            workers = [worker for pool in self.pools.values() for worker in pool.workers]
            for pool in self.pools.values():
                pool.close()
            self.pools.clear()
        for worker in workers:
            worker.thread.join()

    def _end(self) -> None:
        """Before Python ends, what was pushed is finished, and what went wrong unnoticed is told."""
        for error in self.settle():
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        self.close()


class Pool:
    """What can start on one device, and its threads; whoever uses it holds the engine's lock.

    Attributes:
        ready: what can start, a heap.
        running: how many operations run.
        workers, idle: all threads, and those that sleep.
        coming: how many were woken and have not looked yet.
        closed: whether they are to end.
    """

    def __init__(self, engine: Threaded, device: Context) -> None:
        self.engine = engine
        self.device = device
        self.ready: list[Operation] = []
        self.running = 0
        self.workers: list[Worker] = []
        self.idle: list[Worker] = []
        self.coming = 0
        self.closed = False

    def take(self) -> Operation | None:
        """The next operation, for the thread that asks to run; None where there is none, or enough run."""
        if not self.ready or self.running >= WORKERS:
            return None
        self.running += 1
        return heapq.heappop(self.ready)

    def start(self) -> None:
        """Sees to it that somebody comes for what can start."""
        while self.coming < len(self.ready) and self.coming + self.running < WORKERS:
            if not self.idle and len(self.workers) == WORKERS:
                return  # the others are about to look
            worker = self.idle.pop() if self.idle else self._hire()
            self.coming += 1
            worker.gate.release()

    def _hire(self) -> Worker:
        worker = Worker(self, len(self.workers) + 1)
        worker.thread.start()
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        """Has the threads end."""
        self.closed = True
        for worker in self.idle:
            worker.gate.release()


class Worker:
    """A thread of one device.

    Attributes:
        gate: a lock that opens when there is something to do.
        operation: what it goes on with, set by the engine when it has done one.
    """

    def __init__(self, pool: Pool, number: int) -> None:
        self.pool = pool
        self.gate = threading.Lock()
        self.gate.acquire()
        self.operation: Operation | None = None
        self.thread = threading.Thread(target=self._work, name=f"{pool.device} worker {number}", daemon=True)

    def _work(self) -> None:
        with self.pool.device:
            while self._look():
                pass

    def _look(self) -> bool:
        """Sleeps until it is woken, and runs what it finds; False at the end."""
        pool, engine = self.pool, self.pool.engine
        self.gate.acquire()
        with engine.lock:
            if pool.closed:
                return False
            pool.coming -= 1
            operation = self._next(pool.take())
        while operation is not None:
            run(
                operation, caught=BaseException
            )  # even an exit is only a failure: the thread serves others too
            while operation.unfinished:
                run(operation, caught=BaseException)
            with engine.lock:
                pool.running -= 1
                engine.change(operation, by=self)
                following, self.operation = self.operation, None
                operation = self._next(following)
        return True

    def _next(self, operation: Operation | None) -> Operation | None:
        if operation is None:
            self.pool.idle.append(self)
            if self.pool.closed:
                self.gate.release()
        return operation
