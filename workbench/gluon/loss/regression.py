"""Losses of numbers: squared, absolute, Huber and Poisson.

In all of them label has as many elements as pred and is given its shape, sample_weight broadcasts with
them, and the output is (batch,), the mean over all other axes.
"""

from __future__ import annotations

import math
from typing import Any

from workbench.arguments import AboveZero, checked
from workbench.gluon.loss.base import Loss


class L2Loss(Loss):
    """``weight / 2 (label - pred)^2``.

    Args:
        weight, batch_axis: as `Loss`.
    """

    @checked
    def __init__(self, weight: float = 1.0, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """pred: (n, ...); output: (n,)."""
        loss = F.square(F.reshape_like(label, pred) - pred)
        weight = None if self._weight is None else self._weight / 2
        return self._per_example(F, self._weighted(F, loss, sample_weight, weight))


class L1Loss(Loss):
    """``weight |label - pred|``.

    Args:
        weight, batch_axis: as `Loss`.
    """

    @checked
    def __init__(self, weight: float | None = None, batch_axis: int = 0, **kwargs: Any) -> None:
        super().__init__(weight, batch_axis, **kwargs)

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """pred: (n, ...); output: (n,)."""
        loss = F.abs(F.reshape_like(label, pred) - pred)
        return self._per_example(F, self._weighted(F, loss, sample_weight))


class HuberLoss(Loss):
    """Squared below `rho`, absolute above: ``(label - pred)^2 / (2 rho)`` or ``|label - pred| - rho / 2``.

    Args:
        rho: where the one becomes the other.
        weight, batch_axis: as `Loss`.
    """

    @checked
    def __init__(
        self, rho: AboveZero = 1, weight: float | None = None, batch_axis: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._rho = rho

    def hybrid_forward(self, F: Any, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        """pred: (n, ...); output: (n,)."""
        error = F.abs(F.reshape_like(label, pred) - pred)
        loss = F.where(error > self._rho, error - 0.5 * self._rho, (0.5 / self._rho) * F.square(error))
        return self._per_example(F, self._weighted(F, loss, sample_weight))


class PoissonNLLLoss(Loss):
    """``pred - target log(pred)``, the negative log-likelihood of counts; the mean of all, shape (1,).

    Args:
        weight, batch_axis: as `Loss`.
        from_logits: whether pred is the logarithm of the rate.
        compute_full: add Stirling's approximation of ``log(target!)`` where target is over 1.
    """

    @checked
    def __init__(
        self,
        weight: float | None = None,
        from_logits: bool = True,
        batch_axis: int = 0,
        compute_full: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(weight, batch_axis, **kwargs)
        self._from_logits = from_logits
        self._compute_full = compute_full

    def hybrid_forward(
        self, F: Any, pred: Any, target: Any, sample_weight: Any = None, epsilon: float = 1e-08
    ) -> Any:
        """pred: (n, ...); output: (1,)."""
        target = F.reshape_like(target, pred)
        loss = F.exp(pred) - target * pred if self._from_logits else pred - target * F.log(pred + epsilon)
        if self._compute_full:
            stirling = (
                target * F.log(target + epsilon) - target + 0.5 * F.log(2 * math.pi * (target + epsilon))
            )
            loss = loss + (target > 1) * stirling
        return F.mean(self._weighted(F, loss, sample_weight))
