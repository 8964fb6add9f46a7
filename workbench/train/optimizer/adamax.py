"""Adamax (D. Kingma and J. Ba, arXiv:1412.6980, section 7)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class Adamax(Optimizer):
    """Adam that divides by a decaying maximum of the gradient's size.

    Args:
        learning_rate: step size, 0.002 by default.
        beta1, beta2: decay of the mean and of the maximum.
        kwargs: the arguments of `Optimizer`.
    """

    @checked
    def __init__(
        self, learning_rate: float | None = 0.002, beta1: float = 0.9, beta2: float = 0.999, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2

    def create_state(self, index: Any, weight: Any) -> Any:
        """The running mean of the gradient, and the maximum."""
        return (self._zeros_like(weight), self._zeros_like(weight))

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        nd.adamax_update(
            weight,
            grad,
            *state,
            out=weight,
            lr=lr / (1 - self.beta1 ** self._index_update_count[index]),
            wd=wd,
            beta1=self.beta1,
            beta2=self.beta2,
            **self._update_arguments(),
        )
