"""Modules written in plain Python, with no graph behind them.

`PythonModule` has no parameters and does nothing, so that a subclass defines only what it is about.
`PythonLossModule` is such a one: it hands its input on, and its gradient is any function of scores and labels.
At the end of a `SequentialModule` it makes a loss of whatever NumPy or `nd` can compute.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from workbench.errors import ArgumentError, AutogradError, NotInitializedError, NotWrittenError, ShapeError
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.module.base_module import BaseModule
from workbench.module.batch_inputs import described, named
from workbench.module.named_arrays import NamedArrays
from workbench.module.steps import Names
from workbench.runtime.source import called_at
from workbench.train.optimizer import Updater


class PythonModule(BaseModule):
    """A module without parameters; a subclass defines `forward`, `backward`, `get_outputs`, `get_input_grads`
    and `_compute_output_shapes`.

    Args:
        data_names, label_names, output_names: its inputs and outputs; `label_names` may be None.
    """

    symbol = None

    def __init__(
        self,
        data_names: Sequence[str],
        label_names: Sequence[str] | None,
        output_names: Sequence[str],
        logger: Any = logging,
    ) -> None:
        super().__init__(logger)
        self._data_names = list(data_names)
        self._label_names = list(label_names or ())
        self._output_names = list(output_names)
        self._data_shapes: Any = None
        self._label_shapes: Any = None
        self._output_shapes: Any = None

    @property
    def data_names(self) -> list[str]:
        """Names of the data."""
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        """Names of the labels."""
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        return self._output_names

    @property
    def data_shapes(self) -> Any:
        """Descriptions of the data; None before `bind`."""
        return self._data_shapes

    @property
    def label_shapes(self) -> Any:
        """Descriptions of the labels; None before `bind` or without them."""
        return self._label_shapes

    @property
    def output_shapes(self) -> Any:
        """(name, shape) of the outputs; None before `bind`."""
        return self._output_shapes

    def _bind(
        self, data: Any, labels: Any, for_training: bool, inputs_need_grad: bool, shared: Any, grad_req: Any
    ) -> None:
        if grad_req != "write":
            raise ArgumentError(f"a {type(self).__name__} writes its gradients, got grad_req={grad_req!r}")
        self._data_shapes = described(data, self._data_names, "data_shapes")
        self._label_shapes = described(labels, self._label_names, "label_shapes") if labels else None
        self._output_shapes = self._compute_output_shapes()

    def _compute_output_shapes(self) -> Any:
        """(name, shape) of the outputs, from `_data_shapes` and `_label_shapes`."""
        raise NotImplementedError(f"{type(self).__name__} must define _compute_output_shapes()")

    def get_params(self) -> tuple[Any, Any]:
        """No parameters and no states."""
        return NamedArrays({}), NamedArrays({})

    def _parameter_names(self) -> Names:
        return [], []

    def _init_params(
        self, initializer: Any, args: Any, aux: Any, allow_missing: bool, allow_extra: bool
    ) -> None:
        """There is nothing to initialise."""

    def _init_optimizer(self, kvstore: Any, optimizer: Any, optimizer_params: Any) -> None:
        """There is nothing to update."""

    def _updaters(self) -> list[Updater]:
        return []

    def update(self) -> None:
        """Does nothing: there are no parameters."""

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Takes the outputs into a metric, if the module has labels.

        Raises:
            ArgumentError: `pre_sliced`, which is for several devices.
        """
        if pre_sliced:
            raise ArgumentError(f"update_metric(pre_sliced=True): a {type(self).__name__} has no devices")
        if self._label_names:
            eval_metric.update(labels, self.get_outputs())


class PythonLossModule(PythonModule):
    """A loss by its gradient alone: outputs are the scores that come in.

    Args:
        name: the output is called ``<name>_output``.
        data_names, label_names: one name each.
        grad_func: (scores, labels) → the gradient of the loss by the scores, NumPy or NDArray; a subclass may
            define `_backward_impl` instead.

    Raises:
        ArgumentError: there is not one name each, or `grad_func` can't be called.
    """

    def __init__(
        self,
        name: str = "pyloss",
        data_names: Sequence[str] = ("data",),
        label_names: Sequence[str] = ("softmax_label",),
        logger: Any = logging,
        grad_func: Callable[[NDArray, NDArray], Any] | None = None,
    ) -> None:
        super().__init__(data_names, label_names, [f"{name}_output"], logger)
        if len(self._data_names) != 1 or len(self._label_names) != 1:
            raise ArgumentError(
                f"PythonLossModule() has one input and one label, got {data_names!r} and {label_names!r}"
            )
        if grad_func is not None and not callable(grad_func):
            raise ArgumentError(f"grad_func must be a function of scores and labels, got {grad_func!r}")
        self._name = name
        self._grad_func = grad_func
        self._scores: Any = None
        self._labels: Any = None
        self._scores_grad: Any = None

    def _compute_output_shapes(self) -> Any:
        return [(f"{self._name}_output", self._data_shapes[0].shape)]

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Keeps the scores and, in training, the labels.

        Raises:
            ArgumentError: the batch lacks one.
        """
        train = self.for_training if is_train is None else is_train
        (scores,) = named(data_batch, "data", self._data_names).values() or (None,)
        (labels,) = named(data_batch, "label", self._label_names).values() or (None,)
        if scores is None or (train and labels is None):
            missing = self._data_names if scores is None else self._label_names
            raise ArgumentError(f"forward(): the batch lacks {missing[0]!r}")
        self._scores, self._labels, self._scores_grad = scores, labels if train else None, None

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """The scores.

        Raises:
            NotWrittenError: there was no forward.
        """
        if self._scores is None:
            raise NotWrittenError("get_outputs() needs forward() first: there are no outputs yet")
        return [self._scores] if merge_multi_context else [[self._scores]]

    def backward(self, out_grads: Any = None) -> None:
        """Computes the gradient by the scores.

        Raises:
            ArgumentError: `out_grads` is given, or there is no gradient function.
            AutogradError: there was no `forward` in training before it.
            ShapeError: the gradient has another shape than the scores.
        """
        if out_grads is not None:
            raise ArgumentError("backward(out_grads=…): a loss is where gradients begin")
        self._require_training("backward()")
        if self._labels is None:
            raise AutogradError(f"backward() needs forward(is_train=True) before it{called_at()}")
        self._backward_impl()

    def _backward_impl(self) -> None:
        if self._grad_func is None:
            raise ArgumentError(f"{type(self).__name__} needs grad_func, or a subclass with _backward_impl()")
        grad = self._grad_func(self._scores, self._labels)
        grad = grad if isinstance(grad, NDArray) else nd.array(grad, ctx=self._scores.context)
        if grad.shape != self._scores.shape:
            raise ShapeError(f"grad_func gave shape {grad.shape}, the scores have {self._scores.shape}")
        self._scores_grad = grad

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """The gradient by the scores.

        Raises:
            NotInitializedError: it was bound without `inputs_need_grad`.
            NotWrittenError: there was no `backward` yet.
        """
        if not self.inputs_need_grad:
            raise NotInitializedError(f"get_input_grads() needs bind(inputs_need_grad=True){called_at()}")
        if self._scores_grad is None:
            raise NotWrittenError("get_input_grads() needs backward() first: no gradient was computed yet")
        return [self._scores_grad] if merge_multi_context else [[self._scores_grad]]
