"""`FeedForward`: a network that is fitted to arrays in one call.

Older programs are written to this interface.  It is a `Module` with its arguments collected first, and takes and
gives NumPy arrays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from workbench.arguments import Positive, checked, known_names
from workbench.errors import ArgumentError, NotInitializedError, NotSupportedError, ShapeError
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.module.module import Module
from workbench.module.steps import DEFAULT_INITIALIZER
from workbench.runtime.source import called_at
from workbench.symbolic.symbol import Symbol
from workbench.train.callback import LogValidationMetricsCallback
from workbench.train.checkpoint import load_checkpoint, save_checkpoint
from workbench.train.io import DataIter, NDArrayIter, ResizeIter

Values = Mapping[str, NDArray] | None


class FeedForward:
    """A network with what it is trained by.

    Args:
        symbol: the network.
        ctx: a device or a list of them.
        num_epoch: the epoch to train up to, from `begin_epoch`.
        epoch_size: batches an epoch; by default all there are.
        optimizer: its name, whose arguments are `kwargs`, or an `Optimizer`.
        initializer: of parameters that are not given.
        numpy_batch_size: examples a batch, where data are given as arrays.
        arg_params, aux_params: values by name.
        allow_extra_params: pass over values for parameters there are not.

    Attributes:
        arg_params, aux_params: the values, as trained.

    Raises:
        ArgumentError: `symbol` is none.
        NotSupportedError: `symbol` is a function of bucket keys.
    """

    @checked
    def __init__(
        self,
        symbol: Any,
        ctx: Any = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Any = DEFAULT_INITIALIZER,
        numpy_batch_size: Positive = 128,
        arg_params: Values = None,
        aux_params: Values = None,
        allow_extra_params: bool = False,
        begin_epoch: int = 0,
        **kwargs: Any,
    ) -> None:
        if not isinstance(symbol, Symbol):
            if callable(symbol):
                raise NotSupportedError("FeedForward(sym_gen): networks by length are BucketingModule's")
            raise ArgumentError(f"FeedForward() takes a Symbol, got {type(symbol).__name__}")
        self.symbol = symbol
        self.ctx = ctx
        self.num_epoch = num_epoch
        self.epoch_size = epoch_size
        self.optimizer = optimizer
        self.initializer = initializer
        self.numpy_batch_size = numpy_batch_size
        self.arg_params = arg_params
        self.aux_params = aux_params
        self.allow_extra_params = allow_extra_params
        self.begin_epoch = begin_epoch
        self.kwargs = kwargs

    # -- training --------------------------------------------------------------------------------

    @known_names
    def fit(
        self,
        X: Any,
        y: Any = None,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Any = None,
        monitor: Any = None,
        eval_end_callback: Any = None,
        eval_batch_end_callback: Any = None,
    ) -> None:
        """Trains, from the values there are, and keeps those it ends with.

        Args:
            X: an iterator, or an array with `y`, its labels, which are shuffled and roll over.
            eval_data: an iterator, or a pair of arrays, that the metric is taken of after each epoch.
            eval_end_callback: by default logs that metric.

        Raises:
            ArgumentError: `num_epoch` was not given, or the data are of another kind.
            ShapeError: there are not as many labels as examples.
        """
        if self.num_epoch is None:
            raise ArgumentError("FeedForward needs num_epoch, the number of epochs to train for")
        data = self._iterator(X, y, training=True)
        if isinstance(eval_data, (tuple, list)):
            eval_data = self._pair(eval_data)
        module = self._module(data, logger or logging, work_load_list)
        module.fit(
            data if self.epoch_size is None else ResizeIter(data, self.epoch_size, reset_internal=False),
            eval_data,
            eval_metric,
            epoch_end_callback,
            batch_end_callback,
            kvstore,
            self.optimizer,
            self.kwargs or (("learning_rate", 0.01),),
            eval_end_callback or LogValidationMetricsCallback(),
            eval_batch_end_callback,
            self.initializer,
            *self._known(module.symbol),
            allow_missing=True,
            begin_epoch=self.begin_epoch,
            num_epoch=self.num_epoch,
            monitor=monitor,
        )
        self.arg_params, self.aux_params = (dict(arrays.copy()) for arrays in module.get_params())

    def _module(self, data: Any, logger: Any = logging, work_load_list: Any = None) -> Module:
        arguments = self.symbol.list_arguments()
        names = [
            [entry[0] for entry in provided or ()] for provided in (data.provide_data, data.provide_label)
        ]
        labels = [name for name in names[1] if name in arguments]
        return Module(self.symbol, names[0], labels, logger, self.ctx, work_load_list)

    def _known(self, symbol: Symbol) -> tuple[Values, Values]:
        """The values there are; without those of no parameter, if they are to be passed over."""
        args, aux = self.arg_params, self.aux_params
        if not self.allow_extra_params:
            return args, aux
        known = ({*symbol.list_arguments()}, {*symbol.list_auxiliary_states()})
        kept = [
            None if given is None else {n: a for n, a in given.items() if n in names}
            for given, names in zip((args, aux), known, strict=True)
        ]
        return kept[0], kept[1]

    # -- using it --------------------------------------------------------------------------------

    def predict(
        self, X: Any, num_batch: int | None = None, return_data: bool = False, reset: bool = True
    ) -> Any:
        """The outputs for the data as NumPy, a list if there are several; padding cut off.

        Args:
            return_data: give (outputs, data, labels) instead.

        Raises:
            NotInitializedError: there are no parameters.
        """
        data = self._iterator(X, None, training=False)
        found: list[list[list[np.ndarray]]] = []
        for outputs, _, batch in self._bound(data).iter_predict(data, num_batch, reset):
            keep = slice(None, -batch.pad if batch.pad else None)
            rest = [[a[keep] for a in arrays or ()] for arrays in (batch.data, batch.label)]
            found.append([[a.asnumpy() for a in arrays] for arrays in (outputs, *rest)])
        if not found:
            raise ArgumentError("predict(): the data gave no batch")
        whole = [
            [np.concatenate(parts) for parts in zip(*each, strict=True)] for each in zip(*found, strict=True)
        ]
        given = [each[0] if len(each) == 1 else each for each in whole]
        return tuple(given) if return_data else given[0]

    def score(
        self,
        X: Any,
        eval_metric: Any = "acc",
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        reset: bool = True,
    ) -> Any:
        """The metric over the data: its value, a list if there are several.

        Raises:
            NotInitializedError: there are no parameters.
        """
        data = self._iterator(X, None, training=False)
        found = [
            value
            for _, value in self._bound(data).score(
                data, eval_metric, num_batch, batch_end_callback, reset=reset
            )
        ]
        return found[0] if len(found) == 1 else found

    def _bound(self, data: Any) -> Module:
        """A module that predicts from these data."""
        if self.arg_params is None:
            raise NotInitializedError(
                f"FeedForward has no parameters yet: fit() or load() it first{called_at()}"
            )
        module = self._module(data)
        labels = data.provide_label or None
        module.bind(data.provide_data, labels, for_training=False)
        module.set_params(*self._known(self.symbol), allow_missing=labels is None)
        return module

    # -- data ------------------------------------------------------------------------------------

    def _iterator(self, X: Any, y: Any, training: bool) -> DataIter:
        if not isinstance(X, (np.ndarray, NDArray)):
            if not hasattr(X, "provide_data"):
                raise ArgumentError(f"the data must be an iterator or an array, got {type(X).__name__}")
            return X
        if y is None:
            if training:
                raise ArgumentError("fit(X, y): an array X needs y, its labels")
            y = np.zeros(len(X), np.float32)
        y = y.asnumpy() if isinstance(y, NDArray) else np.asarray(y)
        if y.shape not in ((len(X),), (len(X), 1)):
            raise ShapeError(f"{len(X)} examples need labels of shape ({len(X)},), got {y.shape}")
        size = min(len(X), self.numpy_batch_size)
        handling = "roll_over" if training else "pad"
        return NDArrayIter(X, nd.array(y.reshape(-1)), size, training, handling)

    def _pair(self, pair: Any) -> DataIter:
        if len(pair) != 2 or pair[0] is None:
            raise ArgumentError("eval_data is an iterator or a pair (data, labels)")
        X, y = pair
        return self._iterator(np.asarray(X) if isinstance(X, list) else X, y, training=y is not None)

    # -- files -----------------------------------------------------------------------------------

    def save(self, prefix: str, epoch: int | None = None, remove_amp_cast: bool = True) -> None:
        """Writes a checkpoint, after `num_epoch` epochs unless another number is given.

        Raises:
            NotInitializedError: there are no parameters.
            ArgumentError: there is no number.
        """
        if self.arg_params is None:
            raise NotInitializedError(
                f"FeedForward has no parameters yet: fit() or load() it first{called_at()}"
            )
        epoch = self.num_epoch if epoch is None else epoch
        if epoch is None:
            raise ArgumentError("save() needs the epoch that the file's name is to tell")
        save_checkpoint(prefix, epoch, self.symbol, self.arg_params, self.aux_params or {})

    @staticmethod
    def load(prefix: str, epoch: int, ctx: Any = None, **kwargs: Any) -> FeedForward:
        """The model of a checkpoint; training it goes on from `epoch`.

        Raises:
            SymbolFileError: a file is damaged or of another format.
        """
        symbol, args, aux = load_checkpoint(prefix, epoch)
        return FeedForward(symbol, ctx, arg_params=args, aux_params=aux, begin_epoch=epoch, **kwargs)

    @staticmethod
    def create(
        symbol: Symbol,
        X: Any,
        y: Any = None,
        ctx: Any = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Any = DEFAULT_INITIALIZER,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Any = None,
        eval_end_callback: Callable[..., Any] | None = None,
        eval_batch_end_callback: Any = None,
        **kwargs: Any,
    ) -> FeedForward:
        """A model, fitted: the arguments of `FeedForward` and of `fit`."""
        model = FeedForward(symbol, ctx, num_epoch, epoch_size, optimizer, initializer, **kwargs)
        model.fit(
            X,
            y,
            eval_data,
            eval_metric,
            epoch_end_callback,
            batch_end_callback,
            kvstore,
            logger,
            work_load_list,
            eval_end_callback=eval_end_callback,
            eval_batch_end_callback=eval_batch_end_callback,
        )
        return model
