"""A plan's memory through time as a picture needs it: a few hundred points, and no peak lost between them.

A pass of a thousand layers runs ten thousand operations, more than a screen has columns.  So the places of the schedule
are divided into equal bins, and each bin is shown by the place in it at which most is alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.memory.arena import layers
from workbench.memory.liveness import Lives, Timeline, alive, timeline
from workbench.memory.schedule import Schedule
from workbench.memory.workload import Kind, Workload

POINTS = 400  # of a timeline: about as many as a drawing has columns
COLUMNS = 200  # of the picture by layer, and its rows at most
ROWS = 24
SHADES = 9  # of the picture by layer: as many as the eye tells apart


@dataclass(frozen=True)
class Profile:
    """What a schedule has in memory at each place.

    Attributes:
        workload, schedule: what runs, and when.
    """

    workload: Workload
    schedule: Schedule

    @cached_property
    def lives(self) -> Lives:
        """Every making of every value."""
        return Lives.of(self.workload, self.schedule)

    @cached_property
    def timeline(self) -> Timeline:
        """Bytes of feature maps, and of workspace, at each place."""
        return timeline(self.workload, self.schedule)

    @cached_property
    def fixed(self) -> dict[Kind, int]:
        """Bytes by kind of what the caller holds from start to end: inputs and parameters, outputs, gradients."""
        found: dict[Kind, int] = {"parameter": 0, "activation": 0, "gradient": 0}
        for value in self.workload.held | self.workload.results:
            found[self.workload.kind(value)] += self.workload.sizes[value]
        return found

    @cached_property
    def places(self) -> np.ndarray:
        """The places to draw: of each bin the one at which most is alive."""
        return most_of_each(self.timeline.total[: len(self.schedule)], POINTS)

    @cached_property
    def phases(self) -> str:
        """What runs at each of `places`: ``f`` forward, ``r`` forward once more, ``b`` backward."""
        order = self.schedule.order
        first = np.zeros(len(order), bool)
        first[np.unique(order, return_index=True)[1]] = True
        names = np.where(order >= self.workload.forward, "b", np.where(first, "f", "r"))
        return "".join(names[self.places])

    @cached_property
    def by_kind(self) -> dict[Kind, np.ndarray]:
        """Bytes of each kind at each of `places`, what the caller holds included."""
        maps, nothing = self.timeline.feature_maps, np.zeros(len(self.schedule), np.int64)
        found = {kind: held + maps.get(kind, nothing)[self.places] for kind, held in self.fixed.items()}
        return {**found, "workspace": self.timeline.workspace[self.places]}

    # -- by layer --------------------------------------------------------------------------------

    @cached_property
    def bands(self) -> np.ndarray:
        """Bytes of feature maps by layer: one row a band of the network, in the order of its forward pass.

        Each entry is the most that the band has alive within one of `COLUMNS` bins of places.
        """
        lives, length = self.lives, len(self.schedule)
        band = bands_of(self.workload)[self.workload.makers[lives.value]]
        sizes = self.workload.map_bytes[lives.value]
        lines = [
            alive(lives.start, lives.end, sizes * (band == row), length)
            for row in range(len(band_starts(self.workload)))
        ]
        return np.maximum.reduceat(np.stack(lines), bin_starts(length, COLUMNS), axis=1)

    @cached_property
    def shades(self) -> list[str]:
        """`bands` as digits, a text a row: 0 is nothing, 9 the largest entry of all."""
        most = max(1, int(self.bands.max(initial=1)))
        digits = np.ceil(self.bands * SHADES / most).astype(int)
        return ["".join(map(str, line)) for line in digits.tolist()]


def bin_starts(length: int, most: int) -> np.ndarray:
    """Where each of at most `most` bins of about equal length begins."""
    count = min(length, most)
    return np.arange(count) * length // max(1, count)


def most_of_each(values: np.ndarray, most: int) -> np.ndarray:
    """Of each of at most `most` bins the index of its largest entry."""
    starts = bin_starts(len(values), most)
    pieces = np.split(values, starts[1:]) if len(values) else []
    return np.array([s + int(piece.argmax()) for s, piece in zip(starts, pieces, strict=True)], np.int64)


def band_starts(workload: Workload, most: int = ROWS) -> np.ndarray:
    """The forward operations at which the bands of a network begin: at most `most`, of about equal length."""
    return bin_starts(workload.forward, most)


def bands_of(workload: Workload) -> np.ndarray:
    """The band that each operation belongs to."""
    return np.searchsorted(band_starts(workload), layers(workload), side="right") - 1
