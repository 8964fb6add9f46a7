"""Sublinear memory: keep every √n-th boundary, and compute what lies between again.

A chain of n equal layers cut into k segments keeps k boundaries and, while it goes back through one segment,
the n / k layers inside: k + n / k, least at k = √n.  Real layers differ in size, so instead of counting them
one walks along and cuts wherever the bytes gathered since the last cut exceed a threshold, and tries
thresholds.  Every operation but the last segment's runs forward twice: one extra forward.

The user has a say.  Where operations are marked as good places to cut (``mirror_stage``), cuts come after these
alone; what is marked to be kept (``force_mirroring=False``) is kept, and what is marked to be recomputed
(``True``) is, in the last segment too.

Source: T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training Deep Nets with Sublinear Memory Cost",
arXiv:1604.06174, Section 4 and Algorithm 3; dropping the results of cheap operations is its Section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from workbench.arguments import checked
from workbench.memory.fit import too_small
from workbench.memory.liveness import peak
from workbench.memory.schedule import Schedule, of_groups
from workbench.memory.stages import Stages, at_their_gradients
from workbench.memory.workload import Workload

THRESHOLDS = 24  # tried, spread evenly by their logarithm


@checked
def chen(
    workload: Workload, budget: int | None = None, *, mirror: Literal["segments", "cheap"] = "segments"
) -> Schedule:
    """The best of the schedules that a threshold gives, or one that recomputes cheap operations alone.

    Without a budget the one of least peak; with one, of those within it the one that recomputes least.

    Args:
        budget: bytes of feature maps.
        mirror: ``"segments"``, or ``"cheap"`` to keep everything but what normalisation, activation and pooling
            give, which is recomputed just before the gradient that reads it.

    Raises:
        ArgumentError: `mirror` is neither.
        BudgetError: the least peak is above the budget.
    """
    tried = [cheap(workload)] if mirror == "cheap" else list(segmentations(workload))
    peaks = {schedule: peak(workload, schedule) for schedule in tried}
    if budget is None:
        return min(tried, key=lambda s: (peaks[s], s.recomputed_flops(workload)))
    fitting = [s for s in tried if peaks[s] <= budget]
    if not fitting:
        raise too_small(workload, budget, min(peaks.values()), "chen")
    return min(fitting, key=lambda s: (s.recomputed_flops(workload), peaks[s]))


def segmentations(workload: Workload) -> Iterator[Schedule]:
    """The schedules of all thresholds, each once."""
    stages = Stages(workload)
    for cuts in sorted({tuple(_cuts(stages, t)) for t in _thresholds(stages)}):
        yield stages.segmented(cuts)


def cheap(workload: Workload) -> Schedule:
    """All results kept but those of cheap operations, and as the user marked them."""
    forward, backward = range(workload.forward), range(workload.forward, len(workload.operations))
    asked = {i: workload.operations[i].mirror for i in forward}
    again = {i for i in forward if asked[i] or (asked[i] is None and workload.operations[i].cheap)}
    return of_groups([forward, at_their_gradients(workload, backward, again)], 1)


def _thresholds(stages: Stages) -> np.ndarray:
    low, high = max(1, int(stages.kept.max(initial=1))), max(1, int(stages.kept.sum()))
    return np.geomspace(low, 2 * high, THRESHOLDS)


def _cuts(stages: Stages, threshold: float) -> list[int]:
    cuts = []
    gathered = 0
    for stage, kept in enumerate(stages.kept[:-1].tolist()):
        gathered += kept
        if gathered > threshold:
            cuts.append(stage + 1)
            gathered = 0
    return cuts
