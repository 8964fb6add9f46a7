"""A symbol with its arrays: what a module is before anything is computed.

Binding settles the shapes and makes the arrays; initialising gives the parameters values.  Both leave
everything as it was if something does not fit.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import ArgumentError, NotInitializedError, NotSupportedError, NotWrittenError
from workbench.imperative.nd import NDArray
from workbench.module.base_module import DEFAULT_INITIALIZER, BaseModule
from workbench.module.batch_inputs import Arrays, described
from workbench.module.binding import Binding
from workbench.module.named_arrays import NamedArrays
from workbench.module.parameter_values import settled
from workbench.module.roles import DEFAULT_LABELS, Roles
from workbench.runtime.device import Context, current_context
from workbench.symbolic.executor import Executor
from workbench.symbolic.symbol import Symbol
from workbench.train.io import DataDesc


class BoundModule(BaseModule):
    """A symbol with its parameters on one device; `Module`, which adds the steps, says what it is made of."""

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
    if not isinstance(module, BoundModule):
        raise NotSupportedError(f"bind(shared_module=…) takes a Module, got {type(module).__name__}")
    module._require("bind(shared_module=…): the other module")
    return module._bound("bind(shared_module=…)")
