"""Delay-compensated asynchronous SGD (S. Zheng et al., arXiv:1609.08326)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class DCASGD(Optimizer):
    """SGD that corrects a gradient found at the weight of one update earlier.

    Args:
        momentum: decay of the velocity.
        lamda: strength of the correction.
        kwargs: the arguments of `Optimizer`.
    """

    @checked
    def __init__(self, momentum: float = 0.0, lamda: float = 0.04, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lamda = lamda

    def create_state(self, index: Any, weight: Any) -> Any:
        """The velocity, and the weight before the last update."""
        return (self._zeros_like(weight), weight.copy())

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        nd.dcasgd_update(
            weight,
            grad,
            *state,
            out=weight,
            lr=lr,
            wd=wd,
            momentum=self.momentum,
            lamda=self.lamda,
            **self._update_arguments(),
        )
