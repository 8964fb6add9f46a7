"""Metrics that correlate predictions with labels, 1 where they agree and 0 where they know nothing of each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.train.metric.base import alias, mismatch, pairs, register
from workbench.train.metric.tallied import Averaged, Tallied


class _Moments:
    """Number, means and centred second moments of pairs (x, y), merged part by part.

    Source: T. Chan, G. Golub and R. LeVeque, Updating formulae for computing sample variances, 1979.
    """

    def __init__(self) -> None:
        self.count, self.mean, self.second = 0, np.zeros(2), np.zeros((2, 2))

    def add(self, values: np.ndarray) -> None:
        """Takes in values (2, N)."""
        count = values.shape[1]
        if count == 0:
            return
        mean = values.mean(axis=1)
        apart, total = mean - self.mean, self.count + count
        centred = values - mean[:, None]
        self.second += centred @ centred.T + np.outer(apart, apart) * self.count * count / total
        self.mean += apart * count / total
        self.count = total

    @property
    def correlation(self) -> float:
        """Pearson's; nan where x or y is always the same."""
        spread = math.sqrt(self.second[0, 0] * self.second[1, 1])
        return float(self.second[0, 1] / spread) if spread else float("nan")


@register
@alias("pearsonr")
class PearsonCorrelation(Averaged):
    """Pearson's correlation of predicted and actual numbers.

    Args:
        average: ``"macro"`` averages the correlation of each batch, ``"micro"`` takes that of all elements.
        name, output_names, label_names: as `EvalMetric`.

    Raises:
        ArgumentError: `average` is neither.
    """

    tally = _Moments

    @checked
    def __init__(
        self,
        name: str = "pearsonr",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        average: str = "macro",
    ) -> None:
        super().__init__(name, output_names, label_names, average)

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in labels and predictions of one shape."""
        batch = pairs(labels, preds)
        for label, pred in batch:
            if label.shape != pred.shape:
                raise mismatch(label, pred)
        for label, pred in batch:
            values = np.stack([pred.ravel(), label.ravel()]).astype(np.float64)
            if self.average == "macro":
                one = _Moments()
                one.add(values)
                self._add(one.correlation, 1)
            else:
                self._local.add(values)
                self._global.add(values)
                self.sum_metric, self.num_inst = self._local.correlation, 1
                self.global_sum_metric, self.global_num_inst = self._global.correlation, 1


@register
class PCC(Tallied):
    """Matthews' correlation of the predicted and the actual class, for any number of classes.

    It is nan while all predictions, or all labels, are one class.
    Source: J. Gorodkin, Comparing two K-category assignments, Computational Biology and Chemistry 28, 2004.

    Args:
        name, output_names, label_names: as `EvalMetric`.
    """

    tally = staticmethod(lambda: np.zeros((2, 2)))

    @checked
    def __init__(
        self,
        name: str = "pcc",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in labels (N, …) and scores (N, classes, …), or classes of the labels' shape."""
        batch = []
        for label, pred in pairs(labels, preds):
            chosen = pred if pred.shape == label.shape or pred.ndim < 2 else pred.argmax(axis=1)
            if chosen.size != label.size:
                raise mismatch(label, pred)
            batch.append(np.stack([chosen.ravel(), label.ravel()]).astype(np.int64))
            if batch[-1].size and batch[-1].min() < 0:
                raise ArgumentError(f"PCC takes classes counted from 0, got {batch[-1].min()}")
        for classes in batch:
            counts = _confusion(classes)
            self._local, self._global = _sum(self._local, counts), _sum(self._global, counts)
        self.sum_metric, self.num_inst = _class_correlation(self._local), 1
        self.global_sum_metric, self.global_num_inst = _class_correlation(self._global), 1


def _confusion(classes: np.ndarray) -> np.ndarray:
    """How often each class (row) was predicted for each label (column)."""
    size = int(classes.max(initial=1)) + 1
    return np.bincount(classes[0] * size + classes[1], minlength=size * size).reshape(size, size)


def _sum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    size = max(len(a), len(b))
    return sum(np.pad(each, (0, size - len(each))) for each in (a, b))  # type: ignore[return-value]


def _class_correlation(confusion: np.ndarray) -> float:
    total, said, actual = confusion.sum(), confusion.sum(axis=1), confusion.sum(axis=0)
    spread = math.sqrt((said * (total - said)).sum() * (actual * (total - actual)).sum())
    if not spread:
        return float("nan")
    return float((confusion.diagonal() * total - said * actual).sum() / spread)
