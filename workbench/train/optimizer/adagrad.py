"""AdaGrad (J. Duchi, E. Hazan and Y. Singer, JMLR 12, 2011)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class AdaGrad(Optimizer):
    """Divides each gradient element by the root of the sum of its squares so far.

    Args:
        eps: added under the root.
        kwargs: the arguments of `Optimizer`.
    """

    @checked
    def __init__(self, eps: float = 1e-7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def create_state(self, index: Any, weight: Any) -> Any:
        """The sum of squares."""
        return self._zeros_like(weight)

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        nd.adagrad_update(
            weight,
            grad,
            state,
            out=weight,
            lr=lr,
            wd=wd,
            epsilon=self.float_stable_eps,
            **self._update_arguments(),
        )
