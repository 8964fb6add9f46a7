"""The process that `scaling.measure` starts: it has as many CPU devices as are asked for, and prints lines of JSON.

The system counts a CPU's devices once, before the first is used, so they need a process of their own.  All counts take
turns in it, with what the prediction is made of in between, so that a busy machine disturbs all of them alike.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from workbench.errors import WorkbenchError
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.module.watched_step import watched_step
from workbench.runtime.device import cpu
from workbench.scaling.timed_step import WARM, given, step, timed, trained

LARGE = 2**20  # numbers of the array whose copies give the bandwidth
COPIES = 16


def main() -> None:
    """Reads the task from the standard input and answers on the standard output, a line for each part done."""
    task = json.load(sys.stdin)
    counts, rounds = task["counts"], task["rounds"]
    modules = {count: trained(task, count) for count in counts}
    whole, done = len(counts) * (rounds + 1), 0

    def tell(**answer: Any) -> None:
        print(json.dumps(answer), flush=True)

    for module, batch in modules.values():
        for _ in range(WARM):
            step(module, batch)
        done += 1
        tell(part=done / whole)
    times: dict[int, list[float]] = {count: [] for count in counts}
    processor: dict[int, list[float]] = {count: [] for count in counts}
    cores: dict[int, list[float]] = {count: [] for count in counts}
    found: dict[str, list[float]] = {"latency": [], "bandwidth": []}
    for _ in range(rounds):
        for count, (module, batch) in modules.items():
            wall, used = timed(lambda module=module, batch=batch: step(module, batch))  # type: ignore[misc]
            times[count].append(wall)
            processor[count].append(used)
            cores[count].append(given(count * min(processor[1])))
            for name, value in zip(("latency", "bandwidth"), _link(), strict=True):
                found[name].append(value)
            done += 1
            tell(part=done / whole)
    for count in counts:
        spans = [watched_step(*modules[count]) for _ in range(WARM)][-1] if count > 1 else []
        tell(count=count, times=times[count], processor=processor[count], cores=cores[count], spans=spans)
    tell(**found)


def _link() -> tuple[float, float]:
    """Latency, in s, and bandwidth, in B/s, of sending an array from one device to another, in processor time."""
    small = _sent(nd.ones((1,), cpu(0)), nd.ones((1,), cpu(1)))
    large = _sent(nd.ones((LARGE,), cpu(0)), nd.ones((LARGE,), cpu(1)))
    return small, 4 * LARGE / max(large - small, 1e-9)


def _sent(here: NDArray, there: NDArray) -> float:
    """Processor time, in s, of a message: added up on the first device, and the sum copied to the second, is two."""

    def work() -> None:
        for _ in range(COPIES):
            total = nd.add(here, there.as_in_context(here.context))
            total.copyto(there)
            there.wait_to_read()

    work()
    return timed(work)[1] / COPIES / 2


if __name__ == "__main__":
    try:
        main()
    except WorkbenchError as failure:
        sys.exit(f"{type(failure).__name__}: {failure}")
