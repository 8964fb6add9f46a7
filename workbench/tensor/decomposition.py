"""A tensor written as factors, and the figures that say what that is worth: how near it comes, and what it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.lowrank import Format, Rank
from workbench.tensor.fitting import fitting_of
from workbench.tensor.savings import savings
from workbench.types import Quantity, Shape

PARAMETERS = "the sizes of the factors, summed"
COMPRESSION = "entries of the tensor by parameters"
SAVINGS = "1 − parameters / entries of the tensor"


@dataclass(frozen=True, eq=False)  # two are equal where they are one: arrays have no single answer
class Decomposition:
    """A tensor in a low-rank format.

    Attributes:
        format: the format.
        method: by which it was fitted.
        shape: of the tensor.
        rank: a number for each place of the format.
        factors: in the order of the format's `shapes`, in the tensor's dtype: of CP (n_k, r) a mode, with the size of
            each term shared out equally and the largest first; of Tucker the core, then (n_k, r_k) a mode; of a tensor
            train (r_k, n_k, r_k+1) a mode.
        error: ‖x − reconstruction‖ by ‖x‖ over the entries that are observed: measured.
    """

    format: Format
    method: str
    shape: Shape
    rank: Rank
    factors: Sequence[np.ndarray]
    error: Quantity

    def reconstruct(self) -> np.ndarray:
        """The tensor that the factors stand for, in their dtype; missing entries are there too."""
        return fitting_of(self.format).reconstruct(self.factors)

    @property
    def parameters(self) -> Quantity:
        """How many numbers the factors hold: predicted."""
        return Quantity(
            self.format.parameters(self.shape, self.rank), "1", "predicted", PARAMETERS, "parameters"
        )

    @property
    def compression(self) -> Quantity:
        """How many times fewer that is than the tensor has: predicted."""
        ratio = math.prod(self.shape) / self.parameters.value
        return Quantity(ratio, "1", "predicted", COMPRESSION, "compression")

    @property
    def savings(self) -> Quantity:
        """The part of the tensor's numbers that is saved: predicted."""
        saved = savings(math.prod(self.shape), int(self.parameters.value))
        return Quantity(saved, "1", "predicted", SAVINGS, "space savings")

    @property
    def figures(self) -> tuple[Quantity, ...]:
        """All figures, in the order in which to show them."""
        return self.error, self.parameters, self.compression, self.savings

    def __repr__(self) -> str:
        rank = self.rank[0] if len(self.rank) == 1 else self.rank
        return (
            f"Decomposition({self.format.title} of {self.shape}, rank {rank}: error {self.error.value:.3g} measured, "
            f"{self.parameters.value:,.0f} parameters, savings {self.savings.value:.1%} predicted)"
        )
