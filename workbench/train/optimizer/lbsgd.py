"""SGD that stands in for larger batches (P. Goyal et al., arXiv:1706.02677)."""

from __future__ import annotations

import math
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register

STRATEGIES = ("linear", "power2", "sqrt", "lars")


@register
class LBSGD(Optimizer):
    """SGD once every `batch_scale` calls, with the mean of their gradients and a rate that warms up.

    The rate rises from the learning rate to `batch_scale` times it over `warmup_epochs`.

    Args:
        momentum: decay of the velocity; 0 keeps none.
        multi_precision: as in `Optimizer`.
        warmup_strategy: how the rate rises: ``"linear"``, ``"power2"`` or ``"sqrt"``; ``"lars"`` sets it by the
            norms of weight and gradient instead, which waits for them.
        warmup_epochs: number of epochs the warm-up takes.
        batch_scale: how many batches make one large batch.
        updates_per_epoch: batches an epoch.
        begin_epoch: the epoch a resumed run starts with.
        num_epochs: kept for MXNet's programs, where nothing reads it either.
        kwargs: the arguments of `Optimizer`.

    Raises:
        ArgumentError: the strategy is none of these, or `batch_scale` is below 1.
    """

    @checked
    def __init__(
        self,
        momentum: float = 0.0,
        multi_precision: bool = False,
        warmup_strategy: str = "linear",
        warmup_epochs: int = 5,
        batch_scale: int = 1,
        updates_per_epoch: int = 32,
        begin_epoch: int = 0,
        num_epochs: int = 60,
        **kwargs: Any,
    ) -> None:
        super().__init__(multi_precision=multi_precision, **kwargs)
        if warmup_strategy not in STRATEGIES:
            raise ArgumentError(
                f"warmup_strategy must be one of {', '.join(STRATEGIES)}, got {warmup_strategy!r}"
            )
        if batch_scale < 1:
            raise ArgumentError(f"batch_scale must be at least 1 batch, got {batch_scale}")
        self.momentum = momentum
        self.warmup_strategy = warmup_strategy
        self.warmup_epochs = warmup_epochs
        self.batch_scale = batch_scale
        self.updates_per_epoch = updates_per_epoch
        self.init_updates = begin_epoch * updates_per_epoch
        self.num_epochs = num_epochs
        self._gathered: dict[Any, tuple[Any, int]] = {}  # the sum of gradients, and the batches seen

    def create_state(self, index: Any, weight: Any) -> Any:
        """The velocity, or None without momentum."""
        return self._zeros_like(weight) if self.momentum != 0 else None

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Updates a parameter in place, at the rate its schedule has before this update counts."""
        lr, wd = self._get_lr(index), self._get_wd(index)
        self._update_count(index)
        self._apply_one(index, weight, grad, state, lr, wd)

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        total, seen = self._gathered.get(index, (None, self.init_updates))
        total, seen = grad.copy() if total is None else total + grad, seen + 1
        if seen % self.batch_scale:
            self._gathered[index] = (total, seen)
            return
        self._gathered[index] = (None, seen)
        mean = total / self.batch_scale
        scale = self._by_norms(weight, mean, wd) if self.warmup_strategy == "lars" else self._warmed(seen)
        arguments = {"lr": lr * scale, "wd": wd, **self._update_arguments()}
        if state is None:
            nd.sgd_update(weight, mean, out=weight, **arguments)
        else:
            nd.sgd_mom_update(weight, mean, state, out=weight, momentum=self.momentum, **arguments)

    def _warmed(self, seen: int) -> float:
        """The factor of the rate after so many batches."""
        whole = self.warmup_epochs * self.updates_per_epoch
        if seen >= whole:
            return float(self.batch_scale)
        done = seen / whole
        risen = {"linear": done, "power2": done**2, "sqrt": math.sqrt(done)}[self.warmup_strategy]
        return 1 + (self.batch_scale - 1) * risen

    def _by_norms(self, weight: Any, grad: Any, wd: float) -> float:
        """``|weight| / sqrt(|grad|² + wd * |weight|²)``, from 0.01 to 100."""
        of_weight, of_grad = (float((a * a).sum().asscalar()) for a in (weight, grad))
        return min(100.0, max(0.01, math.sqrt(of_weight / (of_grad + wd * of_weight + 1e-18))))
