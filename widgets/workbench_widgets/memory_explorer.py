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
from workbench.types import Quantity
from workbench.viz.memory_figure import memory_figure, memory_svg, peak_place
from workbench.viz.quantity_text import write
from workbench_widgets.background import Cancelled
from workbench_widgets.explorer import ASSETS, Job
from workbench_widgets.memory_choice import choose
from workbench_widgets.memory_protocol import MemoryStudy
from workbench_widgets.memory_search import MemorySearch
from workbench_widgets.memory_studies import families, study_given

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PATIENCE = 5.0  # seconds that a page being saved waits for plans still being looked for


class MemoryExplorer(MemorySearch):
    """One training pass, and what it takes in memory by every plan there is.

    Args:
        network: what to study: a Symbol, or a Gluon block.
        shapes: shape of each of its inputs, by name.
        family: in place of a network, one of the course's: ``"mlp"``, ``"resnet"`` or ``"lstm"``.
        sizes: of that; those not given have their defaults.
        own: strategies of your own: functions of a workload and a budget that give a schedule, as
            ``memory.plan(strategy=…)`` takes them.
        study: a study made elsewhere, in place of a network or a family.
        costs: how operations are weighed: ``"FLOP"``, the default, or ``"seconds"``: each distinct one is then run by
            itself.
        strategy: the name of a strategy, or ``"cheapest"``, which takes the plan that recomputes least.
        budget: bytes that the pass may take, or text such as ``"4GB"``; None for no bound.

    Raises:
        ArgumentError: more than one of a network, a family and a study was given; the network, a shape, the family, a
            size, a strategy of one's own or the way to weigh is none; or the budget is no size, now or later.
        TraitError: there is no strategy of that name.
    """

    _esm = ASSETS / "memory_explorer.js"
    _css = ASSETS / "memory_explorer.css"

    families = traitlets.Dict(help="the networks that can be chosen").tag(sync=True)

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
        costs: str | None = None,
        budget: Any = None,
        **options: Any,
    ) -> None:
        found, name = study_given(network, shapes, family, sizes, own, study)
        super().__init__(found, name, own, costs, options, families=families(), budget=budget)

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
        picture = {**self.plans[plan], **self._study.picture(plan)}
        if picture != self.plans[plan]:  # measuring told more of it
            self.plans = [*self.plans[:plan], picture, *self.plans[plan + 1 :]]

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
        return {**super()._wishes(), "why": self.why}

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
