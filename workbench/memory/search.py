"""A search for the plans of a network that are worth having, given one by one as they are found.

Planning a thousand layers takes seconds a plan, and nobody wants to wait for the last before seeing the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, WorkbenchError
from workbench.memory.differentiated import Differentiated
from workbench.memory.front import SOURCES, STEPS
from workbench.memory.plan import Plan, Planner
from workbench.memory.schedule import unplanned
from workbench.memory.strategies import STRATEGIES, Strategy

OPTIONS: dict[str, dict[str, Any]] = {
    "milp": {"seconds": 3.0}
}  # the best it finds in so short a time: it is asked often


class Search:
    """Plans for a network, as they are found.

    Args:
        network: what to plan.
        own: strategies of the user's, functions as `Planner` takes them, to be asked beside the others.

    Attributes:
        network: as given.
        strategies: names of the strategies asked, in order.
        plans: those found so far.
        refused: why a strategy has no plan for this network, or no more than it gave, by its name.
    """

    def __init__(self, network: Differentiated, own: Sequence[Strategy] = ()) -> None:
        self.network = network
        self._own = {Planner(strategy).name: strategy for strategy in own}
        taken = [name for name in self._own if name in STRATEGIES]
        if taken or len(self._own) < len(own):
            listed = ", ".join(map(repr, taken)) or "two of them"
            raise ArgumentError(f"own=…: strategies need names of their own, and {listed} have another's")
        self.strategies = [*STRATEGIES, *self._own]
        self.plans: list[Plan] = []
        self.refused: dict[str, str] = {}

    def run(self, progress: Callable[[float], object], cancelled: Callable[[], bool]) -> Iterator[int]:
        """Gives the index in `plans` of each plan that is worth having, as it is found.

        A plan is worth having unless its strategy has given one that needs no more memory and no more work.

        Args:
            progress: is told the part of the strategies asked, from 0 to 1.
            cancelled: whether to stop, asked before each plan.
        """
        for done, strategy in enumerate(self.strategies):
            for plan in self._plans(strategy):
                if cancelled():
                    return
                if not any(self._as_good(other, plan) for other in self.plans):
                    self.plans.append(plan)
                    yield len(self.plans) - 1
            progress((done + 1) / len(self.strategies))

    def _plans(self, name: str) -> Iterator[Plan]:
        try:
            yield from self._known(name) if name in SOURCES else self._asked(self._own.get(name, name))
        except WorkbenchError as refusal:
            self.refused[name] = str(refusal)
        except Exception as failure:
            if name not in self._own:
                raise
            self.refused[name] = f"{type(failure).__name__}: {failure}"

    def _known(self, name: str) -> Iterator[Plan]:
        """What a strategy that knows its own front gives of it."""
        for schedule in SOURCES[name](self.network.workload):
            plan = Plan(Planner(name), self.network, schedule)
            yield Plan(Planner(name, int(plan.peak.value)), self.network, schedule)

    def _asked(self, strategy: str | Strategy) -> Iterator[Plan]:
        """A strategy's plan without a budget, and those for budgets from there to what the unplanned pass takes."""
        options = OPTIONS.get(strategy, {}) if isinstance(strategy, str) else {}
        first = Planner(strategy, None, options).plan(self.network)
        yield first
        most = Plan(Planner("none"), self.network, unplanned(self.network.workload)).peak.value
        for budget in np.geomspace(min(first.peak.value, most), most, STEPS)[1:]:
            try:
                yield Planner(strategy, int(budget), options).plan(self.network)
            except WorkbenchError:
                continue  # no plan for this budget, or none found in time; there may be one for the next

    @staticmethod
    def _as_good(one: Plan, other: Plan) -> bool:
        same = one.planner.name == other.planner.name
        no_more_work = one.recomputed.value <= other.recomputed.value
        return same and one.peak.value <= other.peak.value and no_more_work
