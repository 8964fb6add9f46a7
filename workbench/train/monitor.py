"""`Monitor`: statistics of what a network computes, every few batches.

It watches executors: during `forward` each node's outputs, and with `monitor_all` what the nodes read.  When the
batch is done it adds the arguments and auxiliary states.  A forward that is watched keeps every value, so such a
batch is slow and large; `interval` says how rarely that is worth it.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from typing import Any

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.symbolic.executor import Executor

__all__ = ["Monitor"]

Row = tuple[int, str, str]


def _root_mean_square(array: NDArray) -> NDArray:
    return nd.norm(array) / math.sqrt(max(array.size, 1))


class Monitor:
    """Collects a statistic of arrays whose names match a pattern.

    Args:
        interval: batches from one that is watched to the next.
        stat_func: array → array or list of arrays; the root mean square where not given.
        pattern: a regular expression that names must match from their start.
        sort: sort by name instead of by order of computation.
        monitor_all: show what nodes read, too.

    Raises:
        ArgumentError: `interval` is not positive, or the pattern is no regular expression.
    """

    @checked
    def __init__(
        self,
        interval: Positive,
        stat_func: Callable[[NDArray], Any] | None = None,
        pattern: str = ".*",
        sort: bool = False,
        monitor_all: bool = False,
    ) -> None:
        try:
            self.re_prog = re.compile(pattern)
        except re.error as error:
            raise ArgumentError(f"Monitor(pattern={pattern!r}) is no regular expression: {error}") from error
        self.interval = interval
        self.stat_func = stat_func or _root_mean_square
        self.sort = sort
        self.monitor_all = monitor_all
        self.activated = False
        self.step = 0
        self.queue: list[tuple[int, str, Any]] = []
        self.exes: list[Executor] = []

    def install(self, exe: Executor) -> None:
        """Watches an executor; several may be watched.  Between the batches to watch it runs as fast as ever."""
        self.exes.append(exe)
        if self.activated:
            exe.set_monitor_callback(self._note, self.monitor_all)

    def tic(self) -> None:
        """Before a batch: starts collecting, if it is this one's turn."""
        if self.step % self.interval == 0:
            self.queue = []
            self._watch(True)
        self.step += 1

    def toc(self) -> list[Row]:
        """After a batch: (batch number, name, statistic as text) of what was collected; empty between turns."""
        if not self.activated:
            return []
        self._watch(False)
        for exe in self.exes:
            for name, array in {**exe.arg_dict, **exe.aux_dict}.items():
                self._add(name, array)
        rows = sorted(self.queue, key=lambda row: row[1]) if self.sort else self.queue
        self.queue = []
        return [(step, name, _text(statistic)) for step, name, statistic in rows]

    def toc_print(self) -> None:
        """`toc`, logged one line each."""
        for step, name, statistic in self.toc():
            logging.info("Batch: %7d %-30s %s", step, name, statistic)

    def _watch(self, on: bool) -> None:
        self.activated = on
        for exe in self.exes:
            exe.set_monitor_callback(self._note if on else None, self.monitor_all)

    def _note(self, name: str, array: NDArray) -> None:
        if self.activated:
            self._add(name, array)

    def _add(self, name: str, array: NDArray) -> None:
        if self.re_prog.match(name):
            self.queue.append((self.step, name, self.stat_func(array)))


def _text(statistic: Any) -> str:
    """Values with a tab after each, as MXNet prints them.

    Raises:
        ArgumentError: `stat_func` gave something else than arrays.
    """
    arrays = statistic if isinstance(statistic, (list, tuple)) else [statistic]
    for each in arrays:
        if not isinstance(each, NDArray):
            raise ArgumentError(
                f"Monitor: stat_func must give an NDArray or a list of them, got {type(each).__name__}"
            )
    return "".join(f"{a.asscalar() if a.shape == (1,) else a.asnumpy()}\t" for a in arrays)


def __dir__() -> list[str]:
    return __all__
