"""The cheapest order of all, by dynamic programming over subsets of the tensors.

However some of the tensors are multiplied with each other, the same tensor comes out: it has the indices that the
others or the output want.  So the best way to make it is found once, from the best ways to make two parts of it.  Of n
tensors there are 2ⁿ subsets and 3ⁿ divisions of one in two, where there are n!(n − 1)!/2ⁿ⁻¹ orders: for 8 tensors,
6,561 divisions and 1,587,600 orders.

Outer products are tried like everything else, and an index may be in any number of tensors.  opt_einsum's `optimal`,
which remembers what two sets of indices give whatever else is there, can miss the best where terms repeat.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache, reduce
from operator import or_

from workbench.contraction.path import Objective, Path, Terms

Cost = tuple[int, int]  # what is minimized, and the other


def exact(terms: Terms, output: frozenset[str], sizes: dict[str, int], minimize: Objective) -> Path:
    """The order of the fewest operations, or of the smallest largest intermediate, counted as `tree` does.

    A subset of tensors is an integer with a bit a tensor, and so is a set of indices.
    """
    letters = list(sizes)
    masks = [sum(1 << letters.index(letter) for letter in term) for term in terms]
    wanted = sum(1 << letters.index(letter) for letter in output)
    whole = (1 << len(terms)) - 1

    @cache
    def size(indices: int) -> int:
        return math.prod(sizes[letter] for n, letter in enumerate(letters) if indices >> n & 1)

    def indices(subset: int) -> int:
        """Of what comes out of a subset."""
        inside = [mask for n, mask in enumerate(masks) if subset >> n & 1]
        outside = [mask for n, mask in enumerate(masks) if not subset >> n & 1]
        return inside[0] if len(inside) == 1 else reduce(or_, inside) & reduce(or_, outside, wanted)

    kept = [0, *map(indices, range(1, whole + 1))]
    best: dict[int, Cost] = {1 << n: (0, 0) for n in range(len(terms))}
    split: dict[int, int] = {}

    def cost(subset: int, part: int) -> Cost:
        """Of making a subset from two parts of it."""
        (one, two), both = (best[part], best[subset ^ part]), kept[part] | kept[subset ^ part]
        work = size(both) * (1 + (size(both & ~kept[subset]) > 1))
        result = size(kept[subset]) if subset != whole else 0
        if minimize == "flops":
            return one[0] + two[0] + work, max(one[1], two[1], result)
        return max(one[0], two[0], result), one[1] + two[1] + work

    for subset in range(1, whole + 1):
        if subset not in best:
            best[subset], split[subset] = min((cost(subset, part), part) for part in _parts(subset))
    return tuple(_path(whole, split, [1 << n for n in range(len(terms))]))


def _parts(subset: int) -> Iterator[int]:
    """One part of each division of a subset in two: the one that has its lowest member."""
    lowest = subset & -subset
    rest = part = subset ^ lowest
    while part:
        part = (part - 1) & rest
        yield part | lowest


def _path(subset: int, split: dict[int, int], left: list[int]) -> Iterator[tuple[int, int]]:
    """The steps that make a subset from the tensors that are left."""
    if subset in split:
        one, two = split[subset], subset ^ split[subset]
        yield from _path(one, split, left)
        yield from _path(two, split, left)
        first, second = sorted((left.index(one), left.index(two)))
        yield first, second
        left.remove(one)
        left.remove(two)
        left.append(subset)
