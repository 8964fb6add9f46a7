"""How far each worker is: told by the workers, shown by whoever waits for them, a bar each."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

EVERY = 0.1  # seconds between two messages of a worker

_last = [0.0]


def report(done: int, total: int | None = None, text: str = "") -> None:
    """Called by a worker's function: tells that `done` of `total` pieces of work are done.

    At most one message travels in 0.1 s, besides the last; outside a worker nothing happens.
    """
    now = time.monotonic()
    if now - _last[0] < EVERY and done != total:
        return
    _last[0] = now
    shell = _shell_of_worker()
    if shell is not None:
        shell.data_pub.publish_data({"done": done, "total": total, "text": text})


def _shell_of_worker() -> Any:
    """The shell of an ipyparallel engine, which a worker is; None elsewhere, in a notebook too."""
    engines = sys.modules.get("ipyparallel.engine.kernel")  # an engine has loaded it
    if engines is None:
        return None
    shell = sys.modules["IPython"].get_ipython()
    return shell if isinstance(getattr(shell, "kernel", None), engines.IPythonParallelKernel) else None


@runtime_checkable
class Shown(Protocol):
    """What is shown of a cluster's work."""

    def show(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Takes the last message of each worker, empty where there was none; called until all are done."""

    def close(self) -> None:
        """The work is over."""


class Silent:
    """Shows nothing."""

    def show(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Shows nothing."""

    def close(self) -> None:
        """Nothing is to be done."""


class Bars:
    """A tqdm bar for each worker, from its first message on."""

    def __init__(self) -> None:
        self._bars: dict[int, Any] = {}

    def show(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Moves each worker's bar to what it told last."""
        for rank, message in enumerate(told):
            if message:
                bar = self._bars.get(rank) or self._begun(rank, message["total"])
                bar.set_postfix_str(message["text"], refresh=False)
                bar.update(message["done"] - bar.n)

    def _begun(self, rank: int, total: int | None) -> Any:
        from tqdm.auto import tqdm  # here, so that importing the workbench need not pay for it

        self._bars[rank] = tqdm(total=total, desc=f"worker {rank}", position=rank, unit="batch")
        return self._bars[rank]

    def close(self) -> None:
        """Leaves the bars where they stand."""
        for bar in self._bars.values():
            bar.close()
