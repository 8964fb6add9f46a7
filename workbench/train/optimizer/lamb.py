"""LAMB (Y. You et al., arXiv:1904.00962)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class LAMB(Optimizer):
    """Adam whose step in each parameter has the length ``lr`` times the parameter's own norm.

    Args:
        learning_rate: step size, 0.001 by default.
        beta1, beta2: decay of the running means of the gradient and of its square.
        epsilon: added to the divisor.
        lower_bound, upper_bound: bounds of the norm that counts; None is no bound.
        bias_correction: correct the running means for having started at 0.
        kwargs: the arguments of `Optimizer`.
    """

    @checked
    def __init__(
        self,
        learning_rate: float | None = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        bias_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound
        self.bias_correction = bias_correction

    def create_state(self, index: Any, weight: Any) -> Any:
        """The running means of the gradient and of its square."""
        return (self._zeros_like(weight), self._zeros_like(weight))

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        step = nd.lamb_update_phase1(
            weight,
            grad,
            *state,
            t=self._index_update_count[index],
            wd=wd,
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            bias_correction=self.bias_correction,
            **self._update_arguments(),
        )
        limits = {"lower_bound": self.lower_bound, "upper_bound": self.upper_bound}
        bounds = {name: bound for name, bound in limits.items() if bound}
        nd.lamb_update_phase2(weight, step, weight.norm(), step.norm(), out=weight, lr=lr, **bounds)
