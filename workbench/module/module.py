"""`Module`: a symbol with its executors, parameters and optimizer, step by step or by `fit`.

Between an executor, which computes, and `fit`, which does everything, a module has the steps of training as
methods: `forward`, `backward`, `update`.  What the first `forward` of a training loop needs and has not
got, it gets itself: shapes from the batch, parameters from the default initializer.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import (
    ArgumentError,
    AutogradError,
    NotInitializedError,
    NotSupportedError,
    NotWrittenError,
)
from workbench.imperative.nd import NDArray
from workbench.module.base_module import DEFAULT_INITIALIZER, BaseModule
from workbench.module.batch_inputs import Arrays, described, descriptions_of, named, resized
from workbench.module.binding import Binding
from workbench.module.named_arrays import NamedArrays
from workbench.module.parameter_values import settled
from workbench.module.roles import DEFAULT_LABELS, Roles
from workbench.module.update_rule import DEFAULT_ARGUMENTS, UpdateRule
from workbench.runtime.device import Context, current_context
from workbench.symbolic.executor import Executor
from workbench.symbolic.symbol import Symbol
from workbench.train.checkpoint import load_checkpoint, save_checkpoint
from workbench.train.io import DataDesc


class Module(BaseModule):
    """A network with all that its training needs, on one device.

    Args:
        symbol: the network.
        data_names, label_names: its inputs; all other arguments but `state_names` are parameters.  A symbol
            without any label may leave `label_names` as it is.
        logger: where `fit` reports.
        context: the device, or a list of one; the current one by default.
        fixed_param_names: parameters that are not trained.
        state_names: inputs set by `set_states`, such as the first state of a recurrent network.

    Raises:
        ArgumentError: a name is not an argument of the symbol.
        NotSupportedError: several devices, `work_load_list`, `group2ctxs` or `compression_params`.
    """

    def __init__(
        self,
        symbol: Symbol,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = DEFAULT_LABELS,
        logger: Any = logging,
        context: Context | Sequence[Context] | None = None,
        work_load_list: Any = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: Any = None,
    ) -> None:
        super().__init__(logger)
        if not isinstance(symbol, Symbol):
            raise ArgumentError(f"Module() takes a Symbol, got {type(symbol).__name__}")
        _refuse_sharing_out(
            work_load_list=work_load_list, group2ctxs=group2ctxs, compression_params=compression_params
        )
        self.symbol = symbol
        self._context = _one_device(context)
        self._roles = Roles(symbol, data_names, label_names, state_names, fixed_param_names)
        self._saved: tuple[Arrays, Arrays] | None = None
        self._saved_states: bytes | None = None
        self._rule: UpdateRule | None = None
        self._unbind()

    def _unbind(self) -> None:
        self.binded = False
        self._binding: Binding | None = None
        self._executor: Executor | None = None
        self._data: list[DataDesc] = []
        self._labels: list[DataDesc] = []
        self._ran: Executor | None = None  # whose outputs are those of the last batch
        self._differentiated: Executor | None = None  # whose backward came last

    # -- names and shapes ------------------------------------------------------------------------

    @property
    def data_names(self) -> list[str]:
        """Names of the data inputs."""
        return list(self._roles.data)

    @property
    def label_names(self) -> list[str]:
        """Names of the label inputs that the symbol has."""
        return list(self._roles.labels)

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        return self.symbol.list_outputs()

    @property
    def data_shapes(self) -> list[DataDesc]:
        """Descriptions of the data inputs, as bound or as the last batch had them."""
        self._bound("data_shapes")
        return list(self._data)

    @property
    def label_shapes(self) -> list[DataDesc]:
        """Descriptions of the labels; empty if it is bound without."""
        self._bound("label_shapes")
        return list(self._labels)

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """(name, shape) of the outputs for the bound inputs."""
        self._bound("output_shapes")
        found = self.symbol.infer_shape(**{d.name: d.shape for d in (*self._data, *self._labels)})[1]
        return list(zip(self.output_names, found or (), strict=True))

    def _bound(self, what: str) -> Binding:
        if self._binding is None:
            raise NotInitializedError(f"{what} needs bind() first: the module has no shapes yet")
        return self._binding

    # -- binding ---------------------------------------------------------------------------------

    def bind(
        self,
        data_shapes: Any,
        label_shapes: Any = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Any = None,
        grad_req: Any = "write",
    ) -> None:
        """Makes the arrays for inputs of these shapes; parameters that have values keep them.

        Args:
            data_shapes, label_shapes: (name, shape) pairs, as an iterator's `provide_data` gives them.
            for_training: whether there will be gradients; `inputs_need_grad`: of the data too.
            shared_module: a bound module whose parameters become this one's too.
            grad_req: ``"write"``, ``"add"`` or ``"null"``, for all parameters or by argument.

        Raises:
            ArgumentError: names are not the module's, or a shape does not follow.
            ShapeError: the shapes contradict the network or its parameters.
            NotInitializedError: `shared_module` is not bound or has no parameters.
        """
        if self._binding is not None and not force_rebind:
            warnings.warn("bind(): bound already, so this is ignored; give force_rebind=True", stacklevel=2)
            return
        data, labels = self._descriptions(data_shapes, label_shapes)
        reqs = self._roles.requests(grad_req, for_training, inputs_need_grad)
        shared = self._binding if self.params_initialized else None
        if shared_module is not None:
            shared = _shared(shared_module)
        binding = Binding(self.symbol, self._context, self._roles.parameters, reqs, shared)
        executor = binding.select([*data, *labels])
        self._unbind()
        self._binding, self._executor, self.binded = binding, executor, True
        self._data, self._labels = data, labels
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self.params_initialized = shared is not None
        if self._saved is not None:
            self._take_saved(*self._saved)

    def _descriptions(self, data: Any, labels: Any) -> tuple[list[DataDesc], list[DataDesc]]:
        wants = bool(labels and self._roles.labels)
        return (
            described(data, self._roles.data, "data_shapes"),
            described(labels, self._roles.labels, "label_shapes") if wants else [],
        )

    def reshape(self, data_shapes: Any, label_shapes: Any = None) -> None:
        """Goes over to inputs of other shapes, with the same parameters.

        Raises:
            ArgumentError, ShapeError: as `bind`; the module stays as it was.
        """
        self._bound("reshape()")
        self._select(*self._descriptions(data_shapes, label_shapes))

    def _select(self, data: list[DataDesc], labels: list[DataDesc]) -> None:
        self._executor = self._bound("reshape()").select([*data, *labels])
        self._data, self._labels = data, labels

    # -- parameters ------------------------------------------------------------------------------

    def init_params(
        self,
        initializer: Any = DEFAULT_INITIALIZER,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Gives parameters and auxiliary states their values; nothing is written unless all fit.

        Args:
            initializer: fills what is not given; None leaves that as it is.
            arg_params, aux_params: values by name.
            allow_missing: fill what is missing among them instead of raising.
            force_init: give new values to initialised parameters.
            allow_extra: pass over values for parameters there are not.

        Raises:
            NotInitializedError: the module is not bound.
            ArgumentError: a name is missing or unknown.
            ShapeError: a value has another shape than its parameter.
        """
        binding = self._bound("init_params()")
        if self.params_initialized and not force_init:
            warnings.warn(
                "init_params(): initialised already, so this is ignored; give force_init=True", stacklevel=2
            )
            return
        attrs, writes = self.symbol.attr_dict(), []
        for targets, given in ((binding.args, arg_params), (binding.aux, aux_params)):
            values = settled(targets, given, initializer, attrs, allow_missing, allow_extra)
            if not self.params_initialized and len(values) < len(targets):
                empty = next(name for name in targets if name not in values)
                raise ArgumentError(f"{empty!r} has no value yet, none is given, and there is no initializer")
            writes += [(value, targets[name]) for name, value in values.items()]
        for value, target in writes:
            value.copyto(target)
        self.params_initialized = True

    def _take_saved(self, args: Arrays, aux: Arrays) -> None:
        try:
            self.set_params(args, aux)
        except Exception:
            self._unbind()
            raise
        self._saved = None

    def get_params(self) -> tuple[NamedArrays, NamedArrays]:
        """(parameters, auxiliary states) by name.

        Unlike MXNet's, these are no copies: they are the module's own arrays, so that
        ``param -= 0.2 * grad`` trains it.  `NamedArrays.copy` makes a snapshot.

        Raises:
            NotInitializedError: they have no values yet.
        """
        self._require("get_params()")
        binding = self._bound("get_params()")
        return NamedArrays(binding.args), NamedArrays(binding.aux)

    def get_grads(self) -> tuple[NamedArrays, NamedArrays]:
        """What matches `get_params`: (gradients of the parameters, nothing), the module's own arrays.

        Raises:
            NotInitializedError: it is not bound for training.
            NotWrittenError: there was no `backward` yet.
        """
        return NamedArrays(self._gradients("get_grads()")), NamedArrays({})

    def _gradients(self, what: str) -> dict[str, NDArray]:
        binding = self._bound(what)
        self._require_training(what)
        if self._differentiated is None and "add" not in binding.reqs.values():
            raise NotWrittenError(f"{what} needs backward() first: no gradient was computed yet")
        return binding.grads

    def _require_training(self, what: str) -> None:
        if not self.for_training:
            raise NotInitializedError(f"{what}: the module was bound with for_training=False")

    # -- one step --------------------------------------------------------------------------------

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Computes the outputs of a batch, whatever its size.

        The first call on a module that is not bound binds it to the batch's shapes and initialises it.

        Args:
            data_batch: an `io.DataBatch`.
            is_train: behave as in training; None as it was bound.

        Raises:
            ArgumentError: the batch lacks arrays or has too many.
            ShapeError: its shapes do not fit the network.
            NotInitializedError: parameters have no values, and it was bound already or is to predict.
        """
        if self.binded:
            self._require("forward()")
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
            raise AutogradError("backward() needs forward() before it, once for each backward()")
        self._require_training("backward()")
        self._ran.backward(out_grads)
        self._differentiated = self._ran

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last forward; with `merge_multi_context` off each in a list of its own.

        Raises:
            NotWrittenError: there was no forward.
        """
        if self._ran is None:
            raise NotWrittenError("get_outputs() needs forward() first: there are no outputs yet")
        outputs = self._ran.outputs
        return outputs if merge_multi_context else [[output] for output in outputs]

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the data of the last backward, in the order of the data.

        Raises:
            NotInitializedError: it was bound without `inputs_need_grad`.
            NotWrittenError: there was no `backward` yet.
        """
        if not self.inputs_need_grad:
            raise NotInitializedError("get_input_grads() needs bind(inputs_need_grad=True)")
        if self._differentiated is None:
            raise NotWrittenError("get_input_grads() needs backward() first: no gradient was computed yet")
        grads = [self._differentiated.grad_dict[d.name] for d in self._data]
        return grads if merge_multi_context else [[grad] for grad in grads]

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The arrays of `state_names`; with `merge_multi_context` off each in a list of its own."""
        self._require("get_states()")
        assert self._executor is not None
        states = [self._executor.arg_dict[name] for name in self._roles.states]
        return states if merge_multi_context else [[state] for state in states]

    def set_states(self, states: Sequence[NDArray] | None = None, value: float | None = None) -> None:
        """Writes the states: arrays in the order of `state_names`, or one number for all.

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
            state[:] = new

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False, pad: int = 0) -> None:
        """Takes the last outputs and `labels` into a metric, without the last `pad` examples.

        Raises:
            ArgumentError: the number of labels is wrong.
            NotSupportedError: `pre_sliced`, which is for several devices.
        """
        if pre_sliced:
            raise NotSupportedError("update_metric(pre_sliced=True): a module runs on one device")
        names = [d.name for d in self._labels] or self._roles.labels
        given = list(labels or ()) if names else []
        if len(given) != len(names):
            raise ArgumentError(
                f"update_metric() needs the label {', '.join(names)}; got {len(given)} arrays"
            )
        outputs, keep = self.get_outputs(), slice(None, -pad)
        if pad:
            outputs, given = [a[keep] for a in outputs], [a[keep] for a in given]
        eval_metric.update_dict(
            dict(zip(names, given, strict=True)), dict(zip(self.output_names, outputs, strict=True))
        )

    def install_monitor(self, mon: Any) -> None:
        """MXNet's way to watch inner values.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError("install_monitor(): bind symbol.get_internals() instead to see inner values")

    # -- updating --------------------------------------------------------------------------------

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = DEFAULT_ARGUMENTS,
        force_init: bool = False,
    ) -> None:
        """Chooses the rule of updates.

        Args:
            kvstore: None, ``"local"`` or ``"device"``; with one device they are the same.
            optimizer: its name, or an `Optimizer`.
            optimizer_params: its arguments by name; `rescale_grad` is 1 / batch size unless given.
            force_init: replace the optimizer there is.

        Raises:
            ArgumentError: a name or an argument is unknown.
            NotSupportedError: another kind of store.
        """
        self._require("init_optimizer()")
        if self.optimizer_initialized and not force_init:
            warnings.warn(
                "init_optimizer(): initialised already, so this is ignored; give force_init=True",
                stacklevel=2,
            )
            return
        _check_kvstore(kvstore)
        rule = UpdateRule(
            self.symbol, self._roles.parameters, optimizer, optimizer_params, self._batch_size()
        )
        if self._saved_states is not None:
            rule.set_states(self._saved_states)
            self._saved_states = None
        self._rule, self.optimizer_initialized = rule, True

    def _batch_size(self) -> int:
        first = self._data[0]
        return first.shape[max(DataDesc.get_batch_axis(first.layout), 0)]

    def borrow_optimizer(self, shared_module: Module) -> None:
        """Updates by the optimizer, and with the states, of another module.

        Raises:
            NotInitializedError: it has none.
        """
        if shared_module._rule is None:
            raise NotInitializedError("borrow_optimizer(): the other module needs init_optimizer() first")
        self._rule, self.optimizer_initialized = shared_module._rule, True

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
        rule(self._bound("update()").args, grads)

    # -- files -----------------------------------------------------------------------------------

    def save_checkpoint(self, prefix: str, epoch: int, save_optimizer_states: bool = False) -> None:
        """Writes ``prefix-symbol.json``, ``prefix-0001.params`` and, if asked, ``prefix-0001.states``."""
        args, aux = self.get_params()
        save_checkpoint(prefix, epoch, self.symbol, args, aux)
        if save_optimizer_states:
            self.save_optimizer_states(_states_file(prefix, epoch))

    @staticmethod
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
            module._saved_states = Path(_states_file(prefix, epoch)).read_bytes()
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


