"""Nesterov's accelerated gradient."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class NAG(Optimizer):
    """SGD whose momentum looks one step ahead: ``weight += momentum * mom - lr * g`` after ``mom`` moved.

    Args:
        momentum: decay of the velocity; at 0 this is plain SGD.
        kwargs: the arguments of `Optimizer`.
    """

    takes_copies = True

    @checked
    def __init__(self, momentum: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum

    def create_state(self, index: Any, weight: Any) -> Any:
        """The velocity, or None without momentum."""
        return self._zeros_like(weight) if self.momentum != 0 else None

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        arguments: dict[str, Any] = {"lr": lr, "wd": wd, **self._update_arguments()}
        if self.momentum != 0:
            arguments["momentum"] = self.momentum
        if isinstance(state, tuple):
            copy, velocity = state
            if velocity is None:
                nd.mp_sgd_update(weight, grad, copy, out=weight, **arguments)
            else:
                nd.mp_nag_mom_update(weight, grad, velocity, copy, out=weight, **arguments)
        elif state is None:
            nd.sgd_update(weight, grad, out=weight, **arguments)
        else:
            nd.nag_mom_update(weight, grad, state, out=weight, **arguments)
