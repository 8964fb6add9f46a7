"""Memory, planned: choose a network and a budget, and see what is in memory when, and why.

In the middle stands one training pass through time: what is alive at each moment, by kind and by layer.  Beside it
stands what can be bought: every plan found, by the memory it takes and the work it does again.  Anything in
the picture says why it is there, and what doing without it would cost.

The pictures of all plans travel to the browser as they are found, so the budget slider needs no answer from the kernel
and works in a saved page too.  Finding plans and measuring them takes seconds to minutes and happens in the
background.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from workbench.memory.size import nbytes
from workbench.types import Quantity
from workbench.viz.memory_figure import memory_figure, memory_svg, peak_place
from workbench.viz.quantity_text import write
from workbench_widgets.background import Background, Cancelled
from workbench_widgets.batch import Batch
from workbench_widgets.memory_choice import CHEAPEST, choose
from workbench_widgets.memory_protocol import MemoryStudy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ASSETS = Path(__file__).parent / "static"
PATIENCE = 5.0  # seconds that a page being saved waits for plans still being looked for


def study_of(
    network: Any, shapes: dict[str, tuple[int, ...]] | None, own: Sequence[Callable[..., Any]]
) -> MemoryStudy:
    """The core's study of the memory of `network`, fed with inputs of `shapes`."""
    from workbench.symbolic.memory_study import memory_study  # costs the core's import only where it is used

    return memory_study(network, shapes, own)


def study_of_family(name: str, sizes: Mapping[str, int], own: Sequence[Callable[..., Any]]) -> MemoryStudy:
    """The core's study of one of the course's networks."""
    from workbench.networks.study import FamilyStudy

    return FamilyStudy(name, sizes, own)


def families() -> dict[str, Any]:
    """The course's networks and the sizes that can be chosen, as JSON."""
    from workbench.networks.families import FAMILIES

    return {
        name: {"label": family.label, "sizes": [asdict(size) for size in family.sizes]}
        for name, family in FAMILIES.items()
    }


