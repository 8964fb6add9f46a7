"""The table of the dynamic programme on a chain; `chain` says what it is for.

All pieces of d stages, in all amounts of memory, are worked out at once, as arrays; pieces of d + 1 stages follow
from them.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from workbench.memory.schedule import Schedule
from workbench.memory.stage_costs import StageCosts
from workbench.memory.stages import Stages
from workbench.memory.walk import Walk

GONE, GIVEN = 0, 1  # whether what crosses a piece's end must be made again, or is still there


class ChainTable:
    """The least work of every piece of a chain in every amount of memory.

    ``work[d - 1][given, s, m]`` is the forward work of stages s to s + d - 1 in m slots beside what crosses their
    start, in units of one whole forward; infinite where they do not fit.  Where what crosses their end is given, the m
    slots hold what the last stage made of it and its own backward reads: once that is through, they are free for the
    stages before.

    Args:
        stages: the chain.
        top: the largest amount of memory, in bytes.
        slots: how many parts of it there are at most.
    """

    def __init__(self, stages: Stages, top: int, slots: int) -> None:
        self.stages = stages
        self._costs = costs = StageCosts(stages)
        self._unit = _unit(np.concatenate([stages.boundary, costs.held]), top, slots)
        self._memory = np.arange(int(top / self._unit + 1e-9) + 1)
        self._across, self._held = self._slots(stages.boundary), self._slots(costs.held)
        self._ends = self._slots(costs.output)
        self._passing = np.maximum(self._across[1:] - self._ends, 0)  # a stage's end without what it made
        flops = stages.forward_flops / self._one
        self._forward = np.concatenate([[0], np.cumsum(flops)]).astype(np.float32)
        self.work: list[np.ndarray] = []
        self._later: list[
            np.ndarray
        ] = []  # of s to t, what crosses cut s kept; and of going to s from the start
        self._lower: list[np.ndarray] = []  # of s to t when all after t is done
        for d in range(1, len(stages) + 1):
            self._add(self._single() if d == 1 else np.minimum(self._keep(d), self._again(d)))

    def _slots(self, sizes: np.ndarray) -> np.ndarray:
        return np.rint(sizes / self._unit).astype(int)

    # -- filling ---------------------------------------------------------------------------------

    def _add(self, best: np.ndarray) -> None:
        d, count = len(self.work) + 1, best.shape[1]
        self.work.append(best)
        self._later.append(_shifted(best, self._across[:count]) + self._forward[:count, None])
        self._lower.append(np.minimum(best[GONE], _shifted(best[GIVEN], self._passing[d - 1 :])))

    def _single(self) -> np.ndarray:
        """One stage: what its backward needs again; for the last of all, its only forward."""
        found = self._again_one.astype(np.float32)[:, :, None].repeat(len(self._memory), 2)
        return self._without(found, self._room_one)

    @cached_property
    def _one(self) -> float:
        """The work of one whole forward."""
        return float(self.stages.forward_flops.sum()) or 1.0

    @cached_property
    def _again_one(self) -> np.ndarray:
        flops = self._costs.again / self._one
        flops[:, -1] = self._forward[-1] - self._forward[-2]
        return flops

    @cached_property
    def _room_one(self) -> np.ndarray:
        """Slots for that and for going back, what crosses the end gone and given."""
        costs = self._costs
        forward = (costs.keeping + costs.gradient[1:]) * (self._again_one > 0)
        return self._slots(np.maximum(costs.backward, forward))

    def _keep(self, d: int) -> np.ndarray:
        """The first stage keeps what its backward reads."""
        count = len(self.stages) - d + 1
        found = _shifted(self.work[d - 2][:, 1:], self._held[:count])
        found += np.diff(self._forward)[:count, None]
        return self._without(found, self._room_keep(d))

    def _room_keep(self, d: int) -> np.ndarray:
        costs, count = self._costs, len(self.stages) - d + 1
        forward = costs.keeping[:count] + costs.gradient[d:]
        return np.maximum(self._slots(costs.backward[:count]), self._beside_end(forward, d))

    def _again(self, d: int) -> np.ndarray:
        """The best cut at which to keep something; the stages before it run twice."""
        count = len(self.stages) - d + 1
        best = np.full((2, count, len(self._memory)), np.inf, np.float32)
        sums = np.empty_like(best[0])
        for k in range(1, d):
            lower, later = self._lower[k - 1][:count], self._later[d - k - 1]
            for given in (GONE, GIVEN):
                np.add(later[given, k : k + count], lower, out=sums)
                np.minimum(best[given], sums, out=best[given])
        best -= self._forward[:count, None]
        return self._without(best, self._room_again(d))

    def _room_again(self, d: int) -> np.ndarray:
        """Slots for running every stage but the last forward, beside the gradient that waits at the end."""
        costs, count = self._costs, len(self.stages) - d + 1
        most = costs.leaving[:count].copy()
        for k in range(1, d - 1):
            np.maximum(most, costs.dropping[k : k + count], out=most)
        return self._beside_end(most + costs.gradient[d:], d)

    def _beside_end(self, room: np.ndarray, d: int) -> np.ndarray:
        """Slots for so many bytes, and where the end is given for what lies there until the way back has passed it."""
        return self._slots(room) + np.outer([0, 1], self._ends[d - 1 :])

    def _without(self, found: np.ndarray, room: np.ndarray) -> np.ndarray:
        """Infinite where there is less than the room that is needed."""
        found[np.broadcast_to(self._memory < room[..., None], found.shape)] = np.inf
        return found

    # -- reading ---------------------------------------------------------------------------------

    @property
    def whole(self) -> np.ndarray:
        """The least work of the whole chain for each amount of memory, in forwards."""
        return self.work[-1][GONE, 0]

    def steps(self) -> list[int]:
        """Amounts of memory, rising, each the smallest for its amount of work."""
        before = np.append(np.inf, self.whole[:-1])
        return np.flatnonzero(self.whole < before).tolist()

    def schedule(self, memory: int) -> Schedule:
        """The schedule of least work in so many slots."""
        walk = Walk(self.stages)
        waiting: list[tuple[int, int, int, int] | int] = [(0, len(self.stages), GONE, memory)]
        while waiting:
            piece = waiting.pop()
            if isinstance(piece, int):
                walk.back(piece)
            else:
                waiting.extend(reversed(self._take(walk, *piece)))
        return walk.schedule

    def _take(
        self, walk: Walk, first: int, stop: int, given: int, memory: int
    ) -> list[tuple[int, int, int, int] | int]:
        """Writes the first step of a piece, from cut to cut; what is to follow it, stages to go back through too."""
        d = stop - first
        if d == 1:
            if stop == len(self.stages):
                walk.keep(first)
            else:
                walk.again(first, given == GIVEN)
            return [first]
        splits = [
            self._later[d - k - 1][given, first + k, memory] + self._lower[k - 1][first, memory]
            for k in range(1, d)
        ]
        k = int(np.argmin(splits)) + 1
        rest = memory - self._held[first]
        if memory >= self._room_keep(d)[given, first] and rest >= 0:
            kept = self.work[d - 2][given, first + 1, rest] + self._forward[first + 1]
            if kept <= splits[k - 1] or memory < self._room_again(d)[given, first]:
                walk.keep(first)
                return [(first + 1, stop, given, rest), first]
        walk.run(first, first + k)
        beside = memory - self._passing[first + k - 1]
        there = (
            beside >= 0 and self.work[k - 1][GIVEN, first, beside] <= self.work[k - 1][GONE, first, memory]
        )
        lower = (GIVEN, beside) if there else (GONE, memory)
        return [(first + k, stop, given, memory - self._across[first + k]), (first, first + k, *lower)]


def _shifted(table: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Each row moved up by its number of slots; infinite below."""
    source = np.arange(table.shape[-1]) - by[: table.shape[-2], None]
    found = np.take_along_axis(table, np.broadcast_to(np.maximum(source, 0), table.shape), -1)
    found[np.broadcast_to(source < 0, table.shape)] = np.inf
    return found


def _unit(sizes: np.ndarray, top: int, slots: int) -> float:
    """Bytes in a slot: of the numbers of slots from half to all of them, the one that rounds the sizes least."""
    if top <= slots:
        return 1.0
    units = top / np.arange(slots // 2, slots + 1)[:, None]
    error = np.abs(np.rint(sizes / units) * units - sizes).sum(1)
    return float(units[error.argmin(), 0])
