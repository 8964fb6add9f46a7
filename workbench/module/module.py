"""`Module`: a symbol with its executors, parameters and optimizer, step by step or by `fit`.

Between an executor, which computes, and `fit`, which does everything, a module has the steps of training as
methods: `forward`, `backward`, `update`.  What the first `forward` of a training loop needs and has not
got, it gets itself: shapes from the batch, parameters from the default initializer.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.arguments import checked
from workbench.errors import (
    ArgumentError,
    AutogradError,
    NotInitializedError,
    NotWrittenError,
)
from workbench.imperative.nd import NDArray
from workbench.module.batch_inputs import Arrays, descriptions_of, named, resized, whole
from workbench.module.bound_module import BoundModule
from workbench.module.exec_group import ExecGroup, exec_group
from workbench.module.remote import fit_on
from workbench.module.split import SplitExecutor, joined
from workbench.module.split_binding import SplitBinding
from workbench.module.update_rule import UpdateRule
from workbench.runtime.source import called_at
from workbench.symbolic.executor import Executor
from workbench.train.checkpoint import load_checkpoint, numbered, save_checkpoint
from workbench.train.compression import GradientCompression
from workbench.train.io import DataDesc
from workbench.train.kvstore.kinds import between_workers, check_compresses, on_servers
from workbench.train.kvstore.server_store import ServerStore, kept_by_servers
from workbench.train.kvstore.worker_store import WorkerStore
from workbench.train.optimizer import Updater


class Module(BoundModule):
    """A network with all that its training needs, on one device or several.

    Several devices share out each batch: every one computes its part with its own copy of the parameters, the
    gradients are summed, and one update makes the new parameters of all.  With ``kvstore="dist_sync"`` the same
    holds of several processes, each with a module and batches of its own; they begin with the parameters of worker 0.

    Args:
        symbol: the network.
        data_names, label_names: its inputs; all other arguments but `state_names` are parameters.  A symbol
            without any label may leave `label_names` as it is.
        logger: where `fit` reports.
        context: the device, or a list of devices; the current one by default.
        work_load_list: each device's share of a batch, in any unit; equal by default.
        fixed_param_names: parameters that are not trained.
        compression_params: how gradients travel between devices with ``kvstore="device"``, or between processes:
            ``{"type": "2bit", "threshold": 0.5}``; see `train.compression`.
        plan: how training uses memory: a plan of `memory.plan`, the name of a strategy, or a budget such as ``"4GB"``
            for each device; other batch sizes are planned for in the same way.
        state_names: inputs set by `set_states`, such as the first state of a recurrent network.

        group2ctxs: device by group, or a list of one such dict: one network spread over devices, in which what was
            composed under ``AttrScope(ctx_group="dev1")`` runs on the device of ``"dev1"``.

    Raises:
        ArgumentError: a name is not an argument of the symbol.
        NotSupportedError: `group2ctxs` with several contexts.
    """

    _rule: UpdateRule | None = None
    _store: WorkerStore | None = None
    _servers: ServerStore | None = None
    _saved_states: bytes | None = None

    @property
    def _exec_group(self) -> ExecGroup:
        """By MXNet's private name, under which published programs add gradients up before an update."""
        binding, executor = self._bound("_exec_group"), self._executor
        assert executor is not None
        names = self._roles.parameters
        return exec_group(_executors(executor), names, binding.args, binding.grads, binding.aux)

    # -- one step --------------------------------------------------------------------------------

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Computes the outputs of a batch, whatever its size.

        The first call on a module that is not bound binds it to the batch's shapes and initialises it.

        Args:
            data_batch: an `io.DataBatch`, or a list of one for each device.
            is_train: behave as in training; None as it was bound.

        Raises:
            ArgumentError: the batch lacks arrays or has too many.
            ShapeError: its shapes do not fit the network.
            NotInitializedError: parameters have no values, and it was bound already or is to predict.
        """
        if self.binded:
            self._require("forward()")
        data_batch = whole(data_batch)
        train = (self.for_training or not self.binded) if is_train is None else bool(is_train)
        data = named(data_batch, "data", [d.name for d in self._data] or self._roles.data)
        labels = named(data_batch, "label", [d.name for d in self._labels] or self._roles.labels)
        self._check_batch(data, labels, train)
        if not self.binded:
            self._start(data_batch, data, labels, train)
        self._adapt(data_batch, data, labels)
        assert self._executor is not None
        self._executor.forward(train, **data, **labels)
        self._ran = self._executor

    def _check_batch(self, data: Arrays, labels: Arrays, train: bool) -> None:
        roles = self._roles
        if roles.data and not data:
            raise ArgumentError(f"forward(): the batch has no data; needed: {', '.join(roles.data)}")
        if roles.labels and not labels and (train or roles.reads_labels):
            why = "training needs it" if train else "an output is computed from it"
            raise ArgumentError(f"forward(): the batch lacks the label {', '.join(roles.labels)}; {why}")

    def _start(self, batch: Any, data: Arrays, labels: Arrays, train: bool) -> None:
        if self._saved is None and not train:
            raise NotInitializedError(
                "forward(is_train=False) needs bind() and init_params() first: nothing can be predicted yet"
                f"{called_at()}"
            )
        self.bind(descriptions_of(data, batch, "data"), descriptions_of(labels, batch, "label"))
        try:
            if not self.params_initialized:
                self.init_params()
        except Exception:
            self._unbind()
            raise

    def _adapt(self, batch: Any, data: Arrays, labels: Arrays) -> None:
        """Goes over to the shapes of this batch."""
        shapes = {d.name: d.shape for d in (*self._data, *self._labels)}
        if {name: a.shape for name, a in (data | labels).items()}.items() <= shapes.items():
            return
        known = self._labels or descriptions_of(labels, batch, "label")
        self._select(resized(self._data, data), resized(known, labels) if labels else [])

    def backward(self, out_grads: Any = None) -> None:
        """Computes the gradients of the last forward.

        Args:
            out_grads: cotangents of the outputs, where they are not losses.

        Raises:
            AutogradError: there was no `forward` in training before it.
            NotInitializedError: the module is not bound for training.
        """
        if self._ran is None:
            raise AutogradError(
                f"backward() needs forward() before it, once for each backward(){called_at()}"
            )
        self._require_training("backward()")
        self._ran.backward(out_grads)
        self._differentiated = self._ran

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last forward, joined on the first device, or as a list of each device's.

        Raises:
            NotWrittenError: there was no forward.
        """
        if self._ran is None:
            raise NotWrittenError("get_outputs() needs forward() first: there are no outputs yet")
        if merge_multi_context:
            return self._ran.outputs
        return _by_output([executor.outputs for executor in _executors(self._ran)])

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the data of the last backward, in the order of the data.

        Raises:
            NotInitializedError: it was bound without `inputs_need_grad`.
            NotWrittenError: there was no `backward` yet.
        """
        if not self.inputs_need_grad:
            raise NotInitializedError(f"get_input_grads() needs bind(inputs_need_grad=True){called_at()}")
        ran = self._differentiated
        if ran is None:
            raise NotWrittenError("get_input_grads() needs backward() first: no gradient was computed yet")
        names = [d.name for d in self._data]
        if merge_multi_context:
            grads = ran.grad_dict
            return [grads[name] for name in names]
        return _by_output([[e.grad_dict[name] for name in names] for e in _executors(ran)])

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The arrays of `state_names`; with `merge_multi_context` off each as a list of each device's part."""
        self._require("get_states()")
        executor, names = self._executor, self._roles.states
        assert executor is not None
        if not merge_multi_context and isinstance(executor, SplitExecutor):
            return [executor.parts_of(name) for name in names]
        states = [executor.arg_dict[name] for name in names]
        return states if merge_multi_context else [[state] for state in states]

    def set_states(self, states: Sequence[NDArray] | None = None, value: float | None = None) -> None:
        """Writes the states: arrays in the order of `state_names`, or one number for all.

        An array may be a list of each device's part, as ``get_states(False)`` gives it.

        Raises:
            ArgumentError: not exactly one of both is given, or the number of arrays is wrong.
        """
        mine = self.get_states()
        if (states is None) == (value is None):
            raise ArgumentError("set_states() takes either states or value")
        given = [value] * len(mine) if states is None else list(states)
        if len(given) != len(mine):
            names = ", ".join(self._roles.states)
            raise ArgumentError(f"set_states() needs {len(mine)} arrays ({names}), got {len(given)}")
        for state, new in zip(mine, given, strict=True):
            state[:] = joined(new, 0) if isinstance(new, (list, tuple)) else new

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Takes the last outputs and `labels` into a metric.

        Args:
            pre_sliced: `labels` is a list of the labels of each device.

        Raises:
            ArgumentError: the number of labels is wrong.
        """
        if not callable(getattr(eval_metric, "update_dict", None)):
            raise ArgumentError(
                f"update_metric() takes a metric such as metric.create('acc'), got {eval_metric!r}"
            )
        labels = () if labels is None else labels
        if not isinstance(labels, (list, tuple)):
            raise ArgumentError(f"update_metric() takes a list of labels, got {type(labels).__name__}")
        if not pre_sliced:
            self._meter(eval_metric, labels, self.get_outputs())
            return
        if self._ran is None:
            raise NotWrittenError("update_metric() needs forward() first: there are no outputs yet")
        executors = _executors(self._ran)
        if len(labels) != len(executors):
            raise ArgumentError(
                f"update_metric(pre_sliced=True) needs the labels of {len(executors)} devices, got {len(labels)}"
            )
        for mine, executor in zip(labels, executors, strict=True):
            self._meter(eval_metric, mine, executor.outputs)

    def _meter(self, eval_metric: Any, labels: Any, outputs: Sequence[NDArray]) -> None:
        names = [d.name for d in self._labels] or self._roles.labels
        given = list(labels or ()) if names else []
        if len(given) != len(names):
            raise ArgumentError(
                f"update_metric() needs the label {', '.join(names)}; got {len(given)} arrays"
            )
        eval_metric.update_dict(
            dict(zip(names, given, strict=True)), dict(zip(self.output_names, outputs, strict=True))
        )

    def install_monitor(self, mon: Any) -> None:
        """Has a monitor watch every executor, those for batches of other sizes included.

        Raises:
            ArgumentError: it has no method `install`.
            NotInitializedError: the module is not bound.
        """
        if not callable(getattr(mon, "install", None)):
            raise ArgumentError(f"install_monitor() takes a monitor.Monitor, got {type(mon).__name__}")
        self._bound("install_monitor()").install(mon)

    # -- updating --------------------------------------------------------------------------------

    def _init_optimizer(self, kvstore: Any, optimizer: Any, optimizer_params: Any) -> None:
        store, servers = between_workers(kvstore), on_servers(kvstore)
        if self._compression is not None and len(self._contexts) > 1:
            check_compresses(kvstore)
        workers = 1 if store is None else store.num_workers
        rule = UpdateRule(
            self.symbol, self._roles.parameters, optimizer, optimizer_params, self._batch_size() * workers
        )
        if self._saved_states is not None:
            rule.set_states(self._saved_states)
            self._saved_states = None
        if store is not None:
            self._start_alike(store)
        if servers is not None:
            self._serve(servers, rule)
        self._rule = rule
        self._sum_by(store, servers)

    def _sum_by(self, store: WorkerStore | None, servers: ServerStore | None) -> None:
        self._store, self._servers = store, servers
        if isinstance(self._binding, SplitBinding):
            self._binding.compression = self._between_devices()

    def _between_devices(self) -> GradientCompression | None:
        """None where it is their sum that is compressed, on its way to other processes."""
        return self._compression if self._store is None and self._servers is None else None

    def _serve(self, servers: ServerStore, rule: UpdateRule) -> None:
        """Leaves the parameters, and updating them, to servers; with the compression asked for."""
        if self._compression is not None:
            servers.set_gradient_compression(self._compression.params)
        params = self.get_params()[0]
        servers.init(list(params), list(params.values()))
        servers.set_optimizer(rule.optimizer)
        servers.pull(list(params), list(params.values()))

    def _start_alike(self, store: WorkerStore) -> None:
        """Takes the parameters of worker 0, and the compression asked for."""
        if self._compression is not None:
            store.set_gradient_compression(self._compression.params)
        params = self.get_params()[0]
        for array, value in zip(
            params.values(), store.shared(list(params), list(params.values())), strict=True
        ):
            value.copyto(array)

    def _batch_size(self) -> int:
        first = self._data[0]
        return first.shape[max(DataDesc.get_batch_axis(first.layout), 0)]

    def borrow_optimizer(self, shared_module: Module) -> None:
        """Updates by the optimizer, and with the states, of another module.

        Raises:
            NotInitializedError: it has none.
        """
        if not isinstance(shared_module, Module):
            raise ArgumentError(f"borrow_optimizer() takes a Module, got {type(shared_module).__name__}")
        if shared_module._rule is None:
            raise NotInitializedError(
                f"borrow_optimizer(): the other module needs init_optimizer() first{called_at()}"
            )
        self._rule = shared_module._rule
        self._sum_by(shared_module._store, shared_module._servers)
        self.optimizer_initialized = True

    def _optimizing(self, what: str) -> UpdateRule:
        self._require(what, optimizer=True)
        assert self._rule is not None
        return self._rule

    def update(self) -> None:
        """Updates all trained parameters, in one call of the optimizer.

        Raises:
            NotInitializedError: there is no optimizer, or the module is not bound for training.
            NotWrittenError: there was no `backward` yet.
        """
        rule = self._optimizing("update()")
        grads = self._gradients("update()")
        if self._servers is not None:
            self._servers.push(list(grads), list(grads.values()))
            self._servers.pull(list(grads), [self._bound("update()").args[name] for name in grads])
            return
        if self._store is not None:
            grads = dict(zip(grads, self._store.summed(list(grads), list(grads.values())), strict=True))
        binding = self._bound("update()")
        for part in binding.by_device(grads):
            rule(binding.args, part)

    def _fit_on(self, cluster: Any, progress: Any, *args: Any, **kwargs: Any) -> None:
        """`fit` on the workers of a cluster (`parallel.cluster`)."""
        fit_on(self, cluster, progress, *args, **kwargs)

    def _updaters(self) -> list[Updater]:
        if self._servers is not None:
            raise kept_by_servers()
        return [self._optimizing("trained()").updater]

    def _compressions(self) -> list[GradientCompression]:
        return GradientCompression.those_of(self, self._store)

    # -- files -----------------------------------------------------------------------------------

    def save_checkpoint(
        self, prefix: str, epoch: int, save_optimizer_states: bool = False, remove_amp_cast: bool = True
    ) -> None:
        """Writes ``prefix-symbol.json``, ``prefix-0001.params`` and, if asked, ``prefix-0001.states``.

        `remove_amp_cast` is MXNet's; networks here hold no such casts.
        """
        args, aux = self.get_params()
        save_checkpoint(prefix, epoch, self.symbol, args, aux)
        if save_optimizer_states:
            self.save_optimizer_states(states_file(prefix, epoch))
            logging.info('Saved optimizer state to "%s"', states_file(prefix, epoch))

    @staticmethod
    @checked
    def load(prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any) -> Module:
        """A module from a checkpoint; it takes the parameters when bound, the states with an optimizer.

        Args:
            kwargs: the arguments of `Module`.

        Raises:
            SymbolFileError: a file is damaged or of another format.
        """
        symbol, args, aux = load_checkpoint(prefix, epoch)
        module = Module(symbol, **kwargs)
        module._saved = args, aux
        if load_optimizer_states:
            module._saved_states = Path(states_file(prefix, epoch)).read_bytes()
        return module

    def save_optimizer_states(self, fname: str) -> None:
        """Writes the optimizer's states and counts of updates.

        Raises:
            NotInitializedError: there is no optimizer.
        """
        Path(fname).write_bytes(self._optimizing("save_optimizer_states()").get_states())

    def load_optimizer_states(self, fname: str) -> None:
        """Takes what `save_optimizer_states` wrote; rates stay as `init_optimizer` set them.

        Raises:
            SymbolFileError: the file holds something else.
            ArgumentError: it belongs to another kind of optimizer.
        """
        self._optimizing("load_optimizer_states()").set_states(Path(fname).read_bytes())


def states_file(prefix: str, epoch: int) -> str:
    """Where a checkpoint's optimizer states stand."""
    return numbered(prefix, epoch, "states")


def _executors(ran: Executor | SplitExecutor) -> list[Executor]:
    return ran.executors if isinstance(ran, SplitExecutor) else [ran]


def _by_output(by_device: list[list[NDArray]]) -> list[list[NDArray]]:
    return [list(each) for each in zip(*by_device, strict=True)]
