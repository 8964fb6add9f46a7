"""How a step is timed, in every process alike."""

import time
from collections.abc import Callable


def seconds(step: Callable[[], object], wait: Callable[[], object], turns: int) -> float:
    """Time of one step, over some that are waited for together."""
    start = time.perf_counter()
    for _ in range(turns):
        step()
    wait()
    return (time.perf_counter() - start) / turns
