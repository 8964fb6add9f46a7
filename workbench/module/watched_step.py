"""One training step on several devices, timed where the devices meet.

A trace that waits for every segment would let devices run one after another.  Here each device is handed its whole
pass, a thread waits for each, and only then are gradients sent: so devices compute side by side as in any other step,
and what is sent, which would otherwise begin as soon as it can, has a beginning and an end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from workbench.errors import ArgumentError
from workbench.imperative.nd import NDArray
from workbench.module.module import Module
from workbench.module.split import SplitExecutor, part_of
from workbench.module.split_binding import SplitBinding
from workbench.runtime import engine


class Watched(NamedTuple):
    """What was done from when to when.

    Attributes:
        device: its number among the module's; None for what several take part in.
        name: ``"pull"``, ``"compute"``, ``"push"`` or ``"update"``.
        start_s, end_s: seconds since the step began.
    """

    device: int | None
    name: str
    start_s: float
    end_s: float


def watched_step(module: Module, batch: Any) -> list[Watched]:
    """Trains on a batch, and tells when what was done.

    Raises:
        ArgumentError: the module is not on several devices.
    """
    executor, binding = module._executor, module._binding
    if not isinstance(executor, SplitExecutor) or not isinstance(binding, SplitBinding):
        raise ArgumentError("watched_step() is for a module on several devices")
    clock = _Clock()
    with clock.span("pull"):
        binding.spread()
        _wait(array for replica in binding.replicas for array in replica.args.values())
    names = [each.name for each in (*module.data_shapes, *module.label_shapes)]
    whole = dict(zip(names, (*batch.data, *batch.label), strict=True))
    start, waiting = clock.now(), []
    for number, (each, part) in enumerate(zip(executor.executors, executor._split.parts, strict=True)):
        each.forward(True, **{n: part_of(a, executor._split.axes[n], part) for n, a in whole.items()})
        each.backward()
        engine.flush()
        grads = [grad.jax for grad in binding.replicas[number].grads.values()]
        waiting.append(threading.Thread(target=clock.computed, args=(number, start, grads)))
        waiting[-1].start()
    for thread in waiting:
        thread.join()
    executor._outputs, module._ran, module._differentiated = None, executor, executor
    with clock.span("push"):
        binding.gather_states()
        binding.gather_gradients()
        _wait([*binding.grads.values(), *binding.aux.values()])
    with clock.span("update"):
        module.update()
        _wait(binding.args.values())
    return sorted(clock.spans, key=lambda span: (span.start_s, span.device or 0))


class _Clock:
    """Spans by the time since it was made."""

    def __init__(self) -> None:
        self.spans: list[Watched] = []
        self._begin = time.perf_counter()

    def now(self) -> float:
        return time.perf_counter() - self._begin

    def span(self, name: str) -> _Span:
        return _Span(self, name)

    def computed(self, device: int, start: float, arrays: list[Any]) -> None:
        """Waits for what a device computes."""
        for array in arrays:
            array.block_until_ready()
        self.spans.append(Watched(device, "compute", start, self.now()))


class _Span:
    """A span that lasts as long as a ``with``."""

    def __init__(self, clock: _Clock, name: str) -> None:
        self._clock, self._name = clock, name

    def __enter__(self) -> None:
        self._start = self._clock.now()

    def __exit__(self, *_: object) -> None:
        self._clock.spans.append(Watched(None, self._name, self._start, self._clock.now()))


def _wait(arrays: Iterable[NDArray]) -> None:
    for array in list(arrays):
        array.wait_to_read()
