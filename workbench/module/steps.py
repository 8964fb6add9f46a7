"""What a module does, one step at a time.

Every kind of module (one network, one a bucket, a chain of them, plain Python) is bound, initialised, run
forward and backward and updated.  The guards are the same for all and stand here: what was done already is
not done again unless forced, and what comes too early is named.  How a step is done is the module's business.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import ArgumentError, NotInitializedError, NotSupportedError
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.module.update_rule import DEFAULT_ARGUMENTS
from workbench.runtime.source import called_at, warn
from workbench.symbolic.symbol import Symbol
from workbench.train.compression import GradientCompression
from workbench.train.initializer import Uniform
from workbench.train.optimizer import Updater
from workbench.train.resuming import Trained
from workbench.types import Shape

DEFAULT_INITIALIZER = Uniform(0.01)
Names = tuple[list[str], list[str]]


class Steps(ABC):
    """The steps of training.

    Attributes:
        symbol: the network; None where there is no single one.
        binded: whether shapes are known and arrays made (MXNet's spelling).
        for_training, inputs_need_grad: what it was bound for.
        params_initialized, optimizer_initialized: whether parameters have values, and updates a rule.
    """

    symbol: Symbol | None
    data_names: Any
    label_names: Any
    output_names: Any
    data_shapes: Any
    label_shapes: Any
    output_shapes: Any

    def __init__(self, logger: Any = logging) -> None:
        self.logger = logger
        self.binded = False
        self.for_training = False
        self.inputs_need_grad = False
        self.params_initialized = False
        self.optimizer_initialized = False

    def _require(self, what: str, optimizer: bool = False) -> None:
        """Raises NotInitializedError where `what` needs something that has not been done."""
        self._require_shapes(what)
        if not self.params_initialized:
            raise NotInitializedError(
                f"{what} needs init_params() first: the parameters have no values yet{called_at()}"
            )
        if optimizer and not self.optimizer_initialized:
            raise NotInitializedError(f"{what} needs init_optimizer() first{called_at()}")

    def _require_shapes(self, what: str) -> None:
        if not self.binded:
            raise NotInitializedError(f"{what} needs bind() first: the module has no shapes yet{called_at()}")

    def _require_training(self, what: str) -> None:
        if not self.for_training:
            raise NotInitializedError(f"{what}: the module was bound with for_training=False{called_at()}")

    # -- getting ready ---------------------------------------------------------------------------

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
            force_rebind: bind anew what is bound; otherwise that is left as it is, with a warning.
            shared_module: a bound module whose parameters become this one's too.
            grad_req: ``"write"``, ``"add"`` or ``"null"``, for all parameters or by argument.

        Raises:
            ArgumentError: names are not the module's, or a shape does not follow.
            ShapeError: the shapes contradict the network or its parameters.
            NotInitializedError: `shared_module` is not bound or has no parameters.
        """
        if self.binded and not force_rebind:
            warn("bind(): bound already, so this is ignored; give force_rebind=True")
            return
        if inputs_need_grad and not for_training:
            raise ArgumentError(
                "bind(inputs_need_grad=True) needs for_training=True: predicting has no gradients"
            )
        self._bind(data_shapes, label_shapes, for_training, inputs_need_grad, shared_module, grad_req)
        self.binded = True
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad

    def _bind(
        self, data: Any, labels: Any, for_training: bool, inputs_need_grad: bool, shared: Any, grad_req: Any
    ) -> None:
        """Binds, or leaves everything as it was."""
        raise NotImplementedError(f"{type(self).__name__} must define bind()")

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
        self._require_shapes("init_params()")
        if self.params_initialized and not force_init:
            warn("init_params(): initialised already, so this is ignored; give force_init=True")
            return
        _check_values(initializer, arg_params=arg_params, aux_params=aux_params)
        self._init_params(initializer, arg_params, aux_params, allow_missing, allow_extra)
        self.params_initialized = True

    def _init_params(
        self, initializer: Any, args: Any, aux: Any, allow_missing: bool, allow_extra: bool
    ) -> None:
        """Gives values to all, or to none."""
        raise NotImplementedError(f"{type(self).__name__} must define init_params()")

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = DEFAULT_ARGUMENTS,
        force_init: bool = False,
    ) -> None:
        """Chooses the rule of updates.

        Args:
            kvstore: None or one of MXNet's names.  Those of a store in this process (``"local"``, ``"device"`` …) mean
                the same, but that only ``"device"`` compresses: gradients of several devices are summed on the first,
                which updates.  With ``"dist_sync"`` they are summed over the workers of a group too, and every worker
                updates alike; with ``"dist_async"`` parameter servers update.
            optimizer: its name, or an `Optimizer`.
            optimizer_params: its arguments by name; `rescale_grad` is 1 / (batch size · workers) unless given.
            force_init: replace the optimizer there is.

        Raises:
            ArgumentError: a name or an argument is unknown.
            NotInitializedError: there are no parameters yet, or a store between workers is asked for by a process
                that is in no group.
            NotSupportedError: another kind of store, or one that can't compress as `compression_params` ask.
        """
        self._require("init_optimizer()")
        if self.optimizer_initialized and not force_init:
            warn("init_optimizer(): initialised already, so this is ignored; give force_init=True")
            return
        self._init_optimizer(kvstore, optimizer, optimizer_params)
        self.optimizer_initialized = True

    def _init_optimizer(self, kvstore: Any, optimizer: Any, optimizer_params: Any) -> None:
        """Takes the rule, or leaves the one there is."""
        raise NotImplementedError(f"{type(self).__name__} must define init_optimizer()")

    # -- one step --------------------------------------------------------------------------------

    @abstractmethod
    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Computes the outputs of a batch; `is_train` None behaves as it was bound."""

    @abstractmethod
    def backward(self, out_grads: Any = None) -> None:
        """Computes the gradients of the last forward, from cotangents where the outputs are no losses."""

    @abstractmethod
    def update(self) -> None:
        """Updates the parameters."""

    @abstractmethod
    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The outputs of the last forward; with `merge_multi_context` off, a list of each device's for each."""

    @abstractmethod
    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradients of the data of the last backward, in the order of the data."""

    @abstractmethod
    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Takes the last outputs and `labels` into a metric; `pre_sliced`: a list of labels for each device."""

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """The states, of which most modules have none."""
        self._require("get_states()")
        return []

    def set_states(self, states: Sequence[NDArray] | None = None, value: float | None = None) -> None:
        """Sets the states, of which most modules have none.

        Raises:
            ArgumentError: `states` or `value` is given.
        """
        self._require("set_states()")
        if states or value:
            raise ArgumentError(f"set_states(): this {type(self).__name__} has no states")

    def install_monitor(self, mon: Any) -> None:
        """Has a monitor watch every executor (``mon.install(executor)``).

        Raises:
            NotSupportedError: the module has no executors.
        """
        raise NotSupportedError(f"install_monitor(): a {type(self).__name__} has no executor to watch")

    def prepare(self, data_batch: Any, sparse_row_id_fn: Any = None) -> None:
        """Gets ready for a batch; there is nothing to do.

        Raises:
            NotSupportedError: `sparse_row_id_fn` was given.
        """
        if sparse_row_id_fn is not None:
            raise NotSupportedError("sparse_row_id_fn: parameters are dense, so there are no rows to fetch")

    def trained(self, shapes: Mapping[str, Shape] | None = None) -> Trained:
        """What training changes: parameters, states, optimizers; a checkpoint keeps it.

        Args:
            shapes: those of a checkpoint's arrays; a module that has parameters knows its own.
        """
        self._require("trained()", optimizer=True)
        groups = zip(("arg", "aux"), self.get_params(), strict=True)
        arrays = {f"{kind}:{name}": a for kind, named in groups for name, a in named.items()}
        arrays |= {f"state:{at}": state for at, state in enumerate(self.get_states())}
        return Trained(arrays, self._updaters(), self._compressions())

    def _updaters(self) -> list[Updater]:
        """The optimizers with their states."""
        raise NotSupportedError(f"a {type(self).__name__} can not say what its training changes")

    def _compressions(self) -> list[GradientCompression]:
        """What compresses gradients: nothing."""
        return []

    # -- parameters ------------------------------------------------------------------------------

    @abstractmethod
    def get_params(self) -> tuple[Any, Any]:
        """Parameters and auxiliary states by name."""

    def _parameter_names(self) -> Names:
        """Names of parameters and auxiliary states, known once bound; of a class of the user's, once initialised."""
        args, aux = self.get_params()
        return list(args), list(aux)

    def set_params(
        self,
        arg_params: Mapping[str, NDArray] | None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Copies values in by name; nothing is written unless all fit.

        Raises:
            ArgumentError: a name is missing or unknown and the `allow_` argument is off.
            ShapeError: a value has another shape than its parameter.
        """
        self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)

    def save_params(self, fname: str) -> None:
        """Writes parameters and auxiliary states to a file, as a checkpoint has them."""
        groups = zip(("arg", "aux"), self.get_params(), strict=True)
        nd.save(fname, {f"{kind}:{name}": a for kind, arrays in groups for name, a in arrays.items()})

    def load_params(self, fname: str) -> None:
        """Takes the values `save_params` wrote.

        Raises:
            ArgumentError: names are missing or unknown.
        """
        saved = nd.load(fname)
        if not isinstance(saved, Mapping):
            raise ArgumentError(f"{fname} holds a list of arrays, not parameters by name")
        arg, aux = (
            {k.removeprefix(kind): a for k, a in saved.items() if k.startswith(kind)}
            for kind in ("arg:", "aux:")
        )
        self.set_params(arg, aux)


def _check_values(initializer: Any, **given: Any) -> None:
    if initializer is not None and not callable(initializer):
        raise ArgumentError(
            f"init_params() takes an initializer such as init.Xavier(), got {type(initializer).__name__}"
        )
    for name, values in given.items():
        if values is not None and not isinstance(values, Mapping):
            raise ArgumentError(f"{name} must map names to arrays, got {type(values).__name__}")
