"""Two layers on two devices: the threaded engine's makespan over the naive one's, as recorded.

The process is held to two cores where the system can do that, and NumPy's products to the thread that calls them: one
core a device. Beside it the same ratio for two bare threads that multiply matrices: where that is not 0.5, the machine
has not two cores to give.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported

import statistics
import threading
import time

import numpy as np

from workbench import engine
from workbench.parallel.two_layers import two_layers

ROUNDS = 9


def makespan(kind: str) -> float:
    """Seconds from the first operation's start to the last one's end."""
    with engine.engine_type(kind), engine.record() as events:
        two_layers(batch=1024, width=512, steps=4)
        engine.wait_for_all()
    return max(event.end_s for event in events) - min(event.start_s for event in events)


def bare(threads: int) -> float:
    """Seconds for two equal pieces of work on this many threads."""
    matrix = np.ones((512, 512))

    def work(times: int) -> None:
        for _ in range(times):
            np.matmul(matrix, matrix)

    started = [threading.Thread(target=work, args=(32 // threads,)) for _ in range(threads)]
    start = time.perf_counter()
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return time.perf_counter() - start


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:2]))
    makespan("naive")
    engines = [makespan("threaded") / makespan("naive") for _ in range(ROUNDS)]
    control = [bare(2) / bare(1) for _ in range(ROUNDS)]
    print(statistics.median(engines), statistics.median(control))
