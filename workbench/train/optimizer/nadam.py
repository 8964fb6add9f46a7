"""Nadam (T. Dozat, Incorporating Nesterov momentum into Adam, 2015)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class Nadam(Optimizer):
    """Adam whose momentum looks one step ahead and grows by a schedule.

    At update t the momentum is ``beta1 * (1 - 0.5 * 0.96 ** (t * schedule_decay))``.  `m_schedule` is the product
    of all momenta used; as in MXNet it is one for the whole optimizer, so more parameters shrink it faster.

    Args:
        learning_rate: step size, 0.001 by default.
        beta1, beta2: decay of the running means of the gradient and of its square.
        epsilon: added to the divisor.
        schedule_decay: how fast the momentum grows.
        kwargs: the arguments of `Optimizer`.
    """

    @checked
    def __init__(
        self,
        learning_rate: float | None = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        schedule_decay: float = 0.004,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.schedule_decay = schedule_decay
        self.m_schedule = 1.0

    def create_state(self, index: Any, weight: Any) -> Any:
        """The running means of the gradient and of its square."""
        return (self._zeros_like(weight), self._zeros_like(weight))

    def _momentum(self, t: int) -> float:
        return self.beta1 * (1 - 0.5 * 0.96 ** (t * self.schedule_decay))

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        t = self._index_update_count[index]
        now, following = self._momentum(t), self._momentum(t + 1)
        self.m_schedule *= now
        nd.nadam_update(
            weight,
            grad,
            *state,
            out=weight,
            lr=lr,
            wd=wd,
            t=t,
            grad_share=(1 - now) / (1 - self.m_schedule),
            mean_share=following / (1 - self.m_schedule * following),
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            **self._update_arguments(),
        )
