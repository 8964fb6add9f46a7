"""`SequentialModule`: modules in a chain, each fed with the outputs of the one before.

Modules of different kinds can be joined this way: a network, then a loss written in plain Python.  One
network in one `Module` runs as one program; a chain runs as one program a module.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from workbench.errors import ArgumentError, NotInitializedError, NotSupportedError, ShapeError, did_you_mean
from workbench.module.base_module import BaseModule
from workbench.module.named_arrays import NamedArrays
from workbench.module.steps import Names, Steps
from workbench.runtime.source import called_at
from workbench.train.compression import GradientCompression
from workbench.train.io import DataBatch, DataDesc
from workbench.train.kvstore.kinds import is_on_servers
from workbench.train.optimizer import Updater


class _Link(NamedTuple):
    module: Steps
    take_labels: bool
    auto_wiring: bool


class SequentialModule(BaseModule):
    """A chain of modules, built by `add`.

    Attributes:
        META_TAKE_LABELS, META_AUTO_WIRING: the options of `add`, by MXNet's names for them.
    """

    META_TAKE_LABELS = "take_labels"
    META_AUTO_WIRING = "auto_wiring"

    symbol = None

    def __init__(self, logger: Any = logging) -> None:
        super().__init__(logger)
        self._links: list[_Link] = []
        self._label_shapes: Any = None

    def add(self, module: BaseModule, **kwargs: Any) -> SequentialModule:
        """Adds a module at the end, and gives the chain, which must be bound anew.

        Args:
            take_labels: the module gets the labels of the batch.
            auto_wiring: its inputs take the outputs before it in order, whatever their names.

        Raises:
            ArgumentError: it is no module, or an option is unknown.
        """
        if not isinstance(module, Steps):
            raise ArgumentError(f"SequentialModule.add() takes a module, got {type(module).__name__}")
        known = (self.META_TAKE_LABELS, self.META_AUTO_WIRING)
        for name in kwargs:
            if name not in known:
                raise ArgumentError(
                    f"SequentialModule.add(): no option {name!r}; there are {', '.join(known)}."
                    f"{did_you_mean(name, known)}"
                )
        self._links.append(_Link(module, *[bool(kwargs.get(name)) for name in known]))
        self.binded = self.params_initialized = self.optimizer_initialized = False
        return self

    def _chain(self, what: str) -> list[Steps]:
        if not self._links:
            raise ArgumentError(f"{what}: the chain is empty; add() a module first")
        return [link.module for link in self._links]

    # -- what it is ------------------------------------------------------------------------------

    @property
    def data_names(self) -> list[str]:
        """Names of the first module's data."""
        return self._links[0].module.data_names if self._links else []

    @property
    def label_names(self) -> list[str]:
        """Names of the labels that modules of the chain take."""
        taken = [link.module.label_names for link in self._links if link.take_labels]
        return list(dict.fromkeys(name for names in taken for name in names or ()))

    @property
    def output_names(self) -> list[str]:
        """Names of the last module's outputs."""
        return self._links[-1].module.output_names if self._links else []

    @property
    def data_shapes(self) -> Any:
        """Descriptions of the first module's data."""
        self._require_shapes("data_shapes")
        return self._links[0].module.data_shapes

    @property
    def label_shapes(self) -> Any:
        """Descriptions of the labels; None if no module takes any."""
        self._require_shapes("label_shapes")
        return self._label_shapes

    @property
    def output_shapes(self) -> Any:
        """(name, shape) of the last module's outputs."""
        self._require_shapes("output_shapes")
        return self._links[-1].module.output_shapes

    # -- getting ready ---------------------------------------------------------------------------

    def _bind(
        self, data: Any, labels: Any, for_training: bool, inputs_need_grad: bool, shared: Any, grad_req: Any
    ) -> None:
        if shared is not None:
            raise NotSupportedError("SequentialModule.bind(shared_module=…): share the modules of the chain")
        first = self._chain("bind()")[0]
        for module, take_labels, auto_wiring in self._links:
            shapes = self._wired(module, data) if auto_wiring else data
            wants = for_training and (inputs_need_grad or module is not first)
            module.bind(shapes, labels if take_labels else None, for_training, wants, True, grad_req=grad_req)
            data = module.output_shapes
        self._label_shapes = labels if any(link.take_labels for link in self._links) else None

    @staticmethod
    def _wired(module: Steps, given: Any) -> list[DataDesc]:
        names = module.data_names
        if len(names) != len(given):
            raise ShapeError(
                f"auto_wiring: {len(given)} outputs for {len(names)} inputs: {', '.join(map(repr, names))}"
            )
        return [DataDesc(name, entry[1]) for name, entry in zip(names, given, strict=True)]

    def _init_params(
        self, initializer: Any, args: Any, aux: Any, allow_missing: bool, allow_extra: bool
    ) -> None:
        chain = self._chain("init_params()")
        late = [m for m in chain if type(m)._parameter_names is Steps._parameter_names]
        for module in late:  # a class of the user's: its parameters may have names once they have values
            module.init_params(initializer, args, aux, allow_missing, force_init=True, allow_extra=True)
        owned = [module._parameter_names() for module in chain]
        self._check_names(owned, (args, aux), allow_extra)
        for module, names in zip(chain, owned, strict=True):
            if module not in late:
                mine = _chosen(args, names[0]), _chosen(aux, names[1])
                module.init_params(initializer, *mine, allow_missing, force_init=True)

    @staticmethod
    def _check_names(owned: Sequence[Names], values: Sequence[Any], allow_extra: bool) -> None:
        """Whether each name is one module's only, and each value has a module."""
        places: dict[str, int] = {}
        for place, names in enumerate(owned):
            for name in (*names[0], *names[1]):
                if name in places:
                    raise ArgumentError(f"modules {places[name]} and {place} of the chain both have {name!r}")
                places[name] = place
        extra = [name for given in values for name in given or () if name not in places]
        if extra and not allow_extra:
            raise ArgumentError(
                f"no module of the chain has a parameter {extra[0]!r}; allow_extra=True passes over such values."
                f"{did_you_mean(extra[0], places)}"
            )

    def _parameter_names(self) -> Names:
        args, aux = zip(*[module._parameter_names() for module in self._chain("get_params()")], strict=True)
        return [n for names in args for n in names], [n for names in aux for n in names]

    def get_params(self) -> tuple[NamedArrays, NamedArrays]:
        """(parameters, auxiliary states) of all modules by name, their own arrays."""
        self._require("get_params()")
        args, aux = {}, {}
        for module in self._chain("get_params()"):
            mine = module.get_params()
            args.update(mine[0])
            aux.update(mine[1])
        return NamedArrays(args), NamedArrays(aux)

    def _init_optimizer(self, kvstore: Any, optimizer: Any, optimizer_params: Any) -> None:
        chain = self._chain("init_optimizer()")
        if is_on_servers(kvstore) and len(chain) > 1:
            raise NotSupportedError(
                f"kvstore='dist_async' with a chain of {len(chain)} modules: servers have one optimizer, and each"
                " module its own; make one Module of the whole network, or use 'dist_sync', which updates in workers"
            )
        for module in chain:
            module.init_optimizer(kvstore, optimizer, optimizer_params, force_init=True)

    def _updaters(self) -> list[Updater]:
        return [updater for module in self._chain("trained()") for updater in module._updaters()]

    def _compressions(self) -> list[GradientCompression]:
        return [each for module in self._chain("trained()") for each in module._compressions()]

    def install_monitor(self, mon: Any) -> None:
        """Has a monitor watch the executors of all modules."""
        self._require_shapes("install_monitor()")
        for module in self._chain("install_monitor()"):
            module.install_monitor(mon)

    # -- one step --------------------------------------------------------------------------------

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Runs the modules in turn; all that take labels get the batch's."""
        self._require("forward()")
        link = self._links[0]
        link.module.forward(data_batch, is_train)
        for before, link in pairwise(self._links):
            outputs = before.module.get_outputs()
            names = [entry[0] for entry in before.module.output_shapes]
            names = link.module.data_names if link.auto_wiring else names
            provided = [DataDesc(name, a.shape) for name, a in zip(names, outputs, strict=True)]
            batch = DataBatch(
                outputs,
                data_batch.label,
                data_batch.pad,
                data_batch.index,
                getattr(data_batch, "bucket_key", None),
                provide_data=provided,
                provide_label=getattr(data_batch, "provide_label", None),
            )
            link.module.forward(batch, is_train)

    def backward(self, out_grads: Any = None) -> None:
        """Runs the modules' backward in turn, from the last to the first."""
        self._require("backward()")
        last = self._links[-1].module
        last.backward(out_grads)
        for after, link in pairwise(reversed(self._links)):
            link.module.backward(after.module.get_input_grads())

    def update(self) -> None:
        """Updates the parameters of every module."""
        self._require("update()", optimizer=True)
        for module in self._chain("update()"):
            module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last module."""
        self._require("get_outputs()")
        return self._links[-1].module.get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the first module's data.

        Raises:
            NotInitializedError: the chain was bound without `inputs_need_grad`.
        """
        if not self.inputs_need_grad:
            raise NotInitializedError(f"get_input_grads() needs bind(inputs_need_grad=True){called_at()}")
        return self._links[0].module.get_input_grads(merge_multi_context)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Has the modules that take labels fill a metric."""
        self._require("update_metric()")
        for link in self._links:
            if link.take_labels:
                link.module.update_metric(eval_metric, labels, pre_sliced)


def _chosen(given: Mapping[str, Any] | None, names: Sequence[str]) -> dict[str, Any] | None:
    return None if given is None else {name: given[name] for name in names if name in given}
