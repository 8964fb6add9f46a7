"""CP: a sum of outer products of vectors, one vector a mode; its rank is the number of terms.

Any tensor is a sum of at most as many terms as the product of all its modes but one, and the least of these
products bounds the rank.  Few numbers and, under mild conditions, a decomposition that is unique: so its factors can be
read, as a component that each mode loads on.

Source: T. G. Kolda, B. W. Bader, "Tensor Decompositions and Applications", SIAM Review 51(3), 2009, Section 3.
"""

from __future__ import annotations

import math

from workbench.errors import ArgumentError
from workbench.lowrank.format import Format, Rank
from workbench.types import Shape


class CP(Format):
    """Factors (n_k, r), a mode each; a rank of one number."""

    name = "cp"
    title = "CP"
    reason = "the least product of all modes but one"

    def bounds(self, shape: Shape) -> Rank:
        return (math.prod(shape) // max(shape),)

    def check(self, shape: Shape, rank: Rank) -> Rank:
        if len(rank) != 1:
            raise ArgumentError(f"rank={rank}: CP has one rank, the number of its terms, not {len(rank)}")
        self.check_bound(shape, rank[0])
        return rank

    def shapes(self, shape: Shape, rank: Rank) -> tuple[Shape, ...]:
        return tuple((n, rank[0]) for n in shape)

    def rung(self, shape: Shape, step: int) -> Rank:
        return (step,)
