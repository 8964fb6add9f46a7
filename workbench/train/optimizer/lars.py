"""LARS (Y. You, I. Gitman and B. Ginsburg, arXiv:1708.03888)."""

from __future__ import annotations

import sys
from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class LARS(Optimizer):
    """SGD at a rate for each parameter: ``eta * |weight| / (|grad| + wd * |weight| + eps)`` of the learning rate.

    Parameters whose names end in ``gamma``, ``beta`` or ``bias`` take the learning rate as it is, and only
    those that end in ``_weight`` decay.

    Args:
        momentum: decay of the velocity.
        lazy_update: MXNet's switch for row-sparse gradients; the dense ones here have no rows to skip.
        eta: the share of its norm that a parameter moves at learning rate 1.
        eps: added to the divisor.
        momentum_correction: scale the momentum with the learning rate when a scheduler changes it
            (P. Goyal et al., arXiv:1706.02677, section 2.2).
        kwargs: the arguments of `Optimizer`.
    """

    aggregate_num = sys.maxsize  # so that all parameters of a step see the same change of the learning rate

    @checked
    def __init__(
        self,
        momentum: float = 0.0,
        lazy_update: bool = True,
        eta: float = 0.001,
        eps: float = 0.0,
        momentum_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lazy_update = lazy_update
        self.eta = eta
        self.eps = eps
        self.momentum_correction = momentum_correction
        self.last_lr: float | None = None
        self.cur_lr: float | None = None

    def _is_undecayed(self, name: str) -> bool:
        return not name.endswith("_weight")

    def create_state(self, index: Any, weight: Any) -> Any:
        """The velocity."""
        return self._zeros_like(weight)

    def _get_lrs(self, indices: Any) -> list[float]:
        rate = self.learning_rate
        self.last_lr = rate if self.cur_lr is None else self.cur_lr
        self.cur_lr = rate
        return super()._get_lrs(indices)

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        momentum = self.momentum
        if self.momentum_correction and self.last_lr and self.cur_lr is not None:
            momentum *= self.cur_lr / self.last_lr
        arguments = {"lr": lr, "wd": wd, "momentum": momentum, **self._update_arguments()}
        if self.idx2name.get(index, str(index)).endswith(("gamma", "beta", "bias")):
            nd.sgd_mom_update(weight, grad, state, out=weight, **arguments)
        else:
            nd.lars_update(weight, grad, state, out=weight, eta=self.eta, eps=self.eps, **arguments)
