"""Stochastic gradient descent, with or without momentum."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from workbench.arguments import checked
from workbench.imperative.rows import Rows
from workbench.runtime.device import Context
from workbench.train.optimizer.base import Optimizer, register

UPDATES = {
    (False, False): "multi_sgd_update",
    (False, True): "multi_sgd_mom_update",
    (True, False): "multi_mp_sgd_update",
    (True, True): "multi_mp_sgd_mom_update",
}


@register
class SGD(Optimizer):
    """``mom = momentum * mom - lr * (clip(rescale_grad * grad) + wd * weight); weight += mom``.

    Any number of parameters are updated by one operation.

    Args:
        momentum: decay of the velocity; 0 keeps none.
        lazy_update: MXNet's switch for row-sparse gradients; the dense ones here have no rows to skip.
        kwargs: the arguments of `Optimizer`.
    """

    aggregate_num = sys.maxsize
    takes_copies = True

    @checked
    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lazy_update = lazy_update
        self._rows: dict[Context | None, Rows] = {}

    def create_state(self, index: Any, weight: Any) -> Any:
        """The velocity, or None without momentum."""
        return self._zeros_like(weight) if self.momentum != 0 else None

    def _apply(
        self,
        indices: Sequence[Any],
        weights: Sequence[Any],
        grads: Sequence[Any],
        states: Sequence[Any],
        lrs: Sequence[float],
        wds: Sequence[float],
    ) -> None:
        arguments: dict[str, Any] = {"lrs": lrs, "wds": wds, **self._update_arguments()}
        copied = isinstance(states[0], tuple)  # (float32 copy, velocity): of all the weights, or of none
        columns = [weights, grads]
        if self.momentum != 0:
            arguments["momentum"] = self.momentum
            columns.append([s[1] for s in states] if copied else states)
        if copied:
            columns.append([s[0] for s in states])
        update = UPDATES[copied, self.momentum != 0]
        device = getattr(weights[0], "context", None)
        rows = self._rows.get(device)
        if rows is None or not rows.are(update, columns):
            rows = self._rows[device] = Rows(update, columns)
        rows.update(columns, arguments)

    def __getstate__(self) -> dict[str, Any]:
        """Without what it remembers of the arrays it has updated, which are others'."""
        return {**vars(self), "_rows": {}}


@register
class ccSGD(SGD):  # noqa: N801
    """`SGD` under its old name."""
