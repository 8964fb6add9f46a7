"""How memory grows with the length of a network: planned at several lengths, so that the law can be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import WorkbenchError
from workbench.memory.plan import Plan
from workbench.networks.families import Family
from workbench.symbolic.memory import planner, training_pass


@dataclass(frozen=True)
class Grown:
    """The least that a strategy needs at one length.

    Attributes:
        length: of the network.
        plan: the strategy's plan of least peak for it.
    """

    length: int
    plan: Plan


def growth(
    family: Family,
    sizes: Mapping[str, int],
    strategies: Sequence[str],
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Grown]:
    """Plans for each length of the family's series, shortest first; all other sizes as given."""
    for length in family.series:
        if cancelled():
            return
        network = family.make(**{**family.complete(sizes), family.depth: length})
        differentiated = training_pass(network.symbol, network.shapes)
        for strategy in strategies:
            if cancelled():
                return
            try:
                yield Grown(length, planner(strategy).plan(differentiated))
            except WorkbenchError:
                continue  # a strategy that has no plan for this network has no curve


def exponent(lengths: Sequence[float], values: Sequence[float]) -> float:
    """The power a of the law ``value = c · length ** a`` that fits best, in least squares of the logarithms."""
    return float(np.polyfit(np.log(lengths), np.log(values), 1)[0])
