"""Follow the moving leader (S. Zheng and J. Kwok, ICML 2017)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class FTML(Optimizer):
    """Each weight is the best one for the recent gradients, older ones counting less and less.

    Args:
        beta1: how fast older gradients are forgotten, about 0.5.
        beta2: decay of the running mean of the gradient's square.
        epsilon: added to the divisor.
        kwargs: the arguments of `Optimizer`.
    """

    @checked
    def __init__(
        self, beta1: float = 0.6, beta2: float = 0.999, epsilon: float = 1e-8, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def create_state(self, index: Any, weight: Any) -> Any:
        """The divisor, the running mean of squares, and what the gradients add up to."""
        return tuple(self._zeros_like(weight) for _ in range(3))

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        clip = {"clip_grad": self.clip_gradient} if self.clip_gradient else {}
        nd.ftml_update(
            weight,
            grad,
            *state,
            out=weight,
            lr=lr,
            wd=wd,
            t=self._index_update_count[index],
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            rescale_grad=self.rescale_grad,
            **clip,
        )
