"""Metrics of a predicted class: accuracy, accuracy among the k best, F1, Matthews' correlation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError, ShapeError
from workbench.train.metric.base import EvalMetric, alias, mismatch, pairs, register
from workbench.train.metric.tallied import Averaged


@register
@alias("acc")
class Accuracy(EvalMetric):
    """Share of labels that are the class predicted.

    Args:
        axis: the axis of the prediction that runs over classes; it is absent where the prediction has
            the label's shape and so is a class already.
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        axis: int = 1,
        name: str = "accuracy",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, axis=axis)
        self.axis = axis

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in labels (N, …) and predictions (N, classes, …) or (N, …)."""
        for label, pred in pairs(labels, preds):
            chosen = pred if pred.shape == label.shape else self._chosen(label, pred)
            self._add(
                int((chosen.ravel().astype(np.int32) == label.ravel().astype(np.int32)).sum()), label.size
            )

    def _chosen(self, label: np.ndarray, pred: np.ndarray) -> np.ndarray:
        if not -pred.ndim <= self.axis < pred.ndim:
            raise mismatch(label, pred)
        chosen = pred.argmax(axis=self.axis)
        if chosen.size != label.size:
            raise mismatch(label, pred)
        return chosen


@register
@alias("top_k_accuracy", "top_k_acc")
class TopKAccuracy(EvalMetric):
    """Share of labels among the `top_k` classes predicted with the highest scores.

    Args:
        top_k: how many classes are looked at, 2 or more.
        name, output_names, label_names: as `EvalMetric`.

    Raises:
        ArgumentError: `top_k` is below 2; Accuracy is the metric for 1.
    """

    @checked
    def __init__(
        self,
        top_k: Positive = 1,
        name: str = "top_k_accuracy",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        if top_k < 2:
            raise ArgumentError(
                f"top_k must be 2 or more, got {top_k}; use Accuracy for the best class alone"
            )
        super().__init__(f"{name}_{top_k}", output_names, label_names, top_k=top_k)
        self.top_k = top_k

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in labels (N,) and scores (N, classes)."""
        for label, pred in pairs(labels, preds):
            if pred.ndim != 2 or label.size != len(pred):
                raise mismatch(label, pred)
            best = np.argpartition(pred, -min(self.top_k, pred.shape[1]), axis=1)[:, -self.top_k :]
            self._add(int((best == label.astype(np.int32).reshape(-1, 1)).any(axis=1).sum()), len(pred))


class _Counts:
    """A binary classification counted: positives hit, predicted and actual, and all examples."""

    def __init__(self) -> None:
        self.hits = self.predicted = self.actual = self.total = 0

    def add(self, label: np.ndarray, pred: np.ndarray, metric: str) -> None:
        if pred.ndim != 2 or label.size != len(pred):
            raise mismatch(label, pred)
        label = label.ravel().astype(np.int32)
        if not np.isin(label, (0, 1)).all() or pred.shape[1] > 2:
            classes = max(pred.shape[1], int(label.max()) + 1)
            raise ShapeError(
                f"{metric} is of two classes, 0 and 1; got labels or scores of {classes} classes"
            )
        chosen = pred.argmax(axis=1)
        self.hits += int((chosen * label).sum())
        self.predicted += int(chosen.sum())
        self.actual += int(label.sum())
        self.total += len(label)


class _Binary(Averaged):
    """Base: a `score` of the counts of two classes, 0 and 1."""

    tally = _Counts

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in labels (N,) of 0 and 1 and scores (N, 2)."""
        batch = pairs(labels, preds)
        if self.average == "macro":
            self._local = _Counts()
        for label, pred in batch:
            self._local.add(label, pred, type(self).__name__)
        if self.average == "macro":
            return self._add(self.score(self._local), 1)
        for label, pred in batch:
            self._global.add(label, pred, type(self).__name__)
        self.sum_metric, self.num_inst = self.score(self._local) * self._local.total, self._local.total
        self.global_sum_metric = self.score(self._global) * self._global.total
        self.global_num_inst = self._global.total
        return None

    def score(self, counts: _Counts) -> float:
        """The score of these counts."""
        raise NotImplementedError


@register
class F1(_Binary):
    """F1 of class 1 among two: the harmonic mean of precision and recall; 0 without a hit.

    Args:
        average: ``"macro"`` averages the F1 of each batch, ``"micro"`` takes that of all examples together.
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        name: str = "f1",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        average: str = "macro",
    ) -> None:
        super().__init__(name, output_names, label_names, average)

    def score(self, counts: _Counts) -> float:
        """``2 * hits / (predicted + actual)``."""
        return 2 * counts.hits / (counts.predicted + counts.actual) if counts.hits else 0.0


@register
class MCC(_Binary):
    """Matthews' correlation of the predicted and the actual class among two, from -1 to 1.

    A network that always says the same scores 0, however good its accuracy looks.
    Source: B. Matthews, Biochimica et Biophysica Acta 405, 1975; a factor 0 of its divisor counts as 1.

    Args:
        average: ``"macro"`` averages the score of each batch, ``"micro"`` takes that of all examples together.
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        name: str = "mcc",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        average: str = "macro",
    ) -> None:
        super().__init__(name, output_names, label_names, average)

    def score(self, counts: _Counts) -> float:
        """The covariance of the two classes over the root of their variances."""
        said, is_, total = counts.predicted, counts.actual, counts.total
        factors = [f or 1 for f in (said, is_, total - said, total - is_)]
        return (counts.hits * total - said * is_) / math.sqrt(math.prod(factors))
