"""How long a program takes: the median of some runs, after one that is not counted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax

from workbench.runtime.device import Context
from workbench.types import Quantity


def seconds(call: Callable[[], Any], repeats: int, device: Context) -> Quantity:
    """Seconds of a call until its result is there: measured, with the fastest and the slowest run as its spread."""
    jax.block_until_ready(call())
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(call())
        taken.append(time.perf_counter() - start)
    how = (
        f"wall time, median of {repeats} runs after a first one, on {device}, {device.jax_device.device_kind}"
    )
    return Quantity(statistics.median(taken), "s", "measured", how, "time", (min(taken), max(taken)))
