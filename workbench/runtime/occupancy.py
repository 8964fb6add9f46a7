"""Live-array accounting: what is in memory while a program runs, added up piece by piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax

from workbench.graph.node import Value
from workbench.graph.segment import Piece, Segment


class Occupancy:
    """Adds up the arrays that are alive while each piece runs, and those that cross a cut; `Program.run` calls it.

    A piece's inputs, its outputs and its temporary buffers are there at once; an input that it gave away is not
    counted beside the output that lies in its memory.

    Args:
        inputs: what the caller holds from start to end.
        workspace: bytes of temporary buffers of each segment.

    Attributes:
        peak: the most bytes at once, so far.
        traffic: bytes of the arrays that pieces read and gave, summed.
    """

    def __init__(self, inputs: Sequence[jax.Array], workspace: Mapping[Segment, int]) -> None:
        self.inputs = {id(array): array.nbytes for array in inputs}
        self.workspace = workspace
        self.peak = 0
        self.traffic = 0

    def __call__(self, piece: Piece, live: Mapping[Value, Any]) -> None:
        there = {id(array): array.nbytes for array in live.values() if _on_device(array)}
        self.peak = max(self.peak, sum((self.inputs | there).values()) + self.workspace[piece.segment])
        self.traffic += sum(live[value].nbytes for value in (*piece.reads, *piece.gives))


def _on_device(array: jax.Array) -> bool:
    """Whether it takes memory there: it was neither given away nor moved to the host."""
    return not array.is_deleted() and array.sharding.memory_kind != "pinned_host"
