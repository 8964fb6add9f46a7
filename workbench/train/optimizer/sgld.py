"""Stochastic gradient Langevin dynamics (M. Welling and Y. W. Teh, ICML 2011)."""

from __future__ import annotations

import math
from typing import Any

from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class SGLD(Optimizer):
    """Half a step of gradient descent, and noise of variance `lr`: in the end it draws from the posterior.

    Args:
        kwargs: the arguments of `Optimizer`.
    """

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        nd.sgd_update(weight, grad, out=weight, lr=lr / 2, wd=wd, **self._update_arguments())
        weight += nd.random.normal(
            0, math.sqrt(lr), shape=weight.shape, dtype=weight.dtype, ctx=weight.context
        )
