"""Adam (D. Kingma and J. Ba, arXiv:1412.6980)."""

from __future__ import annotations

import math
from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class Adam(Optimizer):
    """Divides a running mean of the gradient by the root of a running mean of its square.

    Both averages start at zero and are too small at first.  The correction is one factor of the
    learning rate, ``sqrt(1 - beta2**t) / (1 - beta1**t)`` at the t-th update of a parameter.

    Args:
        learning_rate: step size, 0.001 by default.
        beta1, beta2: decay of the two averages.
        epsilon: added to the divisor.
        lazy_update: MXNet's switch for row-sparse gradients; the dense ones here have no rows to skip.
        kwargs: the arguments of `Optimizer`.
    """

    @checked
    def __init__(
        self,
        learning_rate: float | None = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        lazy_update: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.lazy_update = lazy_update

    def create_state(self, index: Any, weight: Any) -> Any:
        """The running means of the gradient and of its square."""
        return (self._zeros_like(weight), self._zeros_like(weight))

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        t = self._index_update_count[index]
        correction = math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)
        nd.adam_update(
            weight,
            grad,
            *state,
            out=weight,
            lr=lr * correction,
            wd=wd,
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            **self._update_arguments(),
        )
