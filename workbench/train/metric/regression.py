"""Metrics of a predicted number.  Each averages over a batch, and then over batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.train.metric.base import EvalMetric, mismatch, pairs, register


class _Regression(EvalMetric):
    """Base: `error` of labels and predictions of one shape; (N,) and (N, 1) count as the same."""

    def update(self, labels: Any, preds: Any) -> None:
        """Takes in labels and predictions (N, …)."""
        for label, pred in pairs(labels, preds):
            columns = [a.reshape(-1, 1) if a.ndim == 1 else a for a in (label, pred)]
            if columns[0].shape != columns[1].shape:
                raise mismatch(label, pred)
            self._add(self.error(*columns), 1)

    def error(self, label: np.ndarray, pred: np.ndarray) -> float:
        """The error of one batch."""
        raise NotImplementedError


@register
class MAE(_Regression):
    """Mean absolute error.

    Args:
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        name: str = "mae",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)

    def error(self, label: np.ndarray, pred: np.ndarray) -> float:
        """Mean of ``|label - pred|``."""
        return float(np.abs(label - pred).mean())


@register
class MSE(_Regression):
    """Mean squared error.

    Args:
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        name: str = "mse",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)

    def error(self, label: np.ndarray, pred: np.ndarray) -> float:
        """Mean of ``(label - pred)²``."""
        return float(np.square(label - pred).mean())


@register
class RMSE(MSE):
    """Root of each batch's mean squared error.

    Args:
        name, output_names, label_names: as `EvalMetric`.
    """

    @checked
    def __init__(
        self,
        name: str = "rmse",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)

    def error(self, label: np.ndarray, pred: np.ndarray) -> float:
        """Root of the mean of ``(label - pred)²``."""
        return super().error(label, pred) ** 0.5
