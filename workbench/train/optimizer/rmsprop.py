"""RMSProp, plain (T. Tieleman and G. Hinton, 2012) and centred (A. Graves, arXiv:1308.0850)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class RMSProp(Optimizer):
    """Divides the gradient by the root of a running mean of its square.

    Args:
        learning_rate: step size, 0.001 by default.
        gamma1: decay of the running means.
        gamma2: decay of the momentum; the centred form alone has one.
        epsilon: added under the root.
        centered: subtract the squared running mean of the gradient, so as to divide by its deviation.
        clip_weights: bound on each new weight; None bounds nothing.
        kwargs: the arguments of `Optimizer`.
    """

    @checked
    def __init__(
        self,
        learning_rate: float | None = 0.001,
        gamma1: float = 0.9,
        gamma2: float = 0.9,
        epsilon: float = 1e-8,
        centered: bool = False,
        clip_weights: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.gamma1 = gamma1
        self.gamma2 = gamma2
        self.centered = centered
        self.epsilon = epsilon
        self.clip_weights = clip_weights

    def create_state(self, index: Any, weight: Any) -> Any:
        """The running mean of squares; centred also that of the gradient, and the momentum."""
        return tuple(self._zeros_like(weight) for _ in range(3 if self.centered else 1))

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        arguments: dict[str, Any] = {
            "lr": lr,
            "wd": wd,
            "gamma1": self.gamma1,
            "epsilon": self.epsilon,
            **self._update_arguments(),
        }
        if self.clip_weights:
            arguments["clip_weights"] = self.clip_weights
        if self.centered:
            nd.rmspropalex_update(weight, grad, *state, out=weight, gamma2=self.gamma2, **arguments)
        else:
            nd.rmsprop_update(weight, grad, *state, out=weight, **arguments)
