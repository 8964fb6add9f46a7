"""What every low-rank format answers, and how a rank is read.

A rank may be given as a whole number, as a tuple with one number for each place the format has, or as the fraction of
the tensor's numbers that the factors may take.  For the last a format climbs a *ladder*: ranks from the smallest to
the largest, each at least the one below it everywhere, so that the number of parameters grows from rung to rung and
the highest rung within a budget is found by bisection.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, ShapeError
from workbench.types import Shape

Rank = tuple[int, ...]
RankLike = int | float | Sequence[int]


class Format(ABC):
    """A way to write a tensor as factors.

    Attributes:
        name: by which it is asked for.
        title: what it is called.
        reason: what its largest rank comes from.
    """

    name: str
    title: str
    reason: str

    @abstractmethod
    def bounds(self, shape: Shape) -> Rank:
        """The largest rank in each place; more would be parameters without use."""

    @abstractmethod
    def check(self, shape: Shape, rank: Rank) -> Rank:
        """A rank written out, in the one form that the format's other methods take.

        Raises:
            ArgumentError: it has another length, or is out of bounds in a place.
        """

    @abstractmethod
    def shapes(self, shape: Shape, rank: Rank) -> tuple[Shape, ...]:
        """The shapes of the factors, in the order in which the format gives them."""

    @abstractmethod
    def rung(self, shape: Shape, step: int) -> Rank:
        """The rank on a rung of the ladder, from 1 to `rungs`."""

    def rungs(self, shape: Shape) -> int:
        """How many rungs the ladder has."""
        return max(self.bounds(shape))

    def parameters(self, shape: Shape, rank: Rank) -> int:
        """How many numbers the factors hold."""
        return sum(math.prod(factor) for factor in self.shapes(shape, rank))

    def resolve(self, shape: Shape, rank: RankLike) -> Rank:
        """A rank as users give it, written out for a tensor of this shape.

        Args:
            shape: of the tensor, two modes or more.
            rank: a whole number, at most which every place has; a sequence, a number for each place; or a number
                above 0 and up to 1 with a decimal point, the most parameters as a fraction of the tensor's.

        Raises:
            ArgumentError: it is none of these, is above the bounds, or no rank is small enough.
            ShapeError: the tensor has fewer than two modes, or an empty one.
        """
        self.check_shape(shape)
        if isinstance(rank, (bool, np.bool_)):
            raise self._unreadable(rank)
        if isinstance(rank, (int, np.integer)):
            return self._number(shape, int(rank))
        if isinstance(rank, (float, np.floating)):
            return self._fraction(shape, float(rank))
        given: Any = rank
        if isinstance(given, np.ndarray):
            given = given.tolist()
        if isinstance(given, (tuple, list)) and all(_whole(r) for r in given):
            return self.check(shape, tuple(int(r) for r in given))
        raise self._unreadable(rank)

    def check_shape(self, shape: Shape) -> None:
        """Refuses what has no format.

        Raises:
            ShapeError: it is no tuple of whole numbers; the tensor has fewer than two modes, or an empty one.
        """
        if not isinstance(shape, (tuple, list)) or not all(_whole(n) for n in shape):
            raise ShapeError(f"{self.title} takes a tensor's shape, a tuple of whole numbers, got {shape!r}")
        if len(shape) < 2 or min(shape) < 1:
            raise ShapeError(
                f"{self.title} takes a tensor of two modes or more, none of them empty, got {shape}"
            )

    def _number(self, shape: Shape, rank: int) -> Rank:
        self.check_bound(shape, rank)
        return self.clipped(shape, rank)

    def check_bound(self, shape: Shape, rank: int) -> None:
        """Refuses a rank that is too large for every place.

        Raises:
            ArgumentError: it is, or it is below 1.
        """
        highest = self.rungs(shape)
        if not 1 <= rank <= highest:
            raise ArgumentError(
                f"rank={rank}: {self.title} of {shape} has a rank from 1 to {highest}, {self.reason}"
            )

    def clipped(self, shape: Shape, rank: int) -> Rank:
        """This rank in every place, or as much as the place can have."""
        return tuple(min(rank, bound) for bound in self.bounds(shape))

    def _fraction(self, shape: Shape, fraction: float) -> Rank:
        if not 0 < fraction <= 1:
            raise ArgumentError(
                f"rank={fraction}: a fraction of parameters is above 0 and at most 1; a rank is a whole number"
            )
        full = math.prod(shape)
        found = self.within(shape, fraction * full)
        if found is None:
            least = self.parameters(shape, self.rung(shape, 1))
            raise ArgumentError(
                f"rank={fraction}: the smallest {self.title} of {shape}, of rank 1, has {least} parameters, "
                f"{least / full:.3g} of the tensor's {full}"
            )
        return found

    def within(self, shape: Shape, parameters: float) -> Rank | None:
        """The highest rung with at most so many parameters; None where the lowest has more."""
        step = self.step_within(shape, parameters)
        return self.rung(shape, step) if step else None

    def step_within(self, shape: Shape, parameters: float) -> int:
        """The number of that rung; 0 where there is none."""
        steps = range(1, self.rungs(shape) + 1)
        return bisect_right(steps, parameters, key=lambda s: self.parameters(shape, self.rung(shape, s)))

    def _unreadable(self, rank: Any) -> ArgumentError:
        return ArgumentError(
            f"rank={rank!r}: it is a whole number, one for each place of {self.title}, or a fraction of parameters"
        )


def _whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))