def _states_file(prefix: str, epoch: int) -> str:
    return f"{prefix}-{epoch:04d}.states"


def _refuse_sharing_out(**options: Any) -> None:
    for name, value in options.items():
        if value is not None:
            raise NotSupportedError(
                f"Module({name}=…): a module runs on one device, there is nothing to share"
            )


def _one_device(context: Any) -> Context:
    if context is None:
        return current_context()
    devices = list(context) if isinstance(context, (list, tuple)) else [context]
    if len(devices) > 1:
        raise NotSupportedError(
            f"Module(context=…): {len(devices)} devices were given; it runs on one as yet"
        )
    if not devices or not isinstance(devices[0], Context):
        raise ArgumentError(f"Module(context=…) takes a Context such as cpu(), or a list of one: {context!r}")
    return devices[0]


def _shared(module: Any) -> Binding:
    if not isinstance(module, Module):
        raise NotSupportedError(f"bind(shared_module=…) takes a Module, got {type(module).__name__}")
    module._require("bind(shared_module=…): the other module")
    return module._bound("bind(shared_module=…)")


def _check_kvstore(kvstore: Any) -> None:
    if kvstore is None or kvstore in ("local", "device"):
        return
    if isinstance(kvstore, str) and not kvstore.startswith("dist"):
        raise ArgumentError(f"init_optimizer(): no kvstore {kvstore!r}; there are 'local' and 'device'")
    raise NotSupportedError(f"init_optimizer(kvstore={kvstore!r}): a module runs on one device; use 'local'")
