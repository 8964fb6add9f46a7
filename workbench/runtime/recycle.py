"""Recycled memory: an array written in place swaps between two buffers.

A training step reads old parameters and gives new ones.  Were the old ones' memory donated to the program, an interrupt
between the call and the assignment of its results would lose them, and a gradient that is only promised
(`runtime.promise`) could no longer be computed from them.  What can be donated is the value *before*: its storage keeps
it as a spare, and once nobody else holds it, it becomes the memory of the next value.  So a step allocates
nothing, and nothing that can still be read is ever given away.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from workbench.runtime.call import Cell
from workbench.types import TensorType

ALONE = 2  # references to an object that only a local name and getrefcount's argument hold


class Rewrites:
    """The outputs of a run that replace a value the same run reads.

    Args:
        reads, gives: the cells of the run's inputs and outputs.

    Attributes:
        indices: which outputs.
    """

    __slots__ = ("_storages", "indices")

    def __init__(self, reads: Sequence[Cell], gives: Sequence[Cell]) -> None:
        at = {cell: index for index, cell in enumerate(gives)}
        self._storages: dict[int, tuple[Any, Cell]] = {}
        for cell in reads:
            storage = cell.holder() if cell.holder is not None else None
            if storage is not None and storage.cell is not cell:
                index = at.get(storage.cell)
                if index is not None and storage.cell.type is cell.type:
                    self._storages[index] = (storage, cell)
        self.indices = tuple(sorted(self._storages))

    def spare(self, index: int) -> Any:
        """The spare buffer of an output; None where there is none that nobody else holds."""
        found = self._storages.get(index)
        if found is None:
            return None
        spare, found[0].spare = found[0].spare, None
        return spare if sys.getrefcount(spare) <= ALONE else None

    def keep(self, indices: Sequence[int]) -> None:
        """After the run: the values it replaced become the spares of the next one."""
        for index in indices:
            found = self._storages.get(index)
            if found is not None:
                found[0].spare = found[1].array


def buffers(
    rewrites: Rewrites | None, wanted: Sequence[tuple[int, TensorType]], device: jax.Device
) -> list[Any]:
    """Memory for the outputs wanted: spares where there are any, new where not."""
    made = []
    for index, type_ in wanted:
        spare = rewrites.spare(index) if rewrites is not None else None
        made.append(jnp.zeros(type_.shape, type_.dtype, device=device) if spare is None else spare)
    return made
