"""The order in which the tensors of an expression meet.

An order is a path as NumPy, JAX and opt_einsum write it: each step names the places of the tensors that it takes out
of the list, and puts its result at the list's end.  ``((0, 1), (0, 1))`` multiplies the first two of three tensors,
and the third with what came out.

A step of a single tensor sums the indices that nobody else has, before anything multiplies them; see
`reduced_first`.  After that, a step of two is all that is ever needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from operator import index
from typing import get_args

from workbench.contraction.expression import Expression, parse
from workbench.contraction.path import Objective, Path
from workbench.contraction.search import SEARCHES
from workbench.contraction.tree import ContractionTree
from workbench.errors import ArgumentError, did_you_mean

BEST = "best"
GIVEN = "given"
NAIVE = ("left_to_right", "single_loop")
ORDERS = (*NAIVE, *SEARCHES)


def best_path(expression: str, shapes: Sequence[Sequence[int]]) -> Path:
    """The order of the fewest floating-point operations, for ``jnp.einsum(expression, …, optimize=path)``.

    Up to 10 tensors no order costs less; for more it is the best that opt_einsum's dynamic programming (up to 16) and
    greedy choices find.  The answer is kept, so that asking again costs a look-up.

    Args:
        expression: such as ``"bcd,cr,ds->brs"``.
        shapes: a shape a tensor.

    Raises:
        ArgumentError, ShapeError: as `parse` does.
    """
    return best(parse(expression, shapes)).path


@lru_cache(maxsize=4096)
def best(expression: Expression, minimize: Objective = "flops") -> ContractionTree:
    """The order of the fewest operations, or of the smallest intermediates, that `candidates` has."""
    return min(candidates(expression, minimize), key=lambda tree: cost(tree, minimize))


def cost(tree: ContractionTree, minimize: Objective) -> tuple[int, int]:
    """What an order is judged by: operations first, or the largest intermediate first."""
    return (tree.flops, tree.largest) if minimize == "flops" else (tree.largest, tree.flops)


def candidates(expression: Expression, minimize: Objective) -> list[ContractionTree]:
    """The exact order; of more tensors than that can be found for, what opt_einsum's quick searches find."""
    count = len(expression.inputs)
    quick = [name for name in ("dp", "greedy") if SEARCHES[name].available(count)]
    names = ["exact"] if SEARCHES["exact"].available(count) else quick
    return [
        ContractionTree(
            expression, searched(expression, name, minimize if SEARCHES[name].by_size else "flops")
        )
        for name in names
    ]


def find(
    expression: Expression, order: str | Sequence[Sequence[int]] = BEST, minimize: Objective = "flops"
) -> ContractionTree:
    """An order by its name, or a path of the user's own.

    Args:
        order: ``"best"``; ``"left_to_right"``, as written; ``"single_loop"``, all tensors in one step; the name of a
            search in `search.SEARCHES`; or a path.
        minimize: ``"flops"``, or ``"size"`` for the smallest intermediates.

    Raises:
        ArgumentError: there is no such order or objective, the search can't be asked, or the path is none.
    """
    if minimize not in get_args(Objective):
        raise ArgumentError(f"minimize is 'flops' or 'size', got {minimize!r:.80}")
    if not isinstance(order, str):
        return ContractionTree(expression, _as_path(order))
    if order == BEST:
        return best(expression, minimize)
    count = len(expression.inputs)
    if order == "single_loop":
        return ContractionTree(expression, (tuple(range(count)),))
    if order == "left_to_right":
        return ContractionTree(expression, _left_to_right(count))
    if order not in SEARCHES:
        raise ArgumentError(
            f"there is no order {order!r}.{did_you_mean(order, (BEST, *ORDERS))} "
            f"There are {', '.join((BEST, *ORDERS))}, and paths such as ((0, 1), (0, 1))"
        )
    SEARCHES[order].check(order, count, minimize)
    return ContractionTree(expression, searched(expression, order, minimize))


def _as_path(order: Sequence[Sequence[int]]) -> Path:
    try:
        return tuple(tuple(int(index(place)) for place in step) for step in order)
    except TypeError:
        raise ArgumentError(
            f"an order is a name, or a path such as ((0, 1), (0, 1)); got {order!r:.80}"
        ) from None


def _left_to_right(count: int) -> Path:
    """The first two, then what came out, which is last in the list, with the next, which is first."""
    return ((0, 1), *((0, left - 1) for left in range(count - 1, 1, -1))) if count > 1 else ((0,),)


def searched(expression: Expression, name: str, minimize: Objective = "flops") -> Path:
    """The path that a search finds for an expression once its lone indices are summed."""
    first, terms = reduced_first(expression)
    if len(terms) == 1:
        return first or ((0,),)
    sets = [frozenset(term) for term in terms]
    found = SEARCHES[name].find(sets, frozenset(expression.output), dict(expression.sizes), minimize)
    return first + tuple(tuple(step) for step in found)


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
