"""The training loop, written once over a few steps that a module defines.

`fit` is an epoch loop around forward, backward and update; `score` and `predict` are forward
alone.  What a step does is the module's business, so the loops here serve every kind of module.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from workbench.arguments import known_names
from workbench.errors import ArgumentError, NotInitializedError
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.module.steps import DEFAULT_INITIALIZER, Steps
from workbench.module.update_rule import DEFAULT_ARGUMENTS
from workbench.runtime.source import called_at
from workbench.train import metric as metrics
from workbench.train.callback import BatchEndParam
from workbench.train.io import DataBatch, DataIter
from workbench.train.resuming import Checkpoint, Run, as_checkpoint

Callbacks = Callable[..., Any] | Sequence[Callable[..., Any]] | None


class BaseModule(Steps):
    """Base of the modules: what training is made of (`Steps`), and the loops around it."""

    def forward_backward(self, data_batch: Any) -> None:
        """Outputs and gradients of one batch."""
        self.forward(data_batch, is_train=True)
        self.backward()

    def score(
        self,
        eval_data: Any,
        eval_metric: Any,
        num_batch: int | None = None,
        batch_end_callback: Callbacks = None,
        score_end_callback: Callbacks = None,
        reset: bool = True,
        epoch: int = 0,
        sparse_row_id_fn: Any = None,
    ) -> list[tuple[str, float]]:
        """The metric over the data, as (name, value) pairs.

        Examples that only pad the last batch are not counted, unlike in MXNet, where they count twice.

        Args:
            num_batch: how many batches to take at most.
            reset: start the data from its beginning.
            epoch: what callbacks are told.

        Raises:
            NotInitializedError: the module is not bound or has no parameters.
        """
        self._require("score()")
        metric = metrics.create(eval_metric)
        metric.reset()
        seen = 0
        for nbatch, batch in self._batches(eval_data, num_batch, reset):
            self.prepare(batch, sparse_row_id_fn)
            self.forward(batch, is_train=False)
            self.update_metric(_Unpadded(metric, batch.pad) if batch.pad else metric, batch.label)
            _call(batch_end_callback, BatchEndParam(epoch, nbatch, metric, locals()))
            seen += 1
        _call(score_end_callback, BatchEndParam(epoch, seen, metric, locals()))
        return metric.get_global_name_value()

    def iter_predict(
        self, eval_data: Any, num_batch: int | None = None, reset: bool = True, sparse_row_id_fn: Any = None
    ) -> Iterator[tuple[list[NDArray], int, Any]]:
        """Gives (outputs, batch number, batch) batch by batch, padding cut off.

        Raises:
            NotInitializedError: the module is not bound or has no parameters.
        """
        self._require("predict()")
        for nbatch, batch in self._batches(eval_data, num_batch, reset):
            self.prepare(batch, sparse_row_id_fn)
            self.forward(batch, is_train=False)
            yield [_unpadded(output, batch.pad or 0) for output in self.get_outputs()], nbatch, batch

    def predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Any = None,
    ) -> Any:
        """The outputs for the data, padding cut off.

        Args:
            eval_data: an iterator, or one array, which is taken as one batch.
            merge_batches: join the batches; else give a list of lists, one a batch.
            always_output_list: give a list even of a single output.

        Raises:
            NotInitializedError: the module is not bound or has no parameters.
        """
        if isinstance(eval_data, (NDArray, np.ndarray)):
            eval_data, reset = [DataBatch([eval_data])], False
        batches = [outs for outs, _, _ in self.iter_predict(eval_data, num_batch, reset, sparse_row_id_fn)]
        if not merge_batches or not batches:
            return batches
        merged = [nd.concatenate(list(parts)) for parts in zip(*batches, strict=True)]
        return merged[0] if len(merged) == 1 and not always_output_list else merged

    @known_names
    def fit(
        self,
        train_data: DataIter,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Callbacks = None,
        batch_end_callback: Callbacks = None,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = DEFAULT_ARGUMENTS,
        eval_end_callback: Callbacks = None,
        eval_batch_end_callback: Callbacks = None,
        initializer: Any = DEFAULT_INITIALIZER,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_rebind: bool = False,
        force_init: bool = False,
        begin_epoch: int = 0,
        num_epoch: int | None = None,
        validation_metric: Any = None,
        monitor: Any = None,
        sparse_row_id_fn: Any = None,
        checkpoint: Checkpoint | str | Path | None = None,
        resume: bool = False,
    ) -> None:
        """Trains from `begin_epoch` up to `num_epoch`; binds and initialises what is not yet.

        Args:
            train_data: an iterator of batches, such as `io.NDArrayIter`; each epoch begins with its `reset`.
            eval_data: data the metric is taken of after each epoch.
            eval_metric: the metric of `train_data`, logged after each epoch: a name, an `EvalMetric`, a function of
                labels and predictions, or a list of them.
            kvstore, optimizer, optimizer_params: as `init_optimizer` takes them.
            initializer, arg_params, aux_params, allow_missing, force_init: as `init_params` takes them; parameters
                that have values keep them, unless others are given here or `force_init` is.
            force_rebind: bind anew, to the shapes of `train_data`, what is bound.
            begin_epoch, num_epoch: the number of the first epoch, and the one before which to stop.
            epoch_end_callback: called with the epoch, the symbol, and copies of parameters and states.
            batch_end_callback, eval_batch_end_callback, eval_end_callback: called with a `BatchEndParam`.
            validation_metric: the metric of `eval_data`; None takes `eval_metric`.
            monitor: watches inner values (`monitor.Monitor`), batch by batch.
            checkpoint: a `Checkpoint`, or the directory of one written after each epoch.
            resume: go on from the newest checkpoint, as if the training had not been interrupted; what
                `initializer`, `optimizer_params` and `begin_epoch` say is overwritten by it.

        Raises:
            ArgumentError: `num_epoch` is missing, or an epoch has no batch.
            CheckpointError: there is no checkpoint to resume from, it is damaged or of another network; or, without
                `resume`, there are some already.
            NotSupportedError: `sparse_row_id_fn` was given; or a checkpoint of data that can not say where it stands.
        """
        epochs = check_epochs(begin_epoch, num_epoch)
        checkpoint = as_checkpoint(checkpoint, resume)
        for callbacks in (epoch_end_callback, batch_end_callback, eval_end_callback, eval_batch_end_callback):
            _list(callbacks)
        self._bind_to_train(train_data, force_rebind)
        if monitor is not None:
            self.install_monitor(monitor)
        if arg_params or aux_params or force_init or not self.params_initialized:
            self.init_params(initializer, arg_params, aux_params, allow_missing, force_init)
        self.init_optimizer(kvstore, optimizer, optimizer_params)
        validation_metric = eval_metric if validation_metric is None else validation_metric
        metric = metrics.create(eval_metric)
        run = Run(self, train_data, metric, checkpoint, resume)
        for epoch in run.epochs(epochs.stop, epochs.start):
            self._train_epoch(run, train_data, metric, batch_end_callback, monitor, sparse_row_id_fn)
            for callback in _list(epoch_end_callback):
                callback(epoch, self.symbol, *(arrays.copy() for arrays in self.get_params()))
            if eval_data is not None:
                found = self.score(
                    eval_data,
                    validation_metric,
                    batch_end_callback=eval_batch_end_callback,
                    score_end_callback=eval_end_callback,
                    epoch=epoch,
                )
                self._log(epoch, "Validation", found)

    def _bind_to_train(self, train_data: DataIter, force: bool) -> None:
        if not hasattr(train_data, "provide_data"):
            raise ArgumentError(
                f"fit(): train_data must be an iterator such as io.NDArrayIter, got {type(train_data).__name__}"
            )
        if not self.binded or force:
            self.bind(train_data.provide_data, train_data.provide_label, force_rebind=force)
        elif not self.for_training:
            raise NotInitializedError(
                f"fit(): the module was bound with for_training=False; force_rebind=True binds it anew{called_at()}"
            )

    def _train_epoch(
        self,
        run: Run,
        train_data: Any,
        metric: Any,
        callback: Callbacks,
        monitor: Any,
        sparse_row_id_fn: Any,
    ) -> None:
        started, epoch = time.perf_counter(), run.epoch
        if run.batch == 0:
            metric.reset()
        for nbatch, batch in run.batches():
            self.prepare(batch, sparse_row_id_fn)
            if monitor is not None:
                monitor.tic()
            self.forward_backward(batch)
            self.update()
            if isinstance(batch, list):
                self.update_metric(metric, [part.label for part in batch], pre_sliced=True)
            else:
                self.update_metric(metric, batch.label)
            if monitor is not None:
                monitor.toc_print()
            _call(callback, BatchEndParam(epoch, nbatch, metric, locals()))
        if run.batch == 0:
            raise ArgumentError(f"fit(): train_data gave no batch in epoch {epoch}; was it reset()?")
        self._log(epoch, "Train", metric.get_global_name_value())
        self.logger.info("Epoch[%d] Time cost=%.3f", epoch, time.perf_counter() - started)

    def _log(self, epoch: int, what: str, values: Iterable[tuple[str, float]]) -> None:
        for name, value in values:
            self.logger.info("Epoch[%d] %s-%s=%f", epoch, what, name, value)

    @staticmethod
    def _batches(eval_data: Any, num_batch: int | None, reset: bool) -> Iterator[tuple[int, Any]]:
        if num_batch is not None and (not isinstance(num_batch, (int, np.integer)) or num_batch < 0):
            raise ArgumentError(f"num_batch is a number of batches, got {num_batch!r}")
        if reset:
            if not hasattr(eval_data, "reset"):
                raise ArgumentError(
                    f"the data must be an iterator such as io.NDArrayIter, got {type(eval_data).__name__};"
                    " reset=False takes any iterable of batches"
                )
            eval_data.reset()
        return enumerate(islice(eval_data, num_batch))


def check_epochs(begin_epoch: int, num_epoch: int | None) -> range:
    """The epochs to train for.

    Raises:
        ArgumentError: how many is not said, or a number is none.
    """
    if num_epoch is None:
        raise ArgumentError("fit() needs num_epoch, the number of epochs to train for")
    for name, number in (("num_epoch", num_epoch), ("begin_epoch", begin_epoch)):
        if not isinstance(number, (int, np.integer)):
            raise ArgumentError(f"fit({name}=…) is a whole number, got {number!r}")
    return range(begin_epoch, num_epoch)


def _list(callbacks: Callbacks) -> Sequence[Callable[..., Any]]:
    if callbacks is None:
        return ()
    listed = [callbacks] if callable(callbacks) else callbacks
    if not isinstance(listed, (list, tuple)) or not all(callable(each) for each in listed):
        raise ArgumentError(f"a callback is a function or a list of them, got {callbacks!r}")
    return listed


def _call(callbacks: Callbacks, param: BatchEndParam) -> None:
    for callback in _list(callbacks):
        callback(param)


class _Unpadded:
    """A metric that is not shown the last `pad` examples of a batch."""

    def __init__(self, metric: Any, pad: int) -> None:
        self._metric = metric
        self._keep = slice(None, -pad)

    def update(self, labels: Sequence[Any], preds: Sequence[Any]) -> None:
        self._metric.update([a[self._keep] for a in labels], [a[self._keep] for a in preds])

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        kept = [{name: a[self._keep] for name, a in arrays.items()} for arrays in (label, pred)]
        self._metric.update_dict(*kept)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._metric, name)


def _unpadded(output: NDArray, pad: int) -> NDArray:
    """A copy without the padding; the next forward writes into `output`."""
    return (output[: output.shape[0] - pad] if pad else output).copy()
