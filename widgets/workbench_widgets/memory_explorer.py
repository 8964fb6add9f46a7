"""Memory, planned: choose a network and a budget, and see what is in memory when, and why.

In the middle stands one training pass through time: what is alive at each moment, by kind and by layer.  Beside it
stands what can be bought: every plan found, by the memory it takes and the work it does again.  Anything in
the picture says why it is there, and what doing without it would cost.

The pictures of all plans travel to the browser as they are found, so the budget slider needs no answer from the kernel
and works in a saved page too.  Finding plans and measuring them takes seconds to minutes and happens in the
background.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.arguments import Count, checked
from workbench.errors import ArgumentError
from workbench.memory.size import nbytes
from workbench.types import Quantity
from workbench.viz.memory_figure import memory_figure, memory_svg, peak_place
from workbench.viz.quantity_text import write
from workbench_widgets.background import Background, Cancelled
from workbench_widgets.batch import Batch
from workbench_widgets.explorer import ASSETS, Explorer, Job
from workbench_widgets.memory_choice import CHEAPEST, choose
from workbench_widgets.memory_protocol import MemoryStudy
from workbench_widgets.memory_studies import families, published, study_of, study_of_family

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PATIENCE = 5.0  # seconds that a page being saved waits for plans still being looked for


class Bytes(traitlets.Float):
    """A size in bytes, which may be given as text such as ``"4GB"``."""

    def validate(self, obj: Any, value: Any) -> Any:
        return float(nbytes(value))


class MemoryExplorer(Explorer):
    """One training pass, and what it takes in memory by every plan there is.

    Args:
        network: what to study: a Symbol, or a Gluon block.
        shapes: shape of each of its inputs, by name.
        family: in place of a network, one of the course's: ``"mlp"``, ``"resnet"`` or ``"lstm"``.
        sizes: of that; those not given have their defaults.
        own: strategies of your own: functions of a workload and a budget that give a schedule, as
            ``memory.plan(strategy=…)`` takes them.
        study: a study made elsewhere, in place of a network or a family.
        strategy: the name of a strategy, or ``"cheapest"``, which takes the plan that recomputes least.
        budget: bytes that the pass may take, or text such as ``"4GB"``; None for no bound.

    Raises:
        ArgumentError: more than one of a network, a family and a study was given; the network, a shape, the family, a
            size or a strategy of one's own is none; or the budget is no size, now or later.
        TraitError: there is no strategy of that name.
    """

    _esm = ASSETS / "memory_explorer.js"
    _css = ASSETS / "memory_explorer.css"

    arguments = traitlets.Unicode(help="of the call that shows this network").tag(sync=True)
    families = traitlets.Dict(help="the networks that can be chosen").tag(sync=True)
    family = traitlets.Unicode(help="the one chosen; empty for a network of the user's").tag(sync=True)
    sizes = traitlets.Dict(help="its sizes").tag(sync=True)
    strategies: traitlets.List[str] = traitlets.List().tag(sync=True)
    refused = traitlets.Dict(help="why a strategy has no plan").tag(sync=True)
    layers: traitlets.List[str] = traitlets.List().tag(sync=True)
    ways = traitlets.Dict(help="the ways to measure").tag(sync=True)
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

    @checked
    def __init__(
        self,
        network: Any = None,
        shapes: dict[str, tuple[int, ...]] | None = None,
        *,
        family: str | None = None,
        sizes: Mapping[str, int] | None = None,
        own: Sequence[Callable[..., Any]] = (),
        study: MemoryStudy | None = None,
        budget: Any = None,
        **options: Any,
    ) -> None:
        if sum(each is not None for each in (network, family, study)) > 1:
            raise ArgumentError(
                "MemoryExplorer takes a network (and its shapes), family=… (and its sizes) or study=…: one of them"
            )
        for name, given, of in (("shapes", shapes, network is not None), ("own", own, study is None),
                                ("sizes", sizes, network is None and study is None)):  # fmt: skip
            if given and not of:
                raise ArgumentError(f"MemoryExplorer: {name}=… does not go with what is studied here")
        self._own = tuple(own)
        if network is not None:
            study = study_of(network, shapes, self._own)
        name = "" if study is not None else family or "mlp"
        self._study = study_of_family(name, sizes or {}, self._own) if study is None else study
        self._searching = Background()
        self._measured: dict[int, list[Quantity]] = {}
        super().__init__(families=families(), **self._described(name), budget=budget, **options)
        self._start(lambda: None)

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
            "layers": list(study.layers),
            "ways": dict(study.ways),
        }

    @traitlets.validate("strategy")
    def _valid_strategy(self, proposal: dict[str, Any]) -> str:
        known = [CHEAPEST, *self._study.strategies]
        if proposal["value"] not in known:
            raise traitlets.TraitError(f"strategy={proposal['value']!r}: there are {', '.join(known)}")
        return proposal["value"]

    # -- the state -------------------------------------------------------------------------------

    @property
    def chosen(self) -> int | None:
        """The index of the plan that strategy and budget choose; None before there is one."""
        return choose(self.plans, self.strategy, self.budget)

    @property
    def plan(self) -> Any:
        """The chosen plan itself, for ``simple_bind(plan=…)``, ``Module(plan=…)`` and ``hybridize(plan=…)``."""
        return None if self.chosen is None else self._study.plans[self.chosen]

    @property
    def figures(self) -> list[Quantity]:
        """What is predicted and, once measured, what was measured of the chosen plan."""
        if self.chosen is None:
            return []
        return [*self._study.figures(self.chosen), *self._measured.get(self.chosen, [])]

    # -- looking for plans -----------------------------------------------------------------------

    @checked
    def show(self, family: str, **sizes: int) -> None:
        """Studies another of the course's networks; its plans are looked for in the background, see `wait`.

        Raises:
            ArgumentError: there is no such family or size.
        """
        study = study_of_family(family, sizes, self._own)
        self._start(lambda: self._take(study, family))

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

    def _start(self, prepare: Callable[[], object]) -> None:
        """Prepares a study and looks for its plans, in the background."""

        def job(cancelled: Cancelled) -> None:
            with self._failures_shown():
                prepare()
                self._search(cancelled)
            self.searched = 1.0

        self._thread = self._searching.start(job)

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

    # -- measuring and asking --------------------------------------------------------------------

    @checked
    def measure(self, way: str | None = None) -> list[Quantity] | None:
        """Measures the chosen plan and waits for it; None if it was cancelled from the browser.

        Args:
            way: a name in `ways`; by default the first.

        Raises:
            ValueError: there is no plan yet, or no such way (an ArgumentError where it is no name at all).
            Exception: whatever the measurement raises; its text is shown in the browser too.
        """
        return self._measure(way=way)

    def _checked(self, way: str | None) -> tuple[int, str]:
        if self.chosen is None:
            raise ValueError(f"{self.title}: no plan has been found yet, so there is nothing to measure")
        way = next(iter(self.ways)) if way is None else way
        if way not in self.ways:
            raise ValueError(f"way={way!r}: there are {', '.join(self.ways)}")
        return self.chosen, way

    def _job(self, way: str | None = None) -> Job:
        study, (plan, way) = self._study, self._checked(way)

        def job(cancelled: Cancelled) -> list[Quantity] | None:
            with self._measures() as progress:
                figures = study.measure(plan, way, progress, cancelled)
            if figures is not None and study is self._study:
                self._keep(plan, figures)
            return figures

        return job

    def _keep(self, plan: int, figures: list[Quantity]) -> None:
        names = {figure.name for figure in figures}
        before = [figure for figure in self._measured.get(plan, []) if figure.name not in names]
        self._measured[plan] = [*before, *figures]
        self.runs = {**self.runs, str(plan): [asdict(figure) for figure in self._measured[plan]]}

    @checked
    def why(self, place: Count | None = None, layer: Count | None = None) -> dict[str, Any]:
        """What is in memory at a place of the chosen plan's schedule, and why; the browser shows it too.

        Args:
            place: of the schedule; by default that of the peak.
            layer: the number of a band of the network, to hear of its feature maps alone.

        Raises:
            ValueError: there is no plan yet, or no such place or layer (an ArgumentError where it is no number).
        """
        if self.chosen is None:
            raise ValueError(f"{self.title}: no plan has been found yet, so nothing is in memory")
        picture = self.plans[self.chosen]
        at = peak_place(picture) if place is None else place
        for name, value, count in (("place", at, picture["length"]), ("layer", layer or 0, len(self.layers))):
            if not 0 <= value < count:
                raise ValueError(f"{name}={value}: this plan has {name}s 0 to {count - 1}")
        answer = self._study.alive(self.chosen, at, layer)
        self.alive = {**answer, "plan": self.chosen, "layer": layer}
        return answer

    # -- the browser's wishes --------------------------------------------------------------------

    def _wishes(self) -> Mapping[str, Callable[..., object]]:
        return {**super()._wishes(), "why": self.why, "show": self._ask_show, "stop": self.stop}

    def _ask_show(
        self, family: str, sizes: dict[str, int], strategy: str | None = None, budget: Any = None
    ) -> None:
        self.searched = 0.0
        self._start(lambda: self._take(study_of_family(family, sizes, self._own), family, strategy, budget))

    # -- elsewhere than in a browser -------------------------------------------------------------

    def figure(self) -> Figure:
        """The same picture by matplotlib, for print and for pages without a browser."""
        return memory_figure(self)

    def __repr__(self) -> str:
        bound = None if self.budget is None else write(self.budget, "B")
        return f"MemoryExplorer(network={self.title!r}, strategy={self.strategy!r}, budget={bound!r})"

    def _svg(self) -> str:
        self.wait(PATIENCE)
        return memory_svg(self)
