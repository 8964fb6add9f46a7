"""Tensor train: a chain of cores, one a mode, each joined to the next by a bond; a rank is the size of a bond.

A bond cuts the modes into those left and those right of it, and its rank is that of the tensor unfolded so: at most
the product of the modes on either side.  Built from the left, it is also at most the bond before it times the mode in
between.  Parameters grow with the number of modes, not exponentially: the format for tensors of many modes.

Source: I. V. Oseledets, "Tensor-Train Decomposition", SIAM Journal on Scientific Computing 33(5), 2011, Section 2.
"""

from __future__ import annotations

from itertools import accumulate
from operator import mul

from workbench.errors import ArgumentError
from workbench.lowrank.format import Format, Rank
from workbench.types import Shape


class TensorTrain(Format):
    """Cores (r_k, n_k, r_k+1); a rank a bond between two modes, those at the ends, which are 1, left out."""

    name = "tt"
    title = "tensor train"
    reason = "the least product of modes on either side of a bond"

    def bounds(self, shape: Shape) -> Rank:
        left = list(accumulate(shape[:-1], mul))
        right = list(accumulate(shape[:0:-1], mul))[::-1]
        return tuple(map(min, left, right))

    def check(self, shape: Shape, rank: Rank) -> Rank:
        bonds = len(shape) - 1
        if len(rank) == bonds + 2 and rank[0] == rank[-1] == 1:
            rank = rank[1:-1]
        if len(rank) != bonds:
            raise ArgumentError(
                f"rank={rank}: a tensor train of {shape} has {bonds} ranks, one for each bond, not {len(rank)}"
            )
        before = (1, *rank)
        for bond, (r, most) in enumerate(zip(rank, self.bounds(shape), strict=True)):
            bound = min(most, before[bond] * shape[bond])
            if not 1 <= r <= bound:
                raise ArgumentError(
                    f"rank={rank}: the bond between modes {bond} and {bond + 1} of {shape} is from 1 to {bound}, "
                    f"what the modes and the bond before it allow, got {r}"
                )
        return rank

    def shapes(self, shape: Shape, rank: Rank) -> tuple[Shape, ...]:
        return tuple(zip((1, *rank), shape, (*rank, 1), strict=True))

    def rung(self, shape: Shape, step: int) -> Rank:
        return self.clipped(shape, step)
