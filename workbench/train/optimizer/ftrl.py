"""Follow the regularised leader (H. B. McMahan et al., Ad Click Prediction, KDD 2013)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class Ftrl(Optimizer):
    """Each weight is the best one for all gradients so far, and exactly 0 where that hardly costs.

    Args:
        lamda1: price of a weight that is not 0 (L1 regularisation).
        learning_rate: step size, 0.1 by default; a scheduler keeps its own.
        beta: added to the root of the sum of squared gradients.
        kwargs: the arguments of `Optimizer`.
    """

    @checked
    def __init__(
        self, lamda1: float = 0.01, learning_rate: float = 0.1, beta: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.lamda1 = lamda1
        self.beta = beta
        self.lr = learning_rate

    def create_state(self, index: Any, weight: Any) -> Any:
        """What the gradients add up to, and the sum of their squares."""
        return (self._zeros_like(weight), self._zeros_like(weight))

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        nd.ftrl_update(
            weight,
            grad,
            *state,
            out=weight,
            lr=lr,
            wd=wd,
            lamda1=self.lamda1,
            beta=self.beta,
            **self._update_arguments(),
        )
