"""`BucketingModule`: one network for inputs of several lengths.

A recurrent network unrolled for 10 steps is another graph than one for 20, yet has the same parameters.
Batches are sorted into *buckets* of one length; each bucket has a module of its own, made when the first such
batch comes, and all of them share the parameters, gradients and optimizer of the default bucket's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError, NotSupportedError
from workbench.imperative.nd import NDArray
from workbench.module.base_module import BaseModule
from workbench.module.module import Module, states_file
from workbench.symbolic.naming import NameManager
from workbench.symbolic.symbol import Symbol
from workbench.train.checkpoint import load_params, save_checkpoint
from workbench.train.compression import GradientCompression
from workbench.train.optimizer import Updater

Generator = Callable[[Any], tuple[Symbol, Sequence[str] | None, Sequence[str] | None]]


def _of_current(name: str, doc: str) -> Any:
    return property(lambda self: getattr(self._current, name), doc=doc)


class BucketingModule(BaseModule):
    """Modules that share their parameters, chosen by each batch's `bucket_key`.

    Args:
        sym_gen: bucket key → (symbol, data names, label names).
        default_bucket_key: the bucket whose network has every parameter, usually the longest.
        logger, context, work_load_list, fixed_param_names, state_names, group2ctxs, compression_params: as
            `Module` takes them.

    Raises:
        ArgumentError: there is no default key, or `sym_gen` gives something else.
    """

    @checked
    def __init__(
        self,
        sym_gen: Generator,
        default_bucket_key: Hashable = None,
        logger: Any = logging,
        context: Any = None,
        work_load_list: Any = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: Any = None,
    ) -> None:
        super().__init__(logger)
        if default_bucket_key is None:
            raise ArgumentError("BucketingModule() needs default_bucket_key, usually the longest length")
        self._sym_gen = sym_gen
        self._default_key = default_bucket_key
        self._options = {
            "logger": logger,
            "context": context,
            "work_load_list": work_load_list,
            "fixed_param_names": fixed_param_names,
            "state_names": state_names,
            "group2ctxs": group2ctxs,
            "compression_params": compression_params,
        }
        self._saved: tuple[Any, Any] | None = None
        self._saved_states: bytes | None = None
        self._reset(self._made(default_bucket_key))

    def _reset(self, default: Module) -> None:
        self._buckets: dict[Hashable, Module] = {self._default_key: default}
        self._current, self._current_key = default, self._default_key
        self._monitor: Any = None
        self._grad_req: Any = "write"

    def _made(self, key: Hashable) -> Module:
        with NameManager():  # a bucket's names do not depend on how many were made before it
            made = self._sym_gen(key)
        if not isinstance(made, tuple) or len(made) != 3:
            raise ArgumentError(
                f"sym_gen({key!r}) must give (symbol, data_names, label_names), got {type(made).__name__}"
            )
        return Module(*made, **self._options)

    symbol = _of_current("symbol", "The network of the current bucket.")
    data_names = _of_current("data_names", "Names of the current bucket's data.")
    label_names = _of_current("label_names", "Names of the current bucket's labels.")
    output_names = _of_current("output_names", "Names of the current bucket's outputs.")
    data_shapes = _of_current("data_shapes", "Descriptions of the current bucket's data.")
    label_shapes = _of_current("label_shapes", "Descriptions of the current bucket's labels.")
    output_shapes = _of_current("output_shapes", "(name, shape) of the current bucket's outputs.")

    # -- getting ready ---------------------------------------------------------------------------

    def _bind(
        self, data: Any, labels: Any, for_training: bool, inputs_need_grad: bool, shared: Any, grad_req: Any
    ) -> None:
        if shared is not None:
            raise NotSupportedError(
                "BucketingModule.bind(shared_module=…): its buckets share among themselves"
            )
        old = self._buckets[self._default_key]
        module = self._made(self._default_key)
        module._saved = self._saved
        other = old if self.params_initialized else None
        module.bind(data, labels, for_training, inputs_need_grad, shared_module=other, grad_req=grad_req)
        if self.optimizer_initialized:
            module.borrow_optimizer(old)
        self._reset(module)
        self._saved, self._grad_req = None, grad_req
        self.params_initialized = module.params_initialized

    def _init_params(
        self, initializer: Any, args: Any, aux: Any, allow_missing: bool, allow_extra: bool
    ) -> None:
        default = self._buckets[self._default_key]
        default.init_params(initializer, args, aux, allow_missing, True, allow_extra)

    def _parameter_names(self) -> tuple[list[str], list[str]]:
        return self._buckets[self._default_key]._parameter_names()

    def get_params(self) -> tuple[Any, Any]:
        """(parameters, auxiliary states) by name, the module's own arrays, as `Module.get_params`."""
        self._require("get_params()")
        return self._buckets[self._default_key].get_params()

    def _init_optimizer(self, kvstore: Any, optimizer: Any, optimizer_params: Any) -> None:
        default = self._buckets[self._default_key]
        default._saved_states, self._saved_states = self._saved_states, None
        default.init_optimizer(kvstore, optimizer, optimizer_params, force_init=True)
        for module in self._buckets.values():
            module.borrow_optimizer(default)

    def _updaters(self) -> list[Updater]:
        return self._buckets[self._default_key]._updaters()

    def _compressions(self) -> list[GradientCompression]:
        if self._options["compression_params"] is not None:
            raise NotSupportedError(
                "a checkpoint does not keep what a BucketingModule's compression has yet to send; leave out"
                " compression_params"
            )
        return []

    def switch_bucket(self, bucket_key: Hashable, data_shapes: Any, label_shapes: Any = None) -> None:
        """Goes over to a bucket; at its first time its module is made, for inputs of these shapes.

        Raises:
            NotInitializedError: the module is not bound or has no parameters.
            ArgumentError: its network has a parameter that the default bucket's lacks.
        """
        module = self._buckets.get(bucket_key)
        if module is None:
            self._require("switch_bucket()")
            default = self._buckets[self._default_key]
            module = self._made(bucket_key)
            module.bind(
                data_shapes,
                label_shapes,
                self.for_training,
                self.inputs_need_grad,
                shared_module=default,
                grad_req=self._grad_req,
            )
            if self.optimizer_initialized:
                module.borrow_optimizer(default)
            if self._monitor is not None:
                module.install_monitor(self._monitor)
            self._buckets[bucket_key] = module
        self._current, self._current_key = module, bucket_key

    # -- one step --------------------------------------------------------------------------------

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Computes the outputs of a batch, by the network of its `bucket_key` (the default one's for None)."""
        self._require("forward()")
        key = getattr(data_batch, "bucket_key", None)
        key = self._default_key if key is None else key
        if not isinstance(key, Hashable):
            raise ArgumentError(f"a bucket_key must be hashable, such as a length, got {key!r}")
        if key not in self._buckets and not getattr(data_batch, "provide_data", None):
            raise ArgumentError(
                f"forward(): bucket {key!r} is new, and the batch has no provide_data to bind it by"
            )
        self.switch_bucket(
            key, getattr(data_batch, "provide_data", None), getattr(data_batch, "provide_label", None)
        )
        self._current.forward(data_batch, is_train)

    def backward(self, out_grads: Any = None) -> None:
        """Computes the gradients of the last forward, into the arrays all buckets share."""
        self._require("backward()")
        self._current.backward(out_grads)

    def update(self) -> None:
        """Updates the shared parameters by the current bucket's gradients."""
        self._require("update()", optimizer=True)
        self._current.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last forward."""
        return self._current.get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the data of the last backward."""
        return self._current.get_input_grads(merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The states of the current bucket."""
        return self._current.get_states(merge_multi_context)

    def set_states(self, states: Sequence[NDArray] | None = None, value: float | None = None) -> None:
        """Sets the states of the current bucket."""
        self._current.set_states(states, value)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Takes the last outputs and `labels` into a metric."""
        self._current.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Has a monitor watch the executors of all buckets, those to come included."""
        self._require_shapes("install_monitor()")
        for module in self._buckets.values():
            module.install_monitor(mon)
        self._monitor = mon

    # -- files -----------------------------------------------------------------------------------

    def save_checkpoint(
        self, prefix: str, epoch: int, save_optimizer_states: bool = False, remove_amp_cast: bool = True
    ) -> None:
        """As `Module.save_checkpoint`, with ``prefix-KEY-symbol.json`` for each bucket there is yet."""
        self._require("save_checkpoint()", optimizer=save_optimizer_states)
        for key, module in self._buckets.items():
            module.symbol.save(f"{prefix}-{key}-symbol.json")
        save_checkpoint(prefix, epoch, None, *self.get_params())
        if save_optimizer_states:
            self._buckets[self._default_key].save_optimizer_states(states_file(prefix, epoch))

    @staticmethod
    def load(
        prefix: str,
        epoch: int,
        sym_gen: Generator | None = None,
        default_bucket_key: Hashable = None,
        load_optimizer_states: bool = False,
        **kwargs: Any,
    ) -> BucketingModule:
        """A module from a checkpoint; it takes the parameters when bound, the states with an optimizer.

        Networks come from `sym_gen`, which makes those of other lengths too; `kwargs` are the other arguments of
        `BucketingModule`.

        Raises:
            ArgumentError: `sym_gen` or `default_bucket_key` is missing.
            SymbolFileError: a file is damaged or of another format.
        """
        args, aux = load_params(prefix, epoch)
        module = BucketingModule.load_dict({}, sym_gen, default_bucket_key, args, aux, **kwargs)
        if load_optimizer_states:
            module._saved_states = Path(states_file(prefix, epoch)).read_bytes()
        return module

    @staticmethod
    def load_dict(
        sym_dict: Mapping[Any, Symbol] | None = None,
        sym_gen: Generator | None = None,
        default_bucket_key: Hashable = None,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        **kwargs: Any,
    ) -> BucketingModule:
        """A module from parameters by name, which it takes when bound.

        Args:
            sym_dict: bucket key → symbol, instead of the one `sym_gen` would make.

        Raises:
            ArgumentError: `sym_gen` or the default key is missing.
        """
        if not callable(sym_gen):
            raise ArgumentError(
                "loading a BucketingModule needs sym_gen, the function its networks are made by"
            )
        symbols = dict(sym_dict or {})

        def generate(key: Any) -> Any:
            symbol, data, labels = sym_gen(key)
            return symbols.get(key, symbol), data, labels

        module = BucketingModule(generate, default_bucket_key, **kwargs)
        module._saved = dict(arg_params or {}), dict(aux_params or {})
        return module
