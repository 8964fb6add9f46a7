"""What an explorer of memory studies, and looking for its plans in the background.

Plans travel to the browser as they are found.  Another network, or the same one weighed by other costs, ends the search
and starts anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import traitlets

from workbench.arguments import checked
from workbench.memory.size import nbytes
from workbench.types import Quantity
from workbench_widgets.background import Background, Cancelled
from workbench_widgets.batch import Batch
from workbench_widgets.explorer import Explorer
from workbench_widgets.memory_choice import CHEAPEST
from workbench_widgets.memory_protocol import MemoryStudy
from workbench_widgets.memory_studies import known_costs, published, study_of_family

CHEAPEST_MEANS = "of all plans that run on any device, the one that computes least again within the budget"


class Bytes(traitlets.Float):
    """A size in bytes, which may be given as text such as ``"4GB"``."""

    def validate(self, obj: Any, value: Any) -> Any:
        return float(nbytes(value))


class MemorySearch(Explorer):
    """A study, and its plans as they are found.

    Args:
        study: what is studied.
        family: the family of the course's networks that it is of; empty for a network of the user's.
        own: strategies of the user's.
        costs: how operations are weighed.
        options: as `Explorer` takes them.
        traits: those of this class, by name.
    """

    choices = ("strategy",)

    arguments = traitlets.Unicode(help="of the call that shows this network").tag(sync=True)
    family = traitlets.Unicode(help="the one chosen; empty for a network of the user's").tag(sync=True)
    sizes = traitlets.Dict(help="its sizes").tag(sync=True)
    strategies: traitlets.List[str] = traitlets.List().tag(sync=True)
    meanings = traitlets.Dict(help="what each strategy does").tag(sync=True)
    refused = traitlets.Dict(help="why a strategy has no plan").tag(sync=True)
    layers: traitlets.List[str] = traitlets.List().tag(sync=True)
    ways = traitlets.Dict(help="the ways to measure").tag(sync=True)
    weights = traitlets.Dict(help="the ways to weigh operations").tag(sync=True)
    costs = traitlets.Unicode(help="the one taken").tag(sync=True)
    plans: traitlets.List[dict[str, Any]] = traitlets.List(help="those found so far").tag(sync=True)
    growth: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    published: traitlets.List[dict[str, Any]] = traitlets.List(help="of such networks").tag(sync=True)
    strategy = traitlets.Unicode(CHEAPEST).tag(sync=True)
    budget = Bytes(None, allow_none=True, help="bytes").tag(sync=True)
    alive = traitlets.Dict(help="what is in memory at the place last asked for, and why").tag(sync=True)
    searched = traitlets.Float(0.0, help="the part done of looking for plans").tag(sync=True)
    stopped = traitlets.Bool(False, help="whether looking for plans was stopped before its end").tag(
        sync=True
    )

    def __init__(
        self,
        study: MemoryStudy,
        family: str,
        own: Sequence[Callable[..., Any]],
        costs: str | None,
        options: Mapping[str, Any],
        **traits: Any,
    ) -> None:
        self._study, self._own = study, tuple(own)
        self._measured: dict[int, list[Quantity]] = {}
        self._searching = Background()
        wanted = known_costs(study, costs)
        super().__init__(options, **self._described(family), **traits)
        self._start(lambda cancelled: self._weigh(wanted, cancelled))

    def _described(self, family: str) -> dict[str, Any]:
        """The traits that say what is studied."""
        study = self._study
        sizes = dict(getattr(study, "sizes", {}))
        return {
            "title": study.title,
            "arguments": study.arguments,
            "family": family,
            "sizes": sizes,
            "published": published(family, sizes),
            "strategies": list(study.strategies),
            "meanings": {CHEAPEST: CHEAPEST_MEANS, **study.meanings},
            "layers": list(study.layers),
            "ways": dict(study.ways),
            "weights": dict(study.weights),
            "costs": study.costs,
        }

    @traitlets.validate("strategy")
    def _valid_strategy(self, proposal: dict[str, Any]) -> str:
        known = [CHEAPEST, *self._study.strategies]
        if proposal["value"] not in known:
            raise traitlets.TraitError(f"strategy={proposal['value']!r}: there are {', '.join(known)}")
        return proposal["value"]

    # -- what is studied -------------------------------------------------------------------------

    @checked
    def show(self, family: str, **sizes: int) -> None:
        """Studies another of the course's networks; its plans are looked for in the background, see `wait`.

        Raises:
            ArgumentError: there is no such family or size.
        """
        self._show(study_of_family(family, sizes, self._own), family)

    @checked
    def weigh(self, costs: str) -> None:
        """Weighs operations in another way and looks for plans anew, in the background, see `wait`.

        Args:
            costs: a name in `weights`: ``"FLOP"``, or ``"seconds"``, for which each distinct one is run by itself.

        Raises:
            ArgumentError: there is no such way.
        """
        wanted = known_costs(self._study, costs)
        self.searched = 0.0
        self._start(lambda cancelled: self._weigh(wanted, cancelled))

    def stop(self) -> None:
        """Looks for no more plans of this network; those found stay."""
        self._searching.cancel()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until no more plans are looked for, and says whether that is so.

        Args:
            timeout: seconds to wait at most.
        """
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _show(self, study: MemoryStudy, family: str, costs: str | None = None, **chosen: Any) -> None:
        wanted = known_costs(study, costs or self.costs)
        self.searched = 0.0

        def prepare(cancelled: Cancelled) -> None:
            self._take(study, family, **chosen)
            self._weigh(wanted, cancelled)

        self._start(prepare)

    def _weigh(self, costs: str, cancelled: Cancelled) -> None:
        """Takes the same study with its operations weighed in this way."""
        if costs == self._study.costs:
            return
        weighed = self._study.weighed(costs, self._advance_search, cancelled)
        if weighed is not None:
            self._take(weighed, self.family, self.strategy, self.budget)

    def _take(self, study: MemoryStudy, family: str, strategy: str | None = None, budget: Any = None) -> None:
        self._measuring.cancel()
        self.budget = budget
        self._study, self._measured = study, {}
        with self.hold_sync():
            self.plans, self.growth, self.runs, self.alive, self.refused = [], [], {}, {}, {}
            self.error, self.searched, self.stopped = "", 0.0, False
            wanted = strategy or self.strategy
            self.strategy = wanted if wanted in study.strategies else CHEAPEST
            for name, value in self._described(family).items():
                self.set_trait(name, value)

    # -- looking for plans -----------------------------------------------------------------------

    def _start(self, prepare: Callable[[Cancelled], object]) -> None:
        """Prepares a study and looks for its plans, in the background."""

        def job(cancelled: Cancelled) -> None:
            with self._failures_shown():
                prepare(cancelled)
                if not cancelled():
                    self._search(cancelled)
            self.searched = 1.0

        self._thread: threading.Thread = self._searching.start(job)

    def _search(self, cancelled: Cancelled) -> None:
        study, found = self._study, Batch(self._add)
        for index in study.search(self._advance_search, cancelled):
            figures = [asdict(figure) for figure in study.figures(index)]
            found.put({**study.picture(index), "figures": figures})
        found.flush()
        self.refused, self.searched = dict(study.refused), 1.0
        for grown in study.growth(cancelled):
            self.growth = [*self.growth, grown]
        self.stopped = cancelled() and study is self._study

    def _add(self, pictures: list[dict[str, Any]]) -> None:
        self.plans = [*self.plans, *pictures]

    def _advance_search(self, fraction: float) -> None:
        self.searched = min(0.99, fraction)  # 1 is when all have arrived

    # -- the browser's wishes --------------------------------------------------------------------

    def _wishes(self) -> Mapping[str, Callable[..., object]]:
        return {**super()._wishes(), "show": self._ask_show, "weigh": self.weigh, "stop": self.stop}

    @checked
    def _ask_show(
        self,
        family: str,
        sizes: Mapping[str, Any],
        costs: str | None = None,
        strategy: str | None = None,
        budget: Any = None,
    ) -> None:
        study = study_of_family(family, sizes, self._own)
        budget = None if budget is None else nbytes(budget)
        self._show(study, family, costs, strategy=strategy, budget=budget)
