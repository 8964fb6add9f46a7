"""Weights held as factors: what a tensor decomposition is, written as the subscripts of an einsum.

A weight with a handful of axes is never stored.  It is the contraction of smaller arrays, its factors, whose extra
axes, the *ranks*, are summed over:

- CP: one matrix an axis, all of which share one rank (Kolda and Bader, 2009, "Tensor Decompositions and
  Applications", section 3).
- Tucker: one matrix an axis, and a core that joins their ranks (section 4 there).
- Tensor train: one core an axis, each joined with the next by a rank (Oseledets, 2011, "Tensor-Train Decomposition").

So a layer with such a weight is an einsum of its data with the factors, in any order that costs little; which one,
`workbench.contraction` says for the shapes at hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Literal, NamedTuple

import jax.numpy as jnp

from workbench.contraction.expression import parse
from workbench.contraction.order import best
from workbench.errors import ArgumentError
from workbench.ops.pair_product import Term, pair_product
from workbench.types import Shape

Form = Literal["cp", "tucker", "tt"]
BATCH = "z"
RANKS = ascii_uppercase
AXES = ascii_lowercase.replace(BATCH, "")
SMALL = 64  # numbers that one product gives or sums where factors are joined
ONE = "1"  # stands for an axis of size 1, where a train begins or ends


class Factor(NamedTuple):
    """One factor: the name of the input it is, and a letter for each of its axes."""

    name: str
    letters: str

    def shape(self, sizes: Mapping[str, int]) -> Shape | None:
        """Its shape; None while a size is unknown."""
        known = [sizes.get(letter, 0) for letter in self.letters]
        return tuple(known) if all(known) else None


def factors(form: Form, axes: Sequence[str], ranks: Shape) -> list[Factor]:
    """The factors of a weight with these axes; an entry of several letters is axes that one factor holds.

    Raises:
        ArgumentError: there are more or fewer ranks than the form has.
    """
    count = {"cp": 1, "tucker": len(axes), "tt": len(axes) - 1}[form]
    if len(ranks) != count:
        raise ArgumentError(f"{form} of {len(axes)} axes has {count} ranks, got {ranks}")
    letters = RANKS[:count]
    if form == "cp":
        return [Factor(f"factor{i}_weight", axis + letters) for i, axis in enumerate(axes)]
    if form == "tucker":
        joined = [
            Factor(f"factor{i}_weight", a + r) for i, (a, r) in enumerate(zip(axes, letters, strict=True))
        ]
        return [Factor("core_weight", letters), *joined]
    left, right = (ONE, *letters), (*letters, ONE)
    return [
        Factor(f"core{i}_weight", before + axis + after)
        for i, (before, axis, after) in enumerate(zip(left, axes, right, strict=True))
    ]


def matrix(factorization: str, rows: int, columns: int, ranks: Shape) -> tuple[str, str, list[Factor]]:
    """Letters of a matrix whose rows and columns are counted by several numbers each, and its factors.

    ``svd`` leaves both as one; ``cp`` and ``tucker`` take every number as an axis; ``tt`` pairs the numbers of rows and
    columns, one core a pair (Novikov et al., 2015, "Tensorizing Neural Networks", section 4).

    Raises:
        ArgumentError: the numbers can't be paired, are several for ``svd``, or too many; or there are more or fewer
            ranks.
    """
    if rows + columns > len(AXES):
        raise ArgumentError(
            f"a weight has up to {len(AXES)} axes, got {rows} for rows and {columns} for columns"
        )
    up, across = AXES[:rows], AXES[rows : rows + columns]
    if factorization == "svd" and (rows, columns) != (1, 1):
        raise ArgumentError(
            f"svd is of a matrix as it is, got {rows} and {columns} numbers for rows and columns"
        )
    if factorization == "tt" and rows != columns:
        raise ArgumentError(f"tt pairs the numbers of rows and of columns, got {rows} and {columns}")
    if factorization == "tt":
        return up, across, factors("tt", [a + b for a, b in zip(up, across, strict=True)], ranks)
    return up, across, factors("tucker" if factorization == "tucker" else "cp", up + across, ranks)


def sized(axes: str, sizes: Sequence[int], ranks: Shape) -> dict[str, int]:
    """The size of each letter, ranks included; one that is not known is 0."""
    return {ONE: 1, **dict(zip(axes, sizes, strict=True)), **dict(zip(RANKS, ranks, strict=False))}


def shapes(found: Sequence[Factor], sizes: Mapping[str, int]) -> dict[str, Shape]:
    """The shapes that are known, by the inputs' names."""
    return {f.name: shape for f in found if (shape := f.shape(sizes)) is not None}


def contract(terms: Sequence[tuple[Factor, Any]], output: str) -> Any:
    """The einsum of arrays with their letters, in the order that `workbench.contraction` predicts to cost least.

    Of orders that cost the same, it takes the one that begins with the first's last axes, as they lie in memory.
    """
    made: list[Term] = []
    for factor, array in (terms[0], *reversed(terms[1:])):
        kept = [n for n, letter in zip(array.shape, factor.letters, strict=True) if letter != ONE]
        made.append((factor.letters.replace(ONE, ""), array.reshape(kept)))
    equation = f"{','.join(letters for letters, _ in made)}->{output}"
    for step in best(parse(equation, [array.shape for _, array in made])).steps:
        made.append(_step([made[number] for number in step.operands], step.result))
    letters, array = made[-1]
    return jnp.transpose(array, [letters.index(letter) for letter in output])


def _step(terms: Sequence[Term], result: str) -> Term:
    if len(terms) == 1:
        return result, jnp.einsum(f"{terms[0][0]}->{result}", terms[0][1])
    one, other = terms
    return pair_product(one, other, result)


def joined(terms: list[tuple[Factor, Any]]) -> list[tuple[Factor, Any]]:
    """The factors, the smallest of them multiplied with each other as long as what they give and sum stays `SMALL`.

    A product that sums few numbers leaves most of a processor's lanes idle, and each is a pass over the data.  On two
    Xeon cores, 64 activations of (256, 5, 5) to (200, 5, 5), forward and backward: 5.4 ms with a product for each axis,
    3.2 with one of 25 numbers for two of them, though that is more operations; joined at 64 numbers, nothing is lost.
    A regression layer of Tucker ranks (64, 3, 3, 50) on (256, 6, 6) takes 0.85 and 0.3 of what its einsum by hand does.
    """
    rest = sorted(terms, key=lambda term: math.prod(term[1].shape))
    chosen, given, summed = [], 1, 1
    for factor, array in rest:
        given, summed = given * array.shape[0], summed * array.shape[1]
        if max(given, summed) > SMALL:
            break
        chosen.append((factor, array))
    if len(chosen) < 2:
        return terms
    letters = "".join(f.letters[0] for f, _ in chosen) + "".join(f.letters[1] for f, _ in chosen)
    return [*rest[len(chosen) :], (Factor("joined", letters), contract(chosen, letters))]
