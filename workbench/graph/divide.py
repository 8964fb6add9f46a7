"""Dividing a segment where its blocks repeat.

A compiler's work grows faster than the program it is given: a network of 110 layers as one program takes minutes
where its three distinct blocks take seconds.  So a long segment is divided at the borders of its
repeated blocks; equal parts are equal segments, and each distinct one is compiled once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from workbench.graph.repeats import Run, runs
from workbench.graph.segment import Instruction, Segment
from workbench.types import TensorType

LONGEST = 96  # operators a part of several blocks may have
DISPATCH = 20  # operators one would rather compile than run one more part in every step


@dataclass(frozen=True)
class Part:
    """A piece of a longer segment.

    Attributes:
        segment: the piece by itself.
        reads, gives: slots of the long segment that its inputs come from and its outputs go to.
        released: slots that nobody reads after it.
        scalars: where its scalars are among the long segment's.
    """

    segment: Segment
    reads: tuple[int, ...]
    gives: tuple[int, ...]
    released: tuple[int, ...]
    scalars: slice


def divide(segment: Segment) -> tuple[Part, ...]:
    """The parts of a segment in order; one part where nothing repeats."""
    types = segment.types
    symbols = [
        (bound, tuple(segment.inputs[~s] if s < 0 else types[s] for s in arguments))
        for bound, arguments in segment.instructions
    ]
    return split(segment, borders(runs(symbols), len(symbols)))


def borders(found: Sequence[Run], length: int) -> list[int]:
    """Where to cut: at the ends of runs, and inside each after as many blocks as pays."""
    cuts = {0, length}
    for run in found:
        step = run.period * _grouped(run)
        cuts.update(range(run.start, run.stop, step))
        cuts.add(run.stop)
    return sorted(cuts)


def _grouped(run: Run) -> int:
    """How many blocks of a run make a part: few parts to run, and few operators to compile."""

    def cost(group: int) -> int:
        compiled = run.period * (group + run.count % group)
        return compiled + DISPATCH * -(-run.count // group)

    return min(range(1, max(1, LONGEST // run.period) + 1), key=cost)


def split(segment: Segment, cuts: Sequence[int]) -> tuple[Part, ...]:
    """The parts of a segment between cuts, places in its list of instructions from 0 to its end."""
    starts = [0]
    scalars = [0]
    for bound, _ in segment.instructions:
        starts.append(starts[-1] + bound.output_count)
        scalars.append(scalars[-1] + bound.scalar_count)
    pairs = list(pairwise(cuts))
    last = _last_reads(segment, pairs)
    parts = []
    for index, (first, stop) in enumerate(pairs):
        made = range(starts[first], starts[stop])
        gives = tuple(s for s in made if last.get(s, -1) > index)
        reads, instructions = _renumbered(segment.instructions[first:stop], made)
        local = Segment(
            instructions,
            tuple(_type(segment, s) for s in reads),
            tuple(s - made.start for s in gives),
            segment.device,
        )
        released = tuple(s for s in reads if last[s] == index)
        parts.append(Part(local, reads, gives, released, slice(scalars[first], scalars[stop])))
    return tuple(parts)


def _last_reads(segment: Segment, pairs: Sequence[tuple[int, int]]) -> dict[int, int]:
    """For each slot the last part that reads it; beyond the last one for outputs."""
    last: dict[int, int] = {}
    for index, (first, stop) in enumerate(pairs):
        for _, arguments in segment.instructions[first:stop]:
            last.update(dict.fromkeys(arguments, index))
    return last | dict.fromkeys(segment.outputs, len(pairs))


def _renumbered(
    instructions: Sequence[Instruction], made: range
) -> tuple[tuple[int, ...], tuple[Instruction, ...]]:
    """The slots read from outside, in order of first use, and the instructions on slots of their own."""
    reads: dict[int, int] = {}

    def local(slot: int) -> int:
        return slot - made.start if slot in made else ~reads.setdefault(slot, len(reads))

    renumbered = tuple((bound, tuple(map(local, arguments))) for bound, arguments in instructions)
    return tuple(reads), renumbered


def _type(segment: Segment, slot: int) -> TensorType:
    return segment.inputs[~slot] if slot < 0 else segment.types[slot]
