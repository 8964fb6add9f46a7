"""Metrics that are no sum over examples: what they are computed from is tallied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.train.metric.base import EvalMetric


class Tallied(EvalMetric):
    """Base: keeps what came since `reset` and what came since `reset_local`; `tally` makes an empty one."""

    tally: Callable[[], Any]

    def reset(self) -> None:
        """Forgets everything."""
        super().reset()
        self._global = self.tally()

    def reset_local(self) -> None:
        """Forgets what `get` gives."""
        super().reset_local()
        self._local = self.tally()


class Averaged(Tallied):
    """Base of those that give the mean over batches, or the value for all examples together.

    Args:
        average: ``"macro"`` averages over the batches, ``"micro"`` takes all examples together.

    Raises:
        ArgumentError: `average` is neither.
    """

    @checked
    def __init__(
        self,
        name: str,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        average: str = "macro",
    ) -> None:
        if average not in ("macro", "micro"):
            raise ArgumentError(f"average must be 'macro' or 'micro', got {average!r}")
        self.average = average
        super().__init__(name, output_names, label_names, average=average)
