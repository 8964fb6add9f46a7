"""The contraction explorer's picture for print: what five ways save, what they lose, and the figures of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from workbench.types import Quantity
from workbench.viz.grammar import bar_style
from workbench.viz.picture import INK, PAPER, draw_figures, figure_of, svg_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = {"cp": "o", "tt": "s"}


class ContractionState(Protocol):
    """What is drawn: a `ContractionExplorer`, or any record with these attributes."""

    title: str
    variant: str
    order: str
    ranks: list[int]
    found: dict[str, Any]
    fits: dict[str, Any]
    published: list[dict[str, Any]]

    @property
    def figures(self) -> list[Quantity]: ...


def contraction_figure(state: ContractionState) -> Figure:
    """Draws the state."""
    return figure_of(draw, state)


def contraction_svg(state: ContractionState) -> str:
    """The same drawing as SVG text, equal for equal states."""
    return svg_of(draw, state)


def draw(figure: Figure, state: ContractionState) -> None:
    """Draws the parts: savings beside published ones, errors by parameters, the figures."""
    figure.set_size_inches(10, 5)
    figure.set_facecolor(PAPER)
    figure.set_layout_engine("constrained")
    ranks = ", ".join(map(str, state.ranks))
    figure.suptitle(f"{state.title}, ranks {ranks}, order {state.order}", fontsize=10, color=INK)
    grid = figure.add_gridspec(2, 2, height_ratios=[1.0, 0.35])
    _draw_savings(figure.add_subplot(grid[0, 0]), state)
    _draw_errors(figure.add_subplot(grid[0, 1]), state)
    draw_figures(figure.add_subplot(grid[1, :]), state.figures)


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, fontsize=10, loc="left", color=INK)
    axes.tick_params(labelsize=8)
    axes.spines[["right", "top"]].set_visible(False)


def _draw_savings(axes: Axes, state: ContractionState) -> None:
    """A bar a way, predicted; what was published of other networks below, as hollow marks."""
    _title(axes, "Space savings, predicted and, of other networks, published (○)")
    found = state.found["variants"]
    lanes = [variant["title"] for variant in found]
    for place, variant in enumerate(found):
        saved = next(f["value"] for f in variant["figures"] if f["name"] == "space savings")
        axes.barh(place, saved, height=0.5, **bar_style("predicted", INK))
    for row in state.published:
        lane = f"{row['network'].partition('/')[0]} {row['variant'].upper()}"
        if lane not in lanes:
            lanes.append(lane)
        axes.plot(row["value"], lanes.index(lane), "o", color=INK, fillstyle="none", markersize=6)
    axes.set_yticks(range(len(lanes)), lanes)
    axes.set_xlim(min(-5, *axes.get_xlim()), 102)
    axes.invert_yaxis()
    axes.set_xlabel("% of the numbers", fontsize=8)


def _draw_errors(axes: Axes, state: ContractionState) -> None:
    """The errors that are known, by the numbers they take."""
    _title(axes, "Relative error by parameters, measured")
    found = {variant["name"]: variant for variant in state.found["variants"]}
    tucker = state.found["errors"].get("tucker")
    if tucker is None and not any(state.fits.values()):
        axes.text(0.5, 0.5, "no error is known yet", ha="center", transform=axes.transAxes, fontsize=9)
        axes.set(xticks=[], yticks=[])
        return
    for name, line in state.fits.items():
        if line:
            points = [(each["parameters"], each["error"]) for each in line]
            look: dict[str, Any] = {"linestyle": "solid", "linewidth": 0.8, "color": INK, "markersize": 4}
            axes.plot(*zip(*points, strict=True), MARKS[name], **look, label=found[name]["title"])
    if tucker is not None:
        axes.plot(
            _parameters(found["tucker"]), tucker["value"], "D", color=INK, label="Tucker at these ranks"
        )
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter("")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("parameters", fontsize=8)
    axes.legend(fontsize=7, frameon=False)


def _parameters(variant: dict[str, Any]) -> float:
    return next(f["value"] for f in variant["figures"] if f["name"] == "parameters")
