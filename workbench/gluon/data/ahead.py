"""Batches made by threads while others are used, handed out in their order.

Threads, not MXNet's processes: examples reach the loop without being copied, and what takes long in making one
(reading a file, decoding it, NumPy on large arrays) lets other threads run meanwhile.  Python code itself does not.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

from workbench.errors import ExecutionError
from workbench.runtime import engine
from workbench.runtime.device import Context, current_context


def made_ahead(
    make: Callable[..., Any], orders: Iterable[tuple[Any, ...]], workers: int, ahead: int, timeout: float
) -> Iterator[Any]:
    """``make(*order)`` for each order, `ahead` of which are being made or lie ready while one is used.

    An error in a thread is raised where its batch would have come.  Leaving the loop cancels what was not begun.

    Raises:
        ExecutionError: a batch was not there after `timeout` seconds of waiting for it.
    """
    pool = ThreadPoolExecutor(workers, "DataLoader")
    context, waiting = current_context(), iter(orders)
    coming: deque[Future[Any]] = deque()

    def order(count: int) -> None:
        coming.extend([pool.submit(_make, make, context, each) for each in islice(waiting, count)])

    try:
        order(ahead)
        while coming:
            batch = _wait(coming.popleft(), timeout)
            order(1)
            yield batch
    finally:
        # Not waited for: a loop that is forgotten ends wherever Python happens to collect it, and the thread may
        # need a lock that is held there.
        pool.shutdown(wait=False, cancel_futures=True)


def _make(make: Callable[..., Any], context: Context, order: tuple[Any, ...]) -> Any:
    with engine.apart(), context:
        return make(*order)


def _wait(future: Future[Any], timeout: float) -> Any:
    try:
        return future.result(min(timeout, threading.TIMEOUT_MAX))
    except TimeoutError as error:
        if future.done():  # making it raised this
            raise
        raise ExecutionError(
            f"DataLoader: no batch within {timeout} s; give a longer timeout, or num_workers=0 to see where it hangs"
        ) from error
