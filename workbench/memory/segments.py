"""The best plan of one extra forward: segments whose lengths are free, stage by stage.

Cut the chain into segments, keep what crosses the cuts, and compute each segment again when the way back comes to
it.  While it goes back through segment (i, j) there are: what crosses the cuts up to i, and the segment's own
working set W(i, j).  For a peak B, the fewest bytes kept before cut j are therefore

    f[j] = min over i < j, f[i] + c[i] + W(i, j) ≤ B,  of  f[i] + c[i],        c[i] bytes across cut i, f[0] = 0,

and B fits if f of the end is finite.  The least B is found by bisection.  A threshold (`chen`) makes all segments
about equal; these grow longer the fewer cuts were kept before them, as they should.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from workbench.memory.fit import within
from workbench.memory.schedule import Schedule
from workbench.memory.stage_costs import StageCosts
from workbench.memory.stages import Stages
from workbench.memory.workload import Workload


def segments(workload: Workload, budget: int | None = None) -> Schedule:
    """The segmentation of least peak; with a budget, one within it whose last segment, never recomputed, is longest.

    Args:
        budget: bytes of feature maps.

    Raises:
        BudgetError: even the least peak is above the budget.
    """
    table = Segments(Stages(workload))
    if budget is None:
        return table.least()
    return within(workload, budget, table.schedule, table.least, "segments")


class Segments:
    """The segments of a chain and what going back through each takes.

    Attributes:
        stages: the chain.
    """

    def __init__(self, stages: Stages) -> None:
        self.stages = stages

    @cached_property
    def working(self) -> np.ndarray:
        """W(i, j) for all cuts i < j, in bytes, infinite elsewhere."""
        costs, count = StageCosts(self.stages), len(self.stages)
        below = np.concatenate([[0], np.cumsum(self.stages.kept)]).astype(float)
        found = np.full((count + 1, count + 1), np.inf)
        going, coming = below[:-1] + costs.keeping, below[:-1] + costs.backward
        for i in range(count):
            forward = np.maximum.accumulate(going[i:]) + costs.gradient[i + 1 :]
            found[i, i + 1 :] = np.maximum(forward, np.maximum.accumulate(coming[i:])) - below[i]
        return found

    def cuts(self, peak: float) -> list[int] | None:
        """The cuts that keep fewest bytes within a peak; None where no cuts do.

        The last segment starts as early as the peak allows.
        """
        count, across = len(self.stages), self.stages.boundary.astype(float)
        kept, best = np.full(count + 1, np.inf), np.zeros(count + 1, int)
        kept[0] = 0
        for j in range(1, count + 1):
            held = kept[:j] + across[:j]
            fits = held + self.working[:j, j] <= peak
            if fits.any():
                best[j] = fits.argmax() if j == count else np.where(fits, held, np.inf).argmin()
                kept[j] = held[best[j]]
        if kept[count] == np.inf:
            return None
        found, at = [], count
        while at:
            at = int(best[at])
            found.append(at)
        return found[::-1]

    def schedule(self, peak: float) -> Schedule | None:
        """The schedule of those cuts."""
        cuts = self.cuts(peak)
        return None if cuts is None else self.stages.segmented(cuts)

    def least(self) -> Schedule:
        """The schedule of the least peak that a segmentation reaches."""
        low, high = 0.0, float(self.stages.boundary.sum() + self.working[0, -1])
        while high - low > max(1.0, high * 1e-4):
            middle = (low + high) / 2
            low, high = (low, middle) if self.cuts(middle) is not None else (middle, high)
        found = self.schedule(high)
        assert found is not None
        return found
