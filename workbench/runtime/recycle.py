"""Recycled memory: an array written in place swaps between two buffers.

A training step reads old parameters and gives new ones.  Were the old ones' memory donated to the program, an interrupt
between the call and the assignment of its results would lose them, and a gradient that is only promised
(`runtime.promise`) could no longer be computed from them.  What can be donated is the value *before*: its storage keeps
it as a spare, and once nobody else holds it, it becomes the memory of the next value.  So a step allocates
nothing, and nothing that can still be read is ever given away.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import getrefcount
from typing import Any

import jax.numpy as jnp
from jax.sharding import Sharding

from workbench.runtime.call import Cell
from workbench.types import TensorType

Places = tuple[tuple[int, int], ...]  # an output, and the input that it replaces
ALONE = 2  # references to an object that only a local name and getrefcount's argument hold


class Rewrites:
    """The outputs of a run that replace a value the same run reads.

    Attributes:
        reads, gives: the cells of the run's inputs and outputs.
    """

    __slots__ = ("_storages", "gives", "reads")

    def __init__(self, reads: Sequence[Cell], gives: Sequence[Cell]) -> None:
        self.reads = reads
        self.gives = gives
        self._storages: list[tuple[Any, Cell]] = []

    def places(self) -> Places:
        """Which output replaces which input; asked once, when the program is compiled."""
        at = {cell: index for index, cell in enumerate(self.gives)}
        found: dict[int, int] = {}
        for index, cell in enumerate(self.reads):
            storage = cell.holder() if cell.holder is not None else None
            if storage is not None and storage.cell is not cell:
                output = at.get(storage.cell)
                if output is not None and storage.cell.type is cell.type:
                    found[output] = index
        return tuple(sorted(found.items()))

    def spares(self, places: Places) -> list[Any]:
        """The spare buffer of each output that replaces an input; None where there is none that nobody else holds."""
        reads, gives, storages = self.reads, self.gives, self._storages
        found: list[Any] = []
        for output, index in places:
            read = reads[index]
            storage = read.holder() if read.holder is not None else None
            spare = None
            if storage is not None and storage.cell is gives[output]:
                storages.append((storage, read))
                spare, storage.spare = storage.spare, None
            found.append(spare if getrefcount(spare) <= ALONE else None)
        return found

    def keep(self) -> None:
        """After the run: the values it replaced become the spares of the next one."""
        for storage, replaced in self._storages:
            storage.spare = replaced.array


def buffers(
    rewrites: Rewrites | None, places: Places, types: Sequence[TensorType], where: Sequence[Sharding]
) -> list[Any]:
    """Memory for the outputs that replace inputs: spares where there are any, new where not."""
    made = [None] * len(places) if rewrites is None else rewrites.spares(places)
    for at, spare in enumerate(made):
        if spare is None:
            made[at] = jnp.zeros(types[at].shape, types[at].dtype, device=where[at])
    return made
