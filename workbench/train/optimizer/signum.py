"""Signum (J. Bernstein et al., signSGD, arXiv:1802.04434)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.imperative import nd
from workbench.train.optimizer.base import Optimizer, register


@register
class Signum(Optimizer):
    """Steps of one size, `learning_rate`, against the sign of a running mean of the gradient.

    Args:
        learning_rate: step size, 0.01 by default.
        momentum: decay of the running mean; 0 takes the gradient's own sign.
        wd_lh: weight decay beside the step (I. Loshchilov and F. Hutter, arXiv:1711.05101).
        kwargs: the arguments of `Optimizer`; without momentum `wd` too decays beside the step.
    """

    @checked
    def __init__(
        self, learning_rate: float | None = 0.01, momentum: float = 0.9, wd_lh: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum
        self.wd_lh = wd_lh

    def create_state(self, index: Any, weight: Any) -> Any:
        """The running mean, or None without momentum."""
        return self._zeros_like(weight) if self.momentum != 0 else None

    def _apply_one(self, index: Any, weight: Any, grad: Any, state: Any, lr: float, wd: float) -> None:
        arguments: dict[str, Any] = {"lr": lr, "wd": wd, **self._update_arguments()}
        if state is None:
            nd.signsgd_update(weight, grad, out=weight, **arguments)
        else:
            arguments["wd_lh"] = self.wd_lh
            nd.signum_update(weight, grad, state, out=weight, momentum=self.momentum, **arguments)
