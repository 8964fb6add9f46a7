"""What fitting a format is given, and what every way of fitting answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np

from workbench.errors import ArgumentError, NotSupportedError
from workbench.lowrank import Format, Rank
from workbench.tensor.fitting.observed import Observed

Factors = Sequence[np.ndarray]
F = TypeVar("F", bound=Format)


@dataclass(frozen=True)
class Effort:
    """How a fit is made.

    Attributes:
        method: one of the format's.
        nonnegative: whether no factor may hold a negative number.
        iterations: the most.
        tolerance: the change of the relative error from one iteration to the next at which to stop.
        seed: of the numbers that fill up a start, where a rank is above a mode's size.
        callback: called between iterations with the relative error.
    """

    method: str
    nonnegative: bool
    iterations: int
    tolerance: float
    seed: int
    callback: Callable[[float], object] | None = None


class Fitting(ABC, Generic[F]):
    """How tensors are fitted in one format; `fit` is called inside `tensorly_on`.

    Args:
        format: its rules.

    Attributes:
        methods: names, the default first.
        tolerance: the default.
    """

    methods: ClassVar[tuple[str, ...]]
    tolerance: ClassVar[float]

    def __init__(self, format: F) -> None:
        self.format = format

    @abstractmethod
    def fit(self, data: Observed, rank: Rank, effort: Effort) -> list[np.ndarray]:
        """Factors in the order of the format's `shapes`, in float64, for the data as they are."""

    @abstractmethod
    def reconstruct(self, factors: Factors) -> np.ndarray:
        """The tensor that factors stand for."""

    def refuse(self, data: Observed, effort: Effort) -> None:
        """Refuses what the format's method can't do.

        Raises:
            ArgumentError: there is no such method.
            NotSupportedError: it can't be combined with missing entries, non-negative factors or a callback.
        """
        if effort.method not in self.methods:
            raise ArgumentError(
                f"method={effort.method!r}: {self.format.title} is fitted by {' or '.join(map(repr, self.methods))}"
            )
        if effort.callback is not None and (effort.method != "als" or effort.nonnegative):
            raise NotSupportedError(
                "callback=… is called between the iterations of CP by alternating least squares alone"
            )

    def rank_within(self, data: Observed, error: float, effort: Effort) -> Rank | None:
        """The smallest rank that singular values promise to keep to an error; None where they promise nothing."""
        return None
