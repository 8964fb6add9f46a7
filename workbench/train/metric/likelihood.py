"""Metrics of a predicted probability, and the mean of a loss that a network computes itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.arguments import AtLeastZero, checked
from workbench.errors import ArgumentError
from workbench.train.metric.base import EvalMetric, alias, mismatch, pairs, read, register


def _probabilities(label: np.ndarray, pred: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The probability each row of `pred` gives its label, labels in `classes` not being looked up."""
    if classes.size and (classes.min() < 0 or classes.max() >= pred.shape[1]):
        wrong = classes[(classes < 0) | (classes >= pred.shape[1])][0]
        raise ArgumentError(f"label {wrong} is not among the {pred.shape[1]} classes predicted")
    return pred[np.arange(len(pred)), label]


class _LogLikelihood(EvalMetric):
    """Base: the mean over examples of minus the log of the label's probability."""

    eps: AtLeastZero

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in labels (N,) and probabilities (N, classes)."""
        for label, pred in pairs(labels, preds):
            if pred.ndim != 2 or label.size != len(pred):
                raise mismatch(label, pred)
            index = label.ravel().astype(np.int64)
            prob = _probabilities(index, pred, index)
            self._add(float(-np.log(prob + self.eps).sum()), len(pred))


@register
@alias("ce")
class CrossEntropy(_LogLikelihood):
    """Cross-entropy of labels and predicted probabilities; `eps` is added to each probability.

    Args:
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        eps: AtLeastZero = 1e-12,
        name: str = "cross-entropy",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, eps=eps)
        self.eps = eps


@register
@alias("nll_loss")
class NegativeLogLikelihood(_LogLikelihood):
    """Negative log-likelihood of the labels; `eps` is added to each probability.

    Args:
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        eps: AtLeastZero = 1e-12,
        name: str = "nll-loss",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, eps=eps)
        self.eps = eps


@register
class Perplexity(EvalMetric):
    """``exp`` of the mean negative log-likelihood: as unsure as a fair choice among this many.

    Args:
        ignore_label: a label that is not counted, such as padding; None counts all.
        axis: the axis of the prediction that runs over classes.
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        ignore_label: int | None = None,
        axis: int = -1,
        name: str = "perplexity",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, ignore_label=ignore_label, axis=axis)
        self.ignore_label = ignore_label
        self.axis = axis

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in labels (…) and probabilities (…, classes)."""
        for label, pred in pairs(labels, preds):
            rows = np.moveaxis(pred, self.axis, -1).reshape(-1, pred.shape[self.axis])
            if label.size != len(rows):
                raise mismatch(label, pred)
            index = label.ravel().astype(np.int64)
            counted = np.full(index.shape, True) if self.ignore_label is None else index != self.ignore_label
            index, rows = index[counted], rows[counted]
            prob = _probabilities(index, rows, index)
            self._add(float(-np.log(np.maximum(1e-10, prob)).sum()), len(index))

    def _value(self, total: float, count: int) -> float:
        return math.exp(total / count)


@register
class Loss(EvalMetric):
    """Mean over all elements of outputs that are losses already; labels play no part.

    Args:
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        name: str = "loss",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in losses of any shape."""
        for pred in [preds] if hasattr(preds, "shape") else preds:
            values = read(pred)
            self._add(float(values.sum()), values.size)


@register
class Torch(Loss):
    """`Loss` under the name it had for losses computed by Torch.

    Args:
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        name: str = "torch",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)


@register
class Caffe(Loss):
    """`Loss` under the name it had for losses computed by Caffe.

    Args:
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        name: str = "caffe",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)