class MemoryExplorer(anywidget.AnyWidget):
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
        TypeError: more than one of a network, a family and a study was given.
        ArgumentError: the network, a shape, the family or a size is none, or the budget is no size.
        TraitError: there is no strategy of that name.
    """

    _esm = ASSETS / "memory_explorer.js"
    _css = ASSETS / "memory_explorer.css"

    title = traitlets.Unicode().tag(sync=True)
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
    strategy = traitlets.Unicode(CHEAPEST).tag(sync=True)
    budget = traitlets.Float(None, allow_none=True, help="bytes").tag(sync=True)
    alive = traitlets.Dict(help="what is in memory at the place last asked for, and why").tag(sync=True)
    runs = traitlets.Dict(help="figures of each plan measured so far").tag(sync=True)
    searched = traitlets.Float(0.0, help="the part done of looking for plans").tag(sync=True)
    status = traitlets.Enum(("idle", "measuring"), "idle").tag(sync=True)
    progress = traitlets.Float(0.0).tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

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
            raise TypeError(
                "MemoryExplorer takes a network (and its shapes), family=… or study=…: one of them"
            )
        self._own = tuple(own)
        if network is not None:
            study = study_of(network, shapes, self._own)
        name = "" if study is not None else family or "mlp"
        self._study = study_of_family(name, sizes or {}, self._own) if study is None else study
        self._searching, self._measuring = Background(), Background()
        self._measured: dict[int, list[Quantity]] = {}
        super().__init__(families=families(), **self._described(name), budget=_bytes(budget), **options)
        self.on_msg(self._receive)
        self._start(lambda: None)

    def _described(self, family: str) -> dict[str, Any]:
        """The traits that say what is studied."""
        study = self._study
        return {
            "title": study.title,
            "arguments": study.arguments,
            "family": family,
            "sizes": dict(getattr(study, "sizes", {})),
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

    def show(self, family: str, **sizes: int) -> None:
        """Studies another of the course's networks; its plans are looked for in the background, see `wait`.

        Raises:
            ArgumentError: there is no such family or size.
        """
        study = study_of_family(family, sizes, self._own)
        self._start(lambda: self._take(study, family))

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

    def _take(self, study: MemoryStudy, family: str) -> None:
        self._measuring.cancel()
        self._study, self._measured = study, {}
        with self.hold_sync():
            self.plans, self.growth, self.runs, self.alive, self.refused = [], [], {}, {}, {}
            self.budget, self.error, self.searched = None, "", 0.0
            if self.strategy not in study.strategies:
                self.strategy = CHEAPEST
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

    def _add(self, pictures: list[dict[str, Any]]) -> None:
        self.plans = [*self.plans, *pictures]

    def _advance_search(self, fraction: float) -> None:
        self.searched = min(0.99, fraction)  # 1 is when all have arrived

    # -- measuring and asking --------------------------------------------------------------------

    def measure(self, way: str | None = None) -> list[Quantity] | None:
        """Measures the chosen plan and waits for it; None if it was cancelled from the browser.

        Args:
            way: a name in `ways`; by default the first.

        Raises:
            ValueError: there is no plan yet, or no such way.
            Exception: whatever the measurement raises; its text is shown in the browser too.
        """
        plan, way = self._checked(way)
        return self._measuring.wait(lambda cancelled: self._measure(plan, way, cancelled))

    def _checked(self, way: str | None) -> tuple[int, str]:
        if self.chosen is None:
            raise ValueError(f"{self.title}: no plan has been found yet, so there is nothing to measure")
        way = next(iter(self.ways)) if way is None else way
        if way not in self.ways:
            raise ValueError(f"way={way!r}: there are {', '.join(self.ways)}")
        return self.chosen, way

    def _measure(self, plan: int, way: str, cancelled: Cancelled) -> list[Quantity] | None:
        study = self._study
        self.error, self.progress, self.status = "", 0.0, "measuring"
        try:
            figures = study.measure(plan, way, self._advance, cancelled)
        except BaseException as failure:  # an interrupt too: the browser must not be left waiting
            self.error = f"{type(failure).__name__}: {failure}"
            raise
        finally:
            self.status = "idle"
        if figures is not None and study is self._study:
            names = {figure.name for figure in figures}
            before = [figure for figure in self._measured.get(plan, []) if figure.name not in names]
            self._measured[plan] = [*before, *figures]
            self.runs = {**self.runs, str(plan): [asdict(figure) for figure in self._measured[plan]]}
        return figures

    def _advance(self, fraction: float) -> None:
        # A hundred messages a run are enough for a smooth bar.
        if fraction >= 1.0 or fraction - self.progress >= 0.01:
            self.progress = float(fraction)

    def why(self, place: int | None = None, layer: int | None = None) -> dict[str, Any]:
        """What is in memory at a place of the chosen plan's schedule, and why; the browser shows it too.

        Args:
            place: of the schedule; by default that of the peak.
            layer: the number of a band of the network, to hear of its feature maps alone.

        Raises:
            ValueError: there is no plan yet, or no such place or layer.
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

    def _receive(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        """What the browser may ask for."""
        wishes: dict[Any, Callable[..., object]] = {
            "measure": self._ask_measure,
            "cancel": self._measuring.cancel,
            "why": self.why,
            "show": self._ask_show,
        }
        wish = {**content}
        ask = wishes.get(wish.pop("ask", None))
        if ask is None:
            self.error = f"the browser asked for {content!r}; known are {', '.join(map(repr, wishes))}"
            return
        with self._failures_shown():
            ask(**wish)

    def _ask_measure(self, way: str) -> None:
        plan, way = self._checked(way)

        def job(cancelled: Cancelled) -> None:
            with self._failures_shown():
                self._measure(plan, way, cancelled)

        self._measuring.start(job)

    def _ask_show(self, family: str, sizes: dict[str, int]) -> None:
        self.searched = 0.0
        self._start(lambda: self._take(study_of_family(family, sizes, self._own), family))

    @contextmanager
    def _failures_shown(self) -> Iterator[None]:
        """Tells the browser of a failure: the wish came from there, and nobody else is listening."""
        try:
            yield
        except Exception as failure:
            self.error = f"{type(failure).__name__}: {failure}"

    # -- elsewhere than in a browser -------------------------------------------------------------

    def figure(self) -> Figure:
        """The same picture by matplotlib, for print and for pages without a browser."""
        return memory_figure(self)

    def __repr__(self) -> str:
        bound = None if self.budget is None else write(self.budget, "B")
        return f"MemoryExplorer(network={self.title!r}, strategy={self.strategy!r}, budget={bound!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        self.wait(PATIENCE)
        # A saved notebook has no kernel behind it: pages that render no widgets show this picture instead.
        return {**data, "image/svg+xml": memory_svg(self)}, metadata


def _bytes(budget: Any) -> float | None:
    return None if budget is None else float(nbytes(budget))
