"""An arena: one piece of memory, and which value lies where in it from when to when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from workbench.memory.colours import waits
from workbench.memory.schedule import Schedule
from workbench.memory.size import text
from workbench.memory.workload import Workload
from workbench.types import Quantity

BufferKind = Literal["parameter", "activation", "gradient", "workspace"]
MOST_LAYERS = 5  # that a report names


@dataclass(frozen=True, slots=True)
class Buffer:
    """A value in memory.

    Attributes:
        value: its number; None for what an operation needs only while it runs.
        operation: what makes it.
        layer: the forward operation that it belongs to.
        kind: an activation, a gradient, or workspace.
        size: in bytes.
        block: which part of the arena it lies in.
        start, end: the first and the last place of the schedule at which it takes memory; where it is moved to the
            host's memory, of one stretch.
    """

    value: int | None
    operation: int
    layer: int
    kind: BufferKind
    size: int
    block: int
    start: int
    end: int


@dataclass(frozen=True)
class Arena:
    """What an allocation comes to.

    Attributes:
        plan: how it was allocated.
        workload, schedule: what runs, and when.
        buffers: in the order in which they are made.
        blocks: bytes of each part of the arena; they lie one after another.
    """

    plan: str
    workload: Workload
    schedule: Schedule
    buffers: tuple[Buffer, ...]
    blocks: tuple[int, ...]

    @cached_property
    def size(self) -> int:
        """Bytes of the arena: what it takes to run the schedule beside what the caller holds."""
        return sum(self.blocks)

    @property
    def quantity(self) -> Quantity:
        """The arena's size, as a prediction."""
        how = f"plan {self.plan!r} of every value's place in one arena"
        return Quantity(self.size, "B", "predicted", how, "feature maps, allocated")

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Where each buffer begins in the arena, in bytes."""
        starts = np.cumsum([0, *self.blocks])
        return tuple(int(starts[buffer.block]) for buffer in self.buffers)

    # -- through time ----------------------------------------------------------------------------

    @cached_property
    def by_kind(self) -> Mapping[BufferKind, np.ndarray]:
        """Bytes alive at each place of the schedule; parameters are all that the caller holds."""
        length = len(self.schedule)
        kinds: tuple[BufferKind, ...] = ("activation", "gradient", "workspace")
        change = {kind: np.zeros(length + 1, np.int64) for kind in kinds}
        for buffer in self.buffers:
            change[buffer.kind][buffer.start] += buffer.size
            change[buffer.kind][buffer.end + 1] -= buffer.size
        lines = {kind: np.cumsum(steps)[:length] for kind, steps in change.items()}
        return {"parameter": np.full(length, self.workload.fixed_bytes), **lines}

    @cached_property
    def live(self) -> np.ndarray:
        """Bytes of the arena in use at each place of the schedule."""
        lines = self.by_kind
        return lines["activation"] + lines["gradient"] + lines["workspace"]

    @property
    def peak_place(self) -> int:
        """The place at which most is in use."""
        return int(self.live.argmax()) if len(self.live) else 0

    def alive(self, place: int) -> list[Buffer]:
        """The buffers in memory at a place."""
        return [b for b in self.buffers if b.start <= place <= b.end]

    def by_layer(self, place: int) -> dict[int, int]:
        """Bytes alive at a place for each forward operation that they belong to, the largest first."""
        found: Counter[int] = Counter()
        for buffer in self.alive(place):
            found[buffer.layer] += buffer.size
        return dict(found.most_common())

    # -- what sharing costs ----------------------------------------------------------------------

    @cached_property
    def waits(self) -> tuple[tuple[int, int], ...]:
        """Pairs of places: the second has to wait for the first only because they share memory.

        What waits because it reads what the other makes is not among them.  Operations that run one after
        another lose nothing by it; those that could run at the same time do.
        """
        return waits(self.workload, self.schedule, self.buffers)

    def report(self) -> str:
        """What it comes to, in a few lines."""
        place = self.peak_place
        order = list(self.schedule)
        names = self.workload.operations
        lines = [
            f"plan {self.plan}: {text(self.size)} in {len(self.blocks)} blocks for {len(self.buffers)} buffers",
            f"held by the caller: {text(self.workload.fixed_bytes)}",
        ]
        if order:
            kinds = ", ".join(f"{k} {text(line[place])}" for k, line in self.by_kind.items() if line[place])
            lines.append(f"most alive: {text(self.live[place])} at {names[order[place]].name}: {kinds}")
        for layer, size in list(self.by_layer(place).items())[:MOST_LAYERS]:
            lines.append(f"  {names[layer].name}: {text(size)}")
        return "\n".join(lines) + "\n"

    def __repr__(self) -> str:
        return f"Arena({self.plan}: {text(self.size)} in {len(self.blocks)} blocks)"


def layers(workload: Workload) -> list[int]:
    """For each operation the forward operation that it belongs to: itself, or the one it goes back through.

    A sum of gradients belongs where its first term does.
    """
    found: list[int] = []
    for number, operation in enumerate(workload.operations):
        if number < workload.forward:
            found.append(number)
        elif operation.of is not None:
            found.append(operation.of)
        else:
            makers = [m for v in operation.reads if (m := workload.maker.get(v, number)) < number]
            found.append(found[makers[0]] if makers else 0)
    return found
