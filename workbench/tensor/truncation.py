"""The HOSVD of every rank at once.

The core of *all* singular vectors holds all smaller ones: cut to its leading part it is the core of that rank, and the
squares that are cut off are those that the reconstruction lacks.  So one pass tells the error of each rank, and a rank
that is turned up and down needs no new fit.

Source: L. De Lathauwer, B. De Moor, J. Vandewalle, "A Multilinear Singular Value Decomposition", SIAM Journal on Matrix
Analysis 21(4), 2000, Property 10.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from workbench.lowrank import Rank, Tucker
from workbench.tensor.fitting import observe
from workbench.tensor.fitting.tucker import TuckerFitting, energy
from workbench.types import Quantity, Shape

HOW = (
    "‖x − reconstruction‖ / ‖x‖ by HOSVD: the squares that ranks {} cut off the core of all singular vectors"
)


class Truncations:
    """All HOSVDs of one tensor.

    Args:
        array: as `decompose` takes it, without missing entries.

    Attributes:
        shape: of the tensor.
        bounds: the largest rank of each mode that is of use.

    Raises:
        WorkbenchError: as `decompose`.
    """

    def __init__(self, array: Any) -> None:
        self._data = observe(array)
        self._fitting = TuckerFitting(Tucker())
        self.shape: Shape = self._data.shape
        self.bounds: Rank = Tucker().bounds(self.shape)

    @cached_property
    def _factors(self) -> list[np.ndarray]:
        return self._fitting.singular(self._data, self.bounds)

    @cached_property
    def errors(self) -> np.ndarray:
        """Relative errors by the ranks less one, of the shape of `bounds`."""
        lacking = 1 - energy(self._factors[0], tuple(range(len(self.shape))))
        return np.sqrt(np.clip(lacking, 0, None))

    def error(self, ranks: Rank) -> Quantity:
        """The relative error at these ranks, each from 1 up: measured; above `bounds` it is that of the bounds."""
        within = self._within(ranks)
        found = float(self.errors[tuple(r - 1 for r in within)])
        return Quantity(found, "1", "measured", HOW.format(within), "relative error")

    def reconstruct(self, ranks: Rank) -> np.ndarray:
        """The tensor that is left at these ranks, in its own dtype."""
        kept = self._within(ranks)
        core, *vectors = self._factors
        cut = core[tuple(slice(r) for r in kept)]
        factors = [cut, *(v[:, :r] for v, r in zip(vectors, kept, strict=True))]
        return self._fitting.reconstruct(factors).astype(self._data.dtype)

    def _within(self, ranks: Rank) -> Rank:
        return tuple(map(min, ranks, self.bounds))
