"""Searches for an order: each takes the terms and the sizes, and gives a path.

``exact`` is this package's own, ``optimal``, ``dp`` and ``greedy`` are opt_einsum's, and ``cotengra`` is where that
package is installed.  The time of a search that looks at everything grows exponentially with the number of tensors,
so each has its most.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import opt_einsum

from workbench.contraction.exact import exact
from workbench.contraction.path import Objective, Terms
from workbench.errors import ArgumentError

Found = Sequence[Sequence[int]]

TRIALS = 32  # orders that cotengra draws
MOST_WITH_OUTER = 8  # tensors of which dp also tries products of those that share no index


@dataclass(frozen=True)
class Search:
    """A way to find an order.

    Attributes:
        find: from the terms, the output, the sizes and the objective to a path.
        most: tensors it can be asked about in reasonable time; None where there is no bound.
        by_size: whether it can look for the smallest intermediates instead of the fewest operations.
        needs: the package it comes with, if that is an optional one.
    """

    find: Callable[[Terms, frozenset[str], dict[str, int], Objective], Found]
    most: int | None = None
    by_size: bool = False
    needs: str = ""

    def check(self, name: str, tensors: int, minimize: Objective) -> None:
        """Makes sure that it can be asked.

        Raises:
            ArgumentError: it can't; the message says what can.
        """
        if self.needs and not find_spec(self.needs):
            raise ArgumentError(
                f"order {name!r} needs the package {self.needs}, which is not installed; "
                f"without it there are {', '.join(n for n, search in SEARCHES.items() if not search.needs)}"
            )
        if self.most is not None and tensors > self.most:
            raise ArgumentError(
                f"order {name!r} is searched for up to {self.most} tensors, here are {tensors}; "
                f"for more there are {', '.join(n for n, search in SEARCHES.items() if not search.most)}"
            )
        if minimize == "size" and not self.by_size:
            raise ArgumentError(
                f"order {name!r} looks for the fewest operations only; by size there are "
                f"{', '.join(n for n, search in SEARCHES.items() if search.by_size)}"
            )

    def available(self, tensors: int) -> bool:
        """Whether it is installed, and quick enough for so many tensors."""
        return (not self.needs or find_spec(self.needs) is not None) and tensors <= (self.most or tensors)


def _optimal(terms: Terms, output: frozenset[str], sizes: dict[str, int], minimize: Objective) -> Found:
    """Every order tried, depth first, leaving those that already cost more than the best."""
    return opt_einsum.paths.optimal(terms, output, sizes)


def _dp(terms: Terms, output: frozenset[str], sizes: dict[str, int], minimize: Objective) -> Found:
    """Dynamic programming over sets of tensors: the best order of a set joins the best orders of two halves.

    Source: R. N. C. Pfeifer, J. Haegeman, F. Verstraete, "Faster identification of optimal contraction sequences for
    tensor networks", Phys. Rev. E 90, 033315 (2014).
    """
    search = opt_einsum.DynamicProgramming(minimize=minimize, search_outer=len(terms) <= MOST_WITH_OUTER)
    return search(terms, output, sizes)


def _greedy(terms: Terms, output: frozenset[str], sizes: dict[str, int], minimize: Objective) -> Found:
    """Always the pair whose result is least, compared with the two tensors it replaces."""
    return opt_einsum.paths.greedy(terms, output, sizes)


def _cotengra(terms: Terms, output: frozenset[str], sizes: dict[str, int], minimize: Objective) -> Found:
    """The best of orders drawn at random, from greedy choices and from cutting the network in two again and again.

    Source: J. Gray, S. Kourtis, "Hyper-optimized tensor network contraction", Quantum 5, 410 (2021).
    """
    from cotengra import HyperOptimizer

    search = HyperOptimizer(
        methods=["greedy", "labels"],
        minimize=minimize,
        max_repeats=TRIALS,
        optlib="random",
        parallel=False,
        reconf_opts={},
    )
    return search(terms, output, sizes)


SEARCHES: Mapping[str, Search] = {
    "exact": Search(exact, most=10, by_size=True),
    "optimal": Search(_optimal, most=8),
    "dp": Search(_dp, most=16, by_size=True),
    "greedy": Search(_greedy),
    "cotengra": Search(_cotengra, by_size=True, needs="cotengra"),
}
