"""What all losses share: one number an example, weighted.

A Gluon loss returns a value for each example of the batch, not their sum, so that the caller decides how
to combine them: `backward` sums, and `Trainer.step(batch_size)` divides.
"""

from __future__ import annotations

import inspect
import math
from typing import Any, ClassVar

from workbench.arguments import checked
from workbench.gluon.block import HybridBlock
from workbench.gluon.block.calling import kind_of
from workbench.imperative.ndarray import NDArray
from workbench.symbolic.symbol import Symbol
from workbench.types import Shape

Named = tuple[str, Shape]  # an argument and its shape


class Loss(HybridBlock):
    """Base of the losses.

    Args:
        weight: factor of the loss; None for none.
        batch_axis: the axis of the examples.
    """

    # The arguments that need as many elements as the first.
    _alike: ClassVar[tuple[str, ...]] = ("label", "target", "positive", "negative")

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

    def _misuse(self, args: tuple[Any, ...]) -> str | None:
        _, *wanted = inspect.signature(self.hybrid_forward).parameters.values()
        given = {
            p.name: arg for p, arg in zip(wanted, args, strict=False) if not isinstance(p.default, float)
        }
        arrays = {name: arg for name, arg in given.items() if arg is not None}
        if len(arrays) < 2 or any(isinstance(arg, Symbol) for arg in arrays.values()):
            return None
        for name, arg in arrays.items():
            if not isinstance(arg, NDArray):
                what = f"{name} must be an NDArray, got {kind_of(arg)}; nd.array() makes one"
                return f"{type(self).__name__}: {what}"
        unfit = self._unfit(*[(name, array.shape) for name, array in arrays.items()])
        return unfit and f"{type(self).__name__}: {unfit}"

    def _unfit(self, first: Named, *others: Named) -> str | None:
        """Which argument does not fit the first, and what would."""
        name, wanted = first
        for other, shape in others:
            if other in self._alike and math.prod(shape) != math.prod(wanted):
                return f"{other} must have as many elements as {name}, whose shape is {wanted}, got {shape}"
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch_axis={self._batch_axis}, w={self._weight})"
