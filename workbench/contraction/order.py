"""The order in which the tensors of an expression meet.

An order is a path as NumPy, JAX and opt_einsum write it: each step names the places of the tensors that it takes out
of the list, and puts its result at the list's end.  ``((0, 1), (0, 1))`` multiplies the first two of three tensors,
and the third with what came out.

A step of a single tensor sums the indices that nobody else has, before anything multiplies them; see
`reduced_first`.  After that, a step of two is all that is ever needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import opt_einsum

from workbench.contraction.expression import Expression, parse

Path = tuple[tuple[int, ...], ...]
Terms = list[frozenset[str]]
Found = Sequence[tuple[int, ...]]
Search = Callable[[Terms, frozenset[str], Mapping[str, int]], Found]

MOST_FOR_OPTIMAL = 8  # tensors; every order is tried, and their number grows as the factorial squared
MOST_FOR_DP = 16  # tensors; every set of them is weighed


def best_path(expression: str, shapes: Sequence[Sequence[int]]) -> Path:
    """The order of the fewest floating-point operations, for ``jnp.einsum(expression, …, optimize=path)``.

    Up to 8 tensors every order is tried; up to 16 the best is found by dynamic programming, and beyond by always
    taking the pair that looks best.  The answer is kept, so that asking again costs a look-up.

    Args:
        expression: such as ``"bcd,cr,ds->brs"``.
        shapes: a shape a tensor.

    Raises:
        ArgumentError, ShapeError: as `parse` does.
    """
    return fewest_flops(parse(expression, shapes))


@lru_cache(maxsize=4096)
def fewest_flops(expression: Expression) -> Path:
    """The order of the fewest floating-point operations, as `best_path` finds it."""
    count = len(expression.inputs)
    if count <= MOST_FOR_OPTIMAL:
        return searched(expression, optimal)
    return searched(expression, dp if count <= MOST_FOR_DP else greedy)


def searched(expression: Expression, search: Search) -> Path:
    """The path that a search finds for an expression once its lone indices are summed."""
    first, terms = reduced_first(expression)
    found = search([frozenset(term) for term in terms], frozenset(expression.output), expression.sizes)
    path = first + tuple(tuple(step) for step in found if len(terms) > 1)
    return path or ((0,),)


def reduced_first(expression: Expression) -> tuple[Path, list[str]]:
    """Steps of one tensor each that sum what only it has, and take diagonals; and the terms that remain.

    Summing n values and multiplying once costs less than multiplying n times and summing.
    """
    counts = Counter(letter for term in expression.inputs for letter in set(term))
    wanted = {letter for letter, times in counts.items() if times > 1} | set(expression.output)
    terms = list(expression.inputs)
    kept = ["".join(letter for letter in dict.fromkeys(term) if letter in wanted) for term in terms]
    changed = [place for place, (term, rest) in enumerate(zip(terms, kept, strict=True)) if term != rest]
    path = tuple((place - before,) for before, place in enumerate(changed))
    left = [term for place, term in enumerate(terms) if place not in changed]
    return path, left + [kept[place] for place in changed]


def optimal(terms: Terms, output: frozenset[str], sizes: Mapping[str, int]) -> Found:
    """Every order tried, depth first, leaving those that already cost more than the best.

    Source: opt_einsum, `paths.optimal`.
    """
    return opt_einsum.paths.optimal(terms, output, dict(sizes))


def dp(terms: Terms, output: frozenset[str], sizes: Mapping[str, int]) -> Found:
    """Dynamic programming over sets of tensors: the best of a set is the best of its best halves.

    Source: R. N. C. Pfeifer, J. Haegeman, F. Verstraete, "Faster identification of optimal contraction sequences for
    tensor networks", Phys. Rev. E 90, 033315 (2014); opt_einsum, `DynamicProgramming`.
    """
    search = opt_einsum.DynamicProgramming(minimize="flops", search_outer=True)
    return search(terms, output, dict(sizes))


def greedy(terms: Terms, output: frozenset[str], sizes: Mapping[str, int]) -> Found:
    """Always the pair whose result is least, compared with the two tensors it replaces.

    Source: opt_einsum, `paths.greedy`.
    """
    return opt_einsum.paths.greedy(terms, output, dict(sizes))
