"""What each stage of a chain takes: bytes at every step of walking it, and work.

Forward, a stage may *drop* what it made but for what the next one reads, or *keep* what its own backward will
read; going back, it needs what was kept and the gradient that arrives.  Planners add these numbers up instead of
simulating a schedule at every step.  What crosses the cut before a stage is not counted with it, but where it is
said: that belongs to whoever keeps it there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from workbench.memory.liveness import Lives, alive
from workbench.memory.schedule import Schedule, of_groups
from workbench.memory.stages import Stages, last_reads


class StageCosts:
    """Bytes and FLOP of a chain's stages, one entry a stage but where it says a cut.

    Attributes:
        stages: the chain.
    """

    def __init__(self, stages: Stages) -> None:
        self.stages = stages
        self._work = work = stages.workload
        self._first = np.array(stages.cuts[:-1])
        made_forward = (work.makers >= 0) & (work.makers < work.forward)
        of_maker = np.searchsorted(stages.cuts, work.makers, "right") - 1
        self._stage = np.where(made_forward, np.minimum(of_maker, len(stages) - 1), -1)  # of each value

    # -- bytes -----------------------------------------------------------------------------------

    @cached_property
    def held(self) -> np.ndarray:
        """What a stage leaves behind where it keeps what its backward reads, with what crosses its end."""
        return self._by_stage(self._crossing | self._read_back)

    @cached_property
    def output(self) -> np.ndarray:
        """What a stage makes that crosses its end and that its own backward reads."""
        return self._by_stage(self._crossing & self._read_back)

    @cached_property
    def keeping(self) -> np.ndarray:
        """The most of its own while a stage runs forward and keeps what its backward reads."""
        return self._own_forward(self._both)

    @cached_property
    def leaving(self) -> np.ndarray:
        """The most of its own while a stage runs forward and drops what it can."""
        return self._own_forward(self._forward)

    @cached_property
    def dropping(self) -> np.ndarray:
        """The most while a stage runs forward and drops what it can, what crosses the cut before it included."""
        lives = self._forward
        return self._most(lives.start, lives.end, lives.value)

    @cached_property
    def backward(self) -> np.ndarray:
        """The most while going back through a stage: what it kept, the gradients that arrive and that it makes."""
        lives, stage = self._both, self._stage[self._both.value]
        starts = np.append(self._back, 0)
        stops = np.append(self._back + [len(g) for g in self.stages.backward], 0)
        own = stage >= 0
        start = np.where(own, starts[stage], lives.start)
        end = np.where(own, np.minimum(lives.end, stops[stage] - 1), lives.end)
        there = end >= start
        sizes = self._work.map_bytes[lives.value]
        total = alive(start[there], end[there], sizes[there], len(self._work.operations))
        total += self._work.workspace[self._once.order]
        return np.array(
            [total[a:b].max(initial=0) for a, b in zip(starts[:-1], stops[:-1], strict=True)], np.int64
        )

    @cached_property
    def gradient(self) -> np.ndarray:
        """Gradients that cross a cut on the way back; one entry a cut."""
        lives, sizes = self._both, self._work.map_bytes
        gradients = self._stage[lives.value] < 0
        start, end, value = (c[gradients] for c in (lives.start, lives.end, lives.value))
        passing = end > start
        length = len(self._work.operations) + 1
        total = alive(start[passing] + 1, end[passing], sizes[value[passing]], length)
        return np.array([0, *total[self._back]], np.int64)

    # -- work ------------------------------------------------------------------------------------

    @cached_property
    def again(self) -> np.ndarray:
        """FLOP of what a stage's own backward needs again of its forward: what crosses its end gone, and given."""
        stages, flops = self.stages, self._work.flops
        needed = [[stages.needed(s, s + 1, g, given) for given in (False, True)] for s, g in self._groups]
        return np.array([[sum(flops[n] for n in group) for group in pair] for pair in needed]).T

    # -- which values, and who lives when --------------------------------------------------------

    @property
    def _groups(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        return enumerate(self.stages.backward)

    @cached_property
    def _crossing(self) -> set[int]:
        """Values that are read beyond the stage that makes them."""
        ends, last = self.stages.cuts[1:], last_reads(self._work).items()
        return {v for v, number in last if self._stage[v] >= 0 and number >= ends[self._stage[v]]}

    @cached_property
    def _read_back(self) -> set[int]:
        """Values that the backward of the stage that makes them reads."""
        operations = self._work.operations
        reads = ((s, v) for s, group in self._groups for n in group for v in operations[n].reads)
        return {v for s, v in reads if self._stage[v] == s}

    def _by_stage(self, chosen: set[int]) -> np.ndarray:
        values = np.array(sorted(chosen), np.int64)
        found = np.bincount(self._stage[values], self._work.map_bytes[values], len(self.stages))
        return found.astype(np.int64)

    @cached_property
    def _forward(self) -> Lives:
        return Lives.of(self._work, Schedule((tuple(range(self._work.forward)),), 1))

    @cached_property
    def _once(self) -> Schedule:
        """Everything once, the backward pass stage by stage."""
        back = self.stages.backward_group(0, len(self.stages), recompute=False)
        return of_groups([range(self._work.forward), back], 1)

    @cached_property
    def _both(self) -> Lives:
        """Lifetimes where everything runs once."""
        return Lives.of(self._work, self._once)

    @cached_property
    def _back(self) -> np.ndarray:
        """The place at which each stage's backward starts."""
        lengths = np.array([len(group) for group in self.stages.backward[::-1]])
        return (self._work.forward + np.cumsum(lengths) - lengths)[::-1]

    def _own_forward(self, lives: Lives) -> np.ndarray:
        stage = self._stage[lives.value]
        own = stage >= 0
        end = np.minimum(lives.end[own], np.array(self.stages.cuts[1:])[stage[own]] - 1)
        return self._most(lives.start[own], end, lives.value[own])

    def _most(self, start: np.ndarray, end: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Of each stage's forward the most at once, of values that are there so long, and of workspace."""
        count = self._work.forward
        total = alive(start, end, self._work.map_bytes[value], count) + self._work.workspace[:count]
        return np.maximum.reduceat(total, self._first) if len(self._first) else total
