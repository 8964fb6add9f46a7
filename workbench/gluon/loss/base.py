"""What all losses share: one number an example, weighted.

A Gluon loss returns a value for each example of the batch, not their sum, so that the caller decides how
to combine them: `backward` sums, and `Trainer.step(batch_size)` divides.
"""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.gluon.block import HybridBlock


class Loss(HybridBlock):
    """Base of the losses.

    Args:
        weight: factor of the loss; None for none.
        batch_axis: the axis of the examples.
    """

    @checked
    def __init__(self, weight: float | None, batch_axis: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._weight = weight
        self._batch_axis = batch_axis

    def _weighted(self, F: Any, loss: Any, sample_weight: Any, weight: float | None = None) -> Any:
        """The loss times the weight of each sample and the weight of all."""
        weight = self._weight if weight is None else weight
        if sample_weight is not None:
            loss = F.broadcast_mul(loss, sample_weight)
        return loss if weight is None else loss * weight

    def _per_example(self, F: Any, loss: Any) -> Any:
        return F.mean(loss, axis=self._batch_axis, exclude=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch_axis={self._batch_axis}, w={self._weight})"
