"""What to do after a batch or an epoch: report speed and metrics, save, show progress (``mx.callback``).

A batch callback is called with a `BatchEndParam`; an epoch callback with the epoch, the symbol, and
the parameters and auxiliary states by name.  Lines are MXNet's, and go to the root logger as there: by
``logging.info`` a notebook that only sets its level sees them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from workbench.arguments import Positive, checked
from workbench.train.checkpoint import save_checkpoint

__all__ = [
    "BatchEndParam",
    "LogValidationMetricsCallback",
    "ProgressBar",
    "Speedometer",
    "do_checkpoint",
    "log_train_metric",
    "module_checkpoint",
]


class BatchEndParam(NamedTuple):
    """Where training stands after a batch."""

    epoch: int
    nbatch: int
    eval_metric: Any
    locals: Mapping[str, Any] | None


@checked
def do_checkpoint(prefix: str, period: Positive = 1) -> Callable[..., None]:
    """An epoch callback that saves network and parameters every `period` epochs.

    Args:
        prefix: what the files' names begin with.
        period: epochs from one to the next.
    """

    def save(iter_no: int, sym: Any, arg: Mapping[str, Any], aux: Mapping[str, Any]) -> None:
        if (iter_no + 1) % period == 0:
            save_checkpoint(prefix, iter_no + 1, sym, arg, aux)

    return save


@checked
def module_checkpoint(
    mod: Any, prefix: str, period: Positive = 1, save_optimizer_states: bool = False
) -> Callable[..., None]:
    """An epoch callback that has the module save itself every `period` epochs.

    Args:
        mod: the module.
        prefix: what the files' names begin with.
        period: epochs from one to the next.
        save_optimizer_states: whether the optimizer's are written too.
    """

    def save(iter_no: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:
        if (iter_no + 1) % period == 0:
            mod.save_checkpoint(prefix, iter_no + 1, save_optimizer_states)

    return save


@checked
def log_train_metric(period: Positive, auto_reset: bool = False) -> Callable[[BatchEndParam], None]:
    """A batch callback that logs the training metric every `period` batches.

    Args:
        period: batches from one line to the next.
        auto_reset: begin the metric anew after each line.
    """

    def log(param: BatchEndParam) -> None:
        if param.nbatch % period or param.eval_metric is None:
            return
        for name, value in param.eval_metric.get_name_value():
            logging.info("Iter[%d] Batch[%d] Train-%s=%f", param.epoch, param.nbatch, name, value)
        if auto_reset:
            param.eval_metric.reset_local()

    return log


class Speedometer:
    """A batch callback that logs examples per second, measured, and the metric every `frequent` batches.

    Args:
        batch_size: examples a batch.
        frequent: batches between two lines.
        auto_reset: begin the metric anew after each line.
    """

    @checked
    def __init__(self, batch_size: Positive, frequent: Positive = 50, auto_reset: bool = True) -> None:
        self.batch_size = batch_size
        self.frequent = frequent
        self.auto_reset = auto_reset
        self._since: float | None = None
        self._last_count = 0

    def __call__(self, param: BatchEndParam) -> None:
        """Logs, if it is time to."""
        count = param.nbatch
        if count < self._last_count:  # a new epoch: what lies between was no training
            self._since = None
        self._last_count = count
        if self._since is None:
            self._since = time.perf_counter()
        elif count % self.frequent == 0:
            elapsed = time.perf_counter() - self._since
            self._log(param, self.frequent * self.batch_size / elapsed if elapsed else float("inf"))
            self._since = time.perf_counter()

    def _log(self, param: BatchEndParam, speed: float) -> None:
        metric, count = param.eval_metric, param.nbatch
        if metric is None:
            logging.info("Iter[%d] Batch [%d]\tSpeed: %.2f samples/sec", param.epoch, count, speed)
            return
        first = count - self.frequent if self.auto_reset else 0
        values = "".join(f"\t{name}={value:f}" for name, value in metric.get_name_value())
        logging.info(
            "Epoch[%d] Batch [%d-%d]\tSpeed: %.2f samples/sec%s", param.epoch, first, count, speed, values
        )
        if self.auto_reset:
            metric.reset_local()


class ProgressBar:
    """A batch callback that shows each epoch as a progress bar.

    Args:
        total: batches an epoch.
        length: characters a line.
    """

    @checked
    def __init__(self, total: Positive, length: Positive = 80) -> None:
        self.total = total
        self.length = length
        self._bar: Any = None
        self._epoch: int | None = None

    def __call__(self, param: BatchEndParam) -> None:
        """Moves the bar to the batch just done."""
        if self._bar is None or param.epoch != self._epoch:
            self._begin(param.epoch)
        done = min(param.nbatch + 1, self.total)
        self._bar.update(done - self._bar.n)
        if done == self.total:
            self.close()

    def _begin(self, epoch: int) -> None:
        from tqdm import tqdm  # here, so that importing the workbench need not pay for it

        self.close()
        self._epoch = epoch
        self._bar = tqdm(total=self.total, ncols=self.length, desc=f"Epoch {epoch}", unit="batch")

    def close(self) -> None:
        """Ends the bar where it stands."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class LogValidationMetricsCallback:
    """An evaluation callback that logs the metric of each epoch."""

    def __call__(self, param: BatchEndParam) -> None:
        """Logs."""
        if param.eval_metric is not None:
            for name, value in param.eval_metric.get_name_value():
                logging.info("Epoch[%d] Validation-%s=%f", param.epoch, name, value)


def __dir__() -> list[str]:
    return __all__
