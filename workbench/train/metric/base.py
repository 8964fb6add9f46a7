"""A metric is a sum and a count.

Over an epoch a metric sees batch after batch and must forget each at once, so it keeps a running
sum and how many things it summed; their quotient is its value.  It keeps them twice: *local* since
the last `reset_local`, which a progress line calls, and *global* since the last `reset`.

Metrics compute with NumPy.  Reading a prediction for one waits for the network: in a loop that
should not wait, update them less often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import wraps
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.errors import ArgumentError, ShapeError
from workbench.train.factory import Factory


def _whole(update: Callable[..., None]) -> Callable[..., None]:
    """`update` that takes in a batch as a whole, or not at all where it fails within."""

    @wraps(update)
    def taken(self: EvalMetric, *args: Any, **kwargs: Any) -> None:
        restore = self._keep()
        try:
            update(self, *args, **kwargs)
        except BaseException:
            restore()
            raise

    return taken


class EvalMetric:
    """Base of the metrics; a subclass defines `update`.

    Args:
        name: what the value is called when printed.
        output_names: which outputs `update_dict` takes; None takes all.
        label_names: which labels `update_dict` takes; None takes all.
        kwargs: further arguments, for `get_config`.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in {"update", "update_dict"} & set(vars(cls)):
            setattr(cls, name, _whole(vars(cls)[name]))

    @checked
    def __init__(
        self,
        name: str,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.name = str(name)
        self.output_names = output_names
        self.label_names = label_names
        kwargs.pop("has_global_stats", None)  # MXNet asks; here a metric that keeps global sums is seen to
        self._kwargs = kwargs
        self.reset()

    def _keep(self) -> Callable[[], None]:
        """What takes the metric back to what it is now."""
        before = {k: copy(v) if isinstance(v, (list, dict, np.ndarray)) else v for k, v in vars(self).items()}
        return lambda: vars(self).update(before)

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """The class, name and arguments."""
        return {
            **self._kwargs,
            "metric": type(self).__name__,
            "name": self.name,
            "output_names": self.output_names,
            "label_names": self.label_names,
        }

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in one batch: lists of labels and of predictions, one a network output."""
        raise NotImplementedError(f"{type(self).__name__} must define update(labels, preds)")

    def update_dict(self, label: Mapping[str, Any], pred: Mapping[str, Any]) -> None:
        """Takes in one batch by name.

        Raises:
            ArgumentError: a name in `output_names` or `label_names` is not there.
        """
        self.update(
            _chosen(label, self.label_names, "label"),
            _chosen(pred, self.output_names, "output"),
        )

    def _add(self, total: float, count: int) -> None:
        self.sum_metric += total
        self.num_inst += count
        self.global_sum_metric += total
        self.global_num_inst += count

    def reset(self) -> None:
        """Forgets everything."""
        self.reset_local()
        self.global_sum_metric, self.global_num_inst = 0.0, 0

    def reset_local(self) -> None:
        """Forgets what `get` gives, not what `get_global` gives."""
        self.sum_metric, self.num_inst = 0.0, 0

    def _value(self, total: float, count: int) -> float:
        """What is shown for a sum and a count."""
        return total / count

    def get(self) -> tuple[Any, Any]:
        """(name, value) since the last reset; the value of nothing is nan."""
        return self.name, self._value(self.sum_metric, self.num_inst) if self.num_inst else float("nan")

    def get_global(self) -> tuple[Any, Any]:
        """(name, value) since the last `reset`, whatever `reset_local` forgot.

        A metric whose `update` adds to `sum_metric` and `num_inst` alone has no other value than `get`'s.
        """
        count = getattr(self, "global_num_inst", 0)  # a published `reset` may not call this class's
        if not count and self.num_inst:
            return self.get()
        return self.name, self._value(self.global_sum_metric, count) if count else float("nan")

    def get_name_value(self) -> list[tuple[str, float]]:
        """`get` as a list of pairs."""
        return _pairs(*self.get())

    def get_global_name_value(self) -> list[tuple[str, float]]:
        """`get_global` as a list of pairs."""
        if getattr(self, "num_inst", 0) and not getattr(self, "global_num_inst", 0):
            return self.get_name_value()  # which such a metric may define
        return _pairs(*self.get_global())


def _pairs(name: Any, value: Any) -> list[tuple[str, float]]:
    return list(zip(name, value, strict=True)) if isinstance(name, list) else [(name, value)]


def _chosen(values: Mapping[str, Any], names: Sequence[str] | None, what: str) -> list[Any]:
    missing = [n for n in names or () if n not in values]
    if missing:
        raise ArgumentError(f"no {what} {missing[0]!r} to measure; there are {', '.join(values) or 'none'}")
    return [values[n] for n in (values if names is None else names)]


def check_label_shapes(labels: Any, preds: Any, wrap: bool = False, shape: bool = False) -> tuple[Any, Any]:
    """Labels and predictions, checked for equal number, or with `shape` for equal shape.

    `wrap` makes lists of single arrays.

    Raises:
        ShapeError: they differ; the message has both.
        ArgumentError: one is neither an array nor a list of them.
    """
    for what, given in (("labels", labels), ("predictions", preds)):
        if isinstance(given, str) or not hasattr(given, "__len__"):
            raise ArgumentError(f"{what} are an array or a list of arrays, got {type(given).__name__}")
    of_labels, of_preds = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if of_labels != of_preds:
        raise ShapeError(f"labels {of_labels} do not match predictions {of_preds}")
    if wrap:
        labels = [labels] if hasattr(labels, "shape") else labels
        preds = [preds] if hasattr(preds, "shape") else preds
    return labels, preds


def read(array: Any) -> np.ndarray:
    """An array as NumPy computes with it: low-precision floats widened to float32."""
    values = np.asarray(array.asnumpy() if hasattr(array, "asnumpy") else array)
    return values.astype(np.float32) if values.dtype.itemsize == 2 and values.dtype.kind in "fV" else values


def pairs(labels: Any, preds: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """(label, prediction) of each output, as NumPy arrays.

    Raises:
        ShapeError: there are more labels than predictions, or fewer.
    """
    labels, preds = check_label_shapes(labels, preds, wrap=True)
    return [(read(label), read(pred)) for label, pred in zip(labels, preds, strict=True)]


def mismatch(label: np.ndarray, pred: np.ndarray) -> ShapeError:
    """The error for a label and a prediction whose shapes do not fit."""
    return ShapeError(f"label of shape {label.shape} does not match prediction of shape {pred.shape}")


FACTORY = Factory("metric", EvalMetric)
register = FACTORY.register
alias = FACTORY.alias
