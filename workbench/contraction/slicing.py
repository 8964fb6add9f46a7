"""Slicing: less memory for the same result, by cutting indices into parts.

Fix one index, and every tensor that has it is smaller; do the contraction for each of its values in turn, and the
results are the output's slices, or add up to it where the index is summed.  The intermediates shrink by the number of
slices.  The price is paid by the steps whose tensors do not have the index: they are done again in every slice, unless
nothing in them depends on any cut index.  Here an index is cut into equal parts, which need not be single values.

Source: J. Gray, S. Kourtis, "Hyper-optimized tensor network contraction", Quantum 5, 410 (2021), section 5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from workbench.contraction.tree import ContractionTree
from workbench.errors import BudgetError

MOST_SLICES = 2**62  # a loop counts them in 64 bits


def within(tree: ContractionTree, limit: int, itemsize: int = 4) -> ContractionTree:
    """The tree, cut until what is alive beside the given tensors and the output keeps to a limit.

    Args:
        limit: bytes.
        itemsize: bytes of an element.

    Raises:
        BudgetError: cut into single elements it still takes more; the message says how much.
    """
    while tree.peak * itemsize > limit:
        cut = finer(tree, tree.alive)
        if cut is None:
            least = tree.peak * itemsize
            raise BudgetError(
                f"{tree.expression}: its intermediates can't be kept within {limit} B; "
                f"with every index cut to single values they still take {least} B",
                least,
            )
        tree = cut
    return _mended(tree, limit // itemsize)


def _mended(tree: ContractionTree, most: int) -> ContractionTree:
    """The tree with each cut as coarse as it may be beside the others: later cuts can make earlier ones needless."""
    for letter, parts in tree.parts:
        coarser = (_with_parts(tree, letter, n) for n in _divisors(parts))
        tree = next(cut for cut in coarser if cut.peak <= most)
    return tree


def finest(tree: ContractionTree) -> ContractionTree:
    """The tree with every index cut to single values, or as many of them as a loop can count."""
    parts: list[tuple[str, int]] = []
    for letter, size in tree.expression.sizes.items():
        if size > 1 and math.prod((size, *(n for _, n in parts))) <= MOST_SLICES:
            parts.append((letter, size))
    return replace(tree, parts=tuple(parts))


def finer(tree: ContractionTree, weights: Sequence[int]) -> ContractionTree | None:
    """The tree with one more cut, in the step that weighs most of those that can be cut; None where none can.

    Of that step's indices it is the one that adds the fewest operations; of equal ones the one that leaves the fewest
    slices, and then the least in memory.

    Args:
        weights: one a step.
    """
    for place in sorted(range(len(weights)), key=lambda place: -weights[place]):
        indices = dict.fromkeys("".join(tree.steps[place].terms))
        cuts = [_cut(tree, letter) for letter in indices if tree.sizes[letter] > 1]
        if cuts := [cut for cut in cuts if cut.slices <= MOST_SLICES]:
            return min(cuts, key=lambda cut: (cut.flops, cut.slices, cut.peak))
    return None


def touched(tree: ContractionTree) -> tuple[int, ...]:
    """Elements that each step reads and writes: what a program may copy to do it."""
    return tuple(step.size + sum(map(tree.size, step.terms)) for step in tree.steps)


def _cut(tree: ContractionTree, letter: str) -> ContractionTree:
    """The tree with an index in the next larger number of equal parts."""
    now = dict(tree.parts).get(letter, 1)
    return _with_parts(tree, letter, next(n for n in _divisors(tree.expression.sizes[letter]) if n > now))


def _with_parts(tree: ContractionTree, letter: str, number: int) -> ContractionTree:
    """The tree with one index cut into so many parts, which may be one."""
    parts = {**dict(tree.parts), letter: number}
    return replace(tree, parts=tuple((letter, n) for letter, n in parts.items() if n > 1))


def _divisors(number: int) -> Iterator[int]:
    return (n for n in range(1, number + 1) if number % n == 0)


def cheapest(trees: Iterable[ContractionTree], limit: int, itemsize: int = 4) -> ContractionTree:
    """Of several orders, each cut to a limit, the one of the fewest operations.

    Raises:
        BudgetError: none can keep to it.
    """
    found: list[ContractionTree] = []
    refused: list[BudgetError] = []
    for tree in trees:
        try:
            found.append(within(tree, limit, itemsize))
        except BudgetError as error:
            refused.append(error)
    if not found:
        raise min(refused, key=lambda error: error.least)
    return min(found, key=lambda tree: (tree.flops, tree.slices))
