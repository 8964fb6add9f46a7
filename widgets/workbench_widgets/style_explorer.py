"""A style is where you cut the graph: move the cut and see what it does to one real training step.

On the left stands the step as imperative code, on the right the same step as a graph, cut into segments.
With one operation a segment every value can be printed and nothing can be optimised; with one segment it
is the other way round; the figures beside them say what each choice costs.

Predictions for every place of the slider travel to the browser at the start, so moving it needs no answer
from the kernel and works in a saved page too.  Measurements are real runs: asked for by the browser they
run in the background, asked for by `StyleExplorer.measure` they run at once.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.types import Quantity
from workbench.viz.style_figure import style_figure, style_svg
from workbench_widgets.background import Cancelled
from workbench_widgets.explorer import ASSETS, Explorer, Job
from workbench_widgets.study import Measurement, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def study_of(network: Any, shapes: dict[str, tuple[int, ...]] | None) -> Study:
    """The core's study of one training step of `network`, fed with inputs of `shapes`."""
    from workbench.symbolic.study import study  # costs the core's import only where a network is given

    return study(network, shapes)


class StyleExplorer(Explorer):
    """One training step, cut into as few or as many segments as you like.

    Args:
        network: what to study: a Symbol, or a Gluon block.
        shapes: shape of each of its inputs, by name.
        study: a study made elsewhere, in place of a network.
        cut: the place of the slider to start at.

    Raises:
        TypeError: neither a network nor a study was given, or both were.
        TraitError: `cut` or `step` is set to a place that is not there.
    """

    choices = ("step", "auto")
    _esm = ASSETS / "style_explorer.js"
    _css = ASSETS / "style_explorer.css"

    nodes: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    code: traitlets.List[str] = traitlets.List().tag(sync=True)
    levels: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    cut = traitlets.Int(0).tag(sync=True)
    step = traitlets.Int(0, help="id of the operation stepped to").tag(sync=True)
    auto = traitlets.Bool(True, help="measure whenever the slider comes to rest").tag(sync=True)

    def __init__(
        self,
        network: Any = None,
        shapes: dict[str, tuple[int, ...]] | None = None,
        *,
        study: Study | None = None,
        cut: int = 0,
        **options: Any,
    ) -> None:
        if (network is None) == (study is None):
            raise TypeError(
                "StyleExplorer takes a network (and its shapes), or study=…: exactly one of the two"
            )
        self._study = study_of(network, shapes) if study is None else study
        self._measured: dict[int, Measurement] = {}
        super().__init__(
            options,
            title=self._study.title,
            nodes=self._study.nodes,
            code=self._study.code,
            levels=[self._level(place) for place in range(len(self._study.levels))],
            cut=cut,
        )

    def _level(self, place: int) -> dict[str, Any]:
        """All that can be said of a cut without running it, as JSON."""
        return {
            "label": self._study.levels[place]["label"],
            "segments": self._study.segments(place),
            "visible": self._study.visible(place),
            "figures": [asdict(figure) for figure in self._study.figures(place)],
            "call": self._study.call(place),
        }

    @traitlets.validate("cut")
    def _valid_cut(self, proposal: dict[str, Any]) -> int:
        return self._within("cut", proposal["value"], len(self.levels))

    @traitlets.validate("step")
    def _valid_step(self, proposal: dict[str, Any]) -> int:
        return self._within("step", proposal["value"], len(self.nodes))

    def _within(self, name: str, value: int, count: int) -> int:
        if not 0 <= value < count:
            raise traitlets.TraitError(f"{name}={value}: {self.title!r} has {name}s 0 to {count - 1}")
        return value

    @property
    def segments(self) -> list[list[int]]:
        """Ids of the operations in each segment at this cut."""
        return self.levels[self.cut]["segments"]

    @property
    def visible(self) -> list[int]:
        """Ids of the operations whose value a print or a breakpoint can see at this cut."""
        return self.levels[self.cut]["visible"]

    @property
    def trace(self) -> list[dict[str, Any]]:
        """The recorded step at this cut, one entry a segment run; empty until measured."""
        return self._measured[self.cut].trace if self.cut in self._measured else []

    @property
    def figures(self) -> list[Quantity]:
        """What is predicted and, once measured, what was measured at this cut."""
        measured = self._measured[self.cut].figures if self.cut in self._measured else []
        return [*self._study.figures(self.cut), *measured]

    def measure(self) -> Measurement | None:
        """Runs one real step at this cut and waits for it; None if it was cancelled from the browser.

        Raises:
            Exception: whatever the step itself raises; its text is shown in the browser too.
        """
        return self._measure()

    def _job(self) -> Job:
        study, cut = self._study, self.cut

        def job(cancelled: Cancelled) -> Measurement | None:
            with self._measures() as progress:
                result = study.measure(cut, progress, cancelled)
            if result is not None:
                self._measured[cut] = result
                figures = [asdict(figure) for figure in result.figures]
                self.runs = {**self.runs, str(cut): {"trace": result.trace, "figures": figures}}
            return result

        return job

    def figure(self) -> Figure:
        """The same picture by matplotlib, for print and for pages without a browser."""
        return style_figure(self)

    def __repr__(self) -> str:
        label = self.levels[self.cut]["label"]
        return f"StyleExplorer(network={self.title!r}, cut={label!r}, segments={len(self.segments)})"

    def _svg(self) -> str:
        return style_svg(self)
