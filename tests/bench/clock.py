"""How a step is timed, in every process alike."""

import time
from collections.abc import Callable
from typing import NamedTuple


class Took(NamedTuple):
    """Seconds of one step: by the clock, and those in which the thread that calls it was at work itself."""

    step: float
    host: float


def timed(step: Callable[[], object], wait: Callable[[], object], turns: int) -> Took:
    """What one step took, over some that are waited for together."""
    start, worked = time.perf_counter(), time.thread_time()
    for _ in range(turns):
        step()
    wait()
    return Took((time.perf_counter() - start) / turns, (time.thread_time() - worked) / turns)


def seconds(step: Callable[[], object], wait: Callable[[], object], turns: int) -> float:
    """Time of one step by the clock."""
    return timed(step, wait, turns).step


def fixed_loop() -> float:
    """Seconds that Python takes for what is always the same: whether the machine keeps its pace."""
    start = time.perf_counter()
    total = 0
    for number in range(20_000):
        total += number * number
    return time.perf_counter() - start
