"""What is timed, wherever it runs: a step of a module, and how many cores there are to be had."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.imperative import nd
from workbench.module.module import Module
from workbench.runtime.device import cpu
from workbench.symbolic.symbol import load_json
from workbench.train.io import DataBatch

WARM = 3  # steps before any is timed: the first ones compile


def trained(task: dict[str, Any], count: int, store: str = "device") -> tuple[Module, DataBatch]:
    """A module on the first so many devices, with a batch for each."""
    source = np.random.default_rng(0)
    shapes = {name: (count * shape[0], *shape[1:]) for name, shape in task["shapes"].items()}
    labels = [name for name in shapes if name in task["labels"]]
    data = [name for name in shapes if name not in labels]
    module = Module(load_json(task["symbol"]), data, labels, context=[cpu(i) for i in range(count)])
    module.bind([(name, shapes[name]) for name in data], [(name, shapes[name]) for name in labels] or None)
    module.init_params()
    module.init_optimizer(store, "sgd", {"learning_rate": 1e-4})
    drawn = {name: nd.array(source.uniform(size=shapes[name])) for name in data}
    return module, DataBatch([drawn[name] for name in data], [nd.zeros(shapes[name]) for name in labels])


def step(module: Module, batch: DataBatch, apart: bool = False) -> None:
    """Trains on a batch, and waits for it; also for the gradients, where the update is to be a program of its own."""
    module.forward_backward(batch)
    if apart:
        nd.waitall()
    module.update()
    nd.waitall()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time of all threads."""
    used, start = time.process_time(), time.perf_counter()
    work()
    return time.perf_counter() - start, time.process_time() - used


def given(seconds: float) -> float:
    """Cores that this process is given while threads, one a core, use so much processor time between them."""
    until = time.process_time() + seconds

    def spin() -> None:
        numbers = np.ones(2**16, np.float32)
        while time.process_time() < until:
            np.exp(numbers)  # no product: the threads of those spin on after it, and slow what is timed next

    threads = [threading.Thread(target=spin) for _ in range(os.cpu_count() or 1)]

    def work() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    wall, used = timed(work)
    return used / wall
