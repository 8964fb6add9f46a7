"""Sublinear memory: keep every √n-th boundary, and compute what lies between again.

A chain of n equal layers cut into k segments keeps k boundaries and, while it goes back through one segment,
the n / k layers inside: k + n / k, least at k = √n.  Real layers differ in size, so instead of counting them
one walks along and cuts wherever the bytes gathered since the last cut exceed a threshold, and tries
thresholds. Every operation but the last segment's runs forward twice: one extra forward.

Source: T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training Deep Nets with Sublinear Memory Cost",
arXiv:1604.06174, Section 4 and Algorithm 3.
"""

from __future__ import annotations

import numpy as np

from workbench.memory.liveness import peak
from workbench.memory.schedule import Schedule
from workbench.memory.stages import Stages
from workbench.memory.workload import Workload

THRESHOLDS = 24  # tried, spread evenly by their logarithm


def chen(workload: Workload, budget: int | None = None) -> Schedule:
    """The best of the schedules that a threshold gives.

    Without a budget the one of least peak; with one, of those within it the one that recomputes least, else the
    one of least peak.

    Args:
        budget: bytes of feature maps.
    """
    stages = Stages(workload)
    tried = [stages.segmented(cuts) for cuts in {tuple(_cuts(stages, t)) for t in _thresholds(stages)}]
    peaks = {schedule: peak(workload, schedule) for schedule in tried}
    fitting = [s for s in tried if budget is not None and peaks[s] <= budget]
    if fitting:
        return min(fitting, key=lambda s: (s.recomputed_flops(workload), peaks[s]))
    return min(tried, key=lambda s: (peaks[s], s.recomputed_flops(workload)))


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
