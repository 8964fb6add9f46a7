"""A symbol with its arrays: what a module is before anything is computed.

Binding settles the shapes and makes the arrays; initialising gives the parameters values.  Both leave
everything as it was if something does not fit.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import ArgumentError, NotSupportedError, NotWrittenError
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.memory.plan import checked
from workbench.module.base_module import BaseModule
from workbench.module.batch_inputs import Arrays, described
from workbench.module.binding import Binding
from workbench.module.named_arrays import NamedArrays
from workbench.module.parameter_values import settled
from workbench.module.roles import DEFAULT_LABELS, Roles
from workbench.module.split import SplitExecutor
from workbench.module.split_binding import SplitBinding, bound
from workbench.runtime.device import Context, current_context
from workbench.symbolic.executor import Executor
from workbench.symbolic.placement import check_groups
from workbench.symbolic.symbol import Symbol
from workbench.train.compression import GradientCompression
from workbench.train.io import DataDesc


class BoundModule(BaseModule):
    """A symbol with its parameters; `Module`, which adds the steps, says what it is made of."""

    symbol: Symbol

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
        plan: Any = None,
    ) -> None:
        super().__init__(logger)
        if not isinstance(symbol, Symbol):
            raise ArgumentError(f"Module() takes a Symbol, got {type(symbol).__name__}")
        self.symbol = symbol
        self._contexts = _devices(context)
        self._groups = _groups(group2ctxs, self._contexts)
        self._loads = _loads(work_load_list, len(self._contexts))
        self._roles = Roles(symbol, data_names, label_names, state_names, fixed_param_names)
        self._plan = None if plan is None else checked(plan)
        self._compression = GradientCompression.of(compression_params)
        self._saved: tuple[Arrays, Arrays] | None = None
        self._unbind()

    def _unbind(self) -> None:
        self.binded = False
        self._binding: Binding | SplitBinding | None = None
        self._executor: Executor | SplitExecutor | None = None
        self._data: list[DataDesc] = []
        self._labels: list[DataDesc] = []
        self._ran: Executor | SplitExecutor | None = None  # whose outputs are those of the last batch
        self._differentiated: Executor | SplitExecutor | None = None  # whose backward came last

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

    @property
    def _label_shapes(self) -> list[DataDesc] | None:
        """By MXNet's private name, under which published programs hand it to another `bind`."""
        return self._labels or None

    def _bound(self, what: str) -> Binding | SplitBinding:
        self._require_shapes(what)
        assert self._binding is not None
        return self._binding

    # -- binding ---------------------------------------------------------------------------------

    def _bind(
        self, data: Any, labels: Any, for_training: bool, inputs_need_grad: bool, shared: Any, grad_req: Any
    ) -> None:
        descs = self._descriptions(data, labels)
        reqs = self._roles.requests(grad_req, for_training, inputs_need_grad)
        other = self._binding if self.params_initialized else None
        if shared is not None:
            other = _shared(shared)
        roles = self._roles
        of = (self.symbol, self._contexts, self._loads, roles.parameters, roles.states, reqs)
        binding = bound(*of, other, self._plan, self._between_devices(), self._groups)
        executor = binding.select([*descs[0], *descs[1]])
        self._unbind()
        self._binding, self._executor, self.binded = binding, executor, True
        self._data, self._labels = descs
        self.params_initialized = other is not None
        if self._saved is not None:
            self._take_saved(*self._saved)

    def _between_devices(self) -> GradientCompression | None:
        """How gradients travel from device to device."""
        return self._compression

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

    def _init_params(
        self, initializer: Any, args: Any, aux: Any, allow_missing: bool, allow_extra: bool
    ) -> None:
        binding = self._bound("init_params()")
        attrs, writes = self.symbol.attr_dict(), []
        for targets, given in ((binding.args, args), (binding.aux, aux)):
            values = settled(targets, given, initializer, attrs, allow_missing, allow_extra)
            if not self.params_initialized:
                self._fill_unread(targets, values)
                if len(values) < len(targets):
                    empty = next(name for name in targets if name not in values)
                    raise ArgumentError(
                        f"{empty!r} has no value yet, none is given, and there is no initializer"
                    )
            writes += [(value, targets[name]) for name, value in values.items()]
        for value, target in writes:
            value.copyto(target)

    def _fill_unread(self, targets: Mapping[str, NDArray], values: dict[str, NDArray]) -> None:
        """Predicting without labels needs no values for those of a loss layer: no output is computed from them."""
        if self.for_training:
            return
        for name in self._roles.unread:
            if name in targets and name not in values:
                values[name] = nd.zeros_like(targets[name])

    def _parameter_names(self) -> tuple[list[str], list[str]]:
        return self._roles.parameters, self.symbol.list_auxiliary_states()

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


def _groups(given: Any, contexts: Sequence[Context]) -> Any:
    """The device of each group, from MXNet's forms for one context: a dict, or a list of one."""
    if given is not None and len(contexts) > 1:
        raise NotSupportedError(
            f"Module(group2ctxs=…) spreads one network over devices; {len(contexts)} contexts share out batches: "
            "give one or the other"
        )
    if isinstance(given, (list, tuple)) and len(given) == 1:
        given = given[0]
    if isinstance(given, Mapping):
        given = {g: d[0] if isinstance(d, (list, tuple)) and len(d) == 1 else d for g, d in given.items()}
    check_groups("Module(group2ctxs=…)", given)
    return given


def _devices(context: Any) -> list[Context]:
    if context is None:
        return [current_context()]
    devices = list(context) if isinstance(context, (list, tuple)) else [context]
    if not devices or not all(isinstance(device, Context) for device in devices):
        raise ArgumentError(
            f"Module(context=…) takes a Context such as cpu(), or a list of them: {context!r}"
        )
    if len(set(devices)) < len(devices):
        raise ArgumentError(
            f"Module(context=…): each device at most once, got {', '.join(map(str, devices))}"
        )
    return devices


def _loads(given: Sequence[float] | None, count: int) -> list[float]:
    loads = [1.0] * count if given is None else list(given) if isinstance(given, (list, tuple)) else []
    if len(loads) != count or not all(isinstance(load, (int, float)) and load > 0 for load in loads):
        raise ArgumentError(
            f"Module(work_load_list=…) needs a positive number for each of {count} devices, got {given!r}"
        )
    return loads


def _shared(module: Any) -> Binding | SplitBinding:
    if not isinstance(module, BoundModule):
        raise NotSupportedError(f"bind(shared_module=…) takes a Module, got {type(module).__name__}")
    module._require("bind(shared_module=…): the other module")
    return module._bound("bind(shared_module=…)")
