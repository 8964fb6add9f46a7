"""An assembly: a long segment run as the parts it repeats.

Compiling takes longer than in proportion to a program's length, and a long program is mostly the same few blocks
again.  An assembly compiles each distinct block once, side by side, and runs them one after another; a
value is let go after the last part that reads it.  The price is a hand-over of a few microseconds a
part, so only long segments are assembled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from workbench.graph.divide import Part, divide
from workbench.graph.flatten import flatten, size
from workbench.graph.gather import gather
from workbench.graph.segment import Segment
from workbench.runtime.compile import cache

ASSEMBLE_FROM = 256  # operators; shorter segments are one program
MOST = 256  # segments of which it is remembered whether they are assembled, and how
WORTH = 2  # how many times fewer operators to compile make it worth the hand-overs

Run = Callable[[Segment, Sequence[Any], Sequence[float]], Sequence[Any]]


class Assembly:
    """The parts of a segment, and how values pass between them."""

    def __init__(self, segment: Segment) -> None:
        flat = flatten(segment)
        whole = gather(flat.segment)
        self.outputs = whole.outputs
        self.parts = divide(whole)
        self._scalars = flat.scalars

    @property
    def distinct(self) -> tuple[Segment, ...]:
        """The segments to compile."""
        return tuple(dict.fromkeys(part.segment for part in self.parts))

    @property
    def pays(self) -> bool:
        """Whether enough repeats to be worth the hand-overs."""
        compiled = sum(len(segment.instructions) for segment in self.distinct)
        return compiled * WORTH <= sum(len(part.segment.instructions) for part in self.parts)

    def compile(self) -> None:
        """Compiles what is not compiled yet, as many at once as there are cores."""
        cache.get_all(segment for segment in self.distinct if segment.outputs)

    def run(self, inputs: Sequence[Any], scalars: Sequence[float], run: Run) -> list[Any]:
        """The segment's results, each part run by `run`."""
        self.compile()
        numbers = [number if place is None else scalars[place] for number, place in self._scalars]
        slots = {~i: array for i, array in enumerate(inputs)}
        for part in self.parts:
            self._run_part(part, slots, numbers, run)
        return [slots[s] for s in self.outputs]

    @staticmethod
    def _run_part(part: Part, slots: dict[int, Any], numbers: Sequence[float], run: Run) -> None:
        results = run(part.segment, [slots[s] for s in part.reads], numbers[part.scalars])
        slots.update(zip(part.gives, results, strict=True))
        for slot in part.released:
            del slots[slot]


@lru_cache(MOST)
def assembly(segment: Segment) -> Assembly | None:
    """The assembly of a segment; None where it is short, or too little in it repeats."""
    if size(segment) < ASSEMBLE_FROM:
        return None
    made = Assembly(segment)
    return made if made.pays else None
