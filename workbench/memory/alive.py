"""Why a value is alive: who made it, who reads it next and last, and what doing without it would cost.

A value that is read again could be dropped until then, at the price of computing it once more: the operation that
made it, and those that make what this one reads, as far back as to values that are there at that time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.memory.profile import Profile
from workbench.memory.workload import Kind


@dataclass(frozen=True, slots=True)
class Alive:
    """A value in memory at a place of a schedule.

    Attributes:
        value: its number.
        kind: what it is.
        size: in bytes.
        fixed: whether the caller holds it from start to end: no plan decides about it.
        made_at: the place at which it was, or will be, made, or came back; None for what is there before.
        returned: whether it came back there from the host's memory.
        leaves_at: the place after which it goes there; None where it stays.
        next_read, last_read: the places of the next and the last operation to read this making of it; None where
            none does.
    """

    value: int
    kind: Kind
    size: int
    fixed: bool
    made_at: int | None
    returned: bool
    leaves_at: int | None
    next_read: int | None
    last_read: int | None


class Liveness:
    """Answers for one schedule what is alive at a place, and why.

    Args:
        profile: the schedule with its lifetimes.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._work = profile.workload
        self._length = len(profile.schedule)

    def at(self, place: int) -> list[Alive]:
        """All that is alive at a place, the largest first.

        The sizes add up to the bytes that the plan's timeline shows at this place.
        """
        lives, work = self.profile.lives, self._work
        there = (lives.start <= place) & (place <= lives.end) & (work.map_bytes[lives.value] > 0)
        fixed = np.array(sorted(work.held | work.results), np.int64)
        value = np.concatenate([lives.value[there], fixed])
        until = np.concatenate([lives.last_read[there], np.full(len(fixed), self._length - 1)])
        order, start, end = self.profile.schedule.order, lives.start[there], lives.end[there]
        returned = order[start] != work.makers[lives.value[there]]
        leaves = [e if e + 1 < last else None for e, last in zip(end.tolist(), until.tolist(), strict=False)]
        stretches = [*zip(start.tolist(), returned.tolist(), leaves, strict=True)]
        stretches += [(self._made.get(v), False, None) for v in fixed.tolist()]
        readings = self._readings(value, place, until)
        found = [
            Alive(v, work.kind(v), work.sizes[v], i >= len(value) - len(fixed), *stretches[i], *readings[i])
            for i, v in enumerate(value.tolist())
        ]
        return sorted(found, key=lambda each: -each.size)

    def again(self, alive: Alive) -> tuple[int, ...]:
        """The operations to run once more before its next reading, were it dropped until then, in order.

        There are none where the caller holds it, or nothing reads it again.
        """
        if alive.fixed or alive.next_read is None:
            return ()
        lives = self.profile.lives
        stays = lives.end + (lives.end + 1 == lives.last_read)  # what writes over a value reads it too
        before = (lives.start < alive.next_read) & (alive.next_read <= stays)
        there = {*lives.value[before].tolist()} - {alive.value}
        return tuple(sorted(self._needed(alive.value, there)))

    def flops(self, operations: Iterable[int]) -> float:
        """Their work, in FLOP."""
        return sum(self._work.flops[number] for number in operations)

    def _needed(self, value: int, there: set[int]) -> set[int]:
        needed: set[int] = set()
        waiting = [self._work.maker[value]]
        while waiting:
            number = waiting.pop()
            if number not in needed:
                needed.add(number)
                missing = [v for v in self._work.operations[number].reads if v not in there]
                waiting.extend(self._work.maker[v] for v in missing if v not in self._work.held)
        return needed

    def _readings(
        self, value: np.ndarray, place: int, until: np.ndarray
    ) -> list[tuple[int | None, int | None]]:
        """For each value the first and the last of the places from `place` to `until` at which it is read."""
        keys, base = np.append(self._reads, -1), value * self._length
        low = np.searchsorted(self._reads, base + place)
        high = np.searchsorted(self._reads, base + until, side="right")
        following, final = keys[low] - base, keys[high - 1] - base
        pairs = zip((low < high).tolist(), following.tolist(), final.tolist(), strict=True)
        return [(first, last) if there else (None, None) for there, first, last in pairs]

    @cached_property
    def _reads(self) -> np.ndarray:
        """Every reading as one number, ``value * length + place``, sorted."""
        places, read = self._work.reads.along(self.profile.schedule.order)
        return np.sort(self._work.reads.values[read] * self._length + places)

    @cached_property
    def _made(self) -> dict[int, int]:
        """Where each of the caller's values is made first."""
        lives = self.profile.lives
        order = np.argsort(-lives.start)
        return dict(zip(lives.value[order].tolist(), lives.start[order].tolist(), strict=True))
