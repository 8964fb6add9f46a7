"""A metric from a function of NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError, NotSupportedError
from workbench.train.metric.base import EvalMetric, check_label_shapes, read, register

Evaluate = Callable[[Any, Any], Any]


@register
class CustomMetric(EvalMetric):
    """Averages what `feval(label, prediction)` gives: a number, or a (sum, count).

    Args:
        feval: the function of two NumPy arrays.
        name: by default the function's own.
        allow_extra_outputs: let the network have outputs beyond those that have labels.
        output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        feval: Evaluate,
        name: str | None = None,
        allow_extra_outputs: bool = False,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        own = getattr(feval, "__name__", type(feval).__name__)
        name = name or (f"custom({own})" if "<" in own else own)
        super().__init__(
            name, output_names, label_names, feval=feval, allow_extra_outputs=allow_extra_outputs
        )
        self._feval = feval
        self._allow_extra_outputs = allow_extra_outputs

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in lists of labels and predictions.

        Raises:
            ArgumentError: the function gave something else than it should; nothing of that is counted.
        """
        if not self._allow_extra_outputs:
            labels, preds = check_label_shapes(labels, preds, wrap=True)
        for label, pred in zip(labels, preds, strict=False):
            result = self._feval(read(label), read(pred))
            counted = result if isinstance(result, tuple) else (result, 1)
            if len(counted) != 2 or not all([hasattr(number, "__float__") for number in counted]):
                raise ArgumentError(
                    f"{self.name}: its function gives a number or a (sum, count), got {result!r}"
                )
            self._add(*counted)

    def get_config(self) -> dict[str, Any]:
        """A function has no text that would make it again.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError(f"CustomMetric {self.name!r} can't be described by a configuration")


def np(numpy_feval: Evaluate, name: str | None = None, allow_extra_outputs: bool = False) -> CustomMetric:
    """A `CustomMetric` of a function of NumPy arrays; also a decorator."""
    return CustomMetric(numpy_feval, name, allow_extra_outputs)
