"""AdaDelta (M. Zeiler, arXiv:1212.5701)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class AdaDelta(Optimizer):
    """Steps of the size of earlier steps; there is no learning rate.

    Args:
        rho: decay of the averages of squared gradients and squared steps.
        epsilon: added under both roots; it sets the size of the first steps.
        kwargs: the arguments of `Optimizer`, whose rates are not used.
    """

    @checked
    def __init__(self, rho: float = 0.9, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def create_state(self, index: Any, weight: Any) -> Any:
        """The running means of the gradient's square and of the step's."""
        return (self._zeros_like(weight), self._zeros_like(weight))

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        nd.adadelta_update(
            weight,
            grad,
            *state,
            out=weight,
            wd=wd,
            rho=self.rho,
            epsilon=self.epsilon,
            **self._update_arguments(),
        )
