"""The style explorer's picture for print: the step in order of execution, its cut, its trace, its figures.

A browser shows the graph and the code; on paper the order of execution says most, because a segment is a
run of operations in that order.  A mark under an operation says that its value can be printed at this cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from workbench.types import Quantity
from workbench.viz.grammar import bar_style, phase_colour, tokens
from workbench.viz.picture import INK, PAPER, draw_figures, figure_of, svg_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ABREAST = 36  # operations side by side: as many as keep their names readable
LETTERS = 18  # of a name: more would run into the title
HEIGHT = 5.2  # of a row, in widths of an operation: a square, its dot, and a slanted name above
BAR = "#a9b1b6"


class StyleState(Protocol):
    """What is drawn: a `StyleExplorer`, or any record with these attributes."""

    title: str
    nodes: list[dict[str, Any]]
    levels: list[dict[str, Any]]
    cut: int

    @property
    def segments(self) -> list[list[int]]: ...
    @property
    def visible(self) -> list[int]: ...
    @property
    def trace(self) -> list[dict[str, Any]]: ...
    @property
    def figures(self) -> list[Quantity]: ...


def style_figure(state: StyleState) -> Figure:
    """Draws the state."""
    return figure_of(draw, state)


def style_svg(state: StyleState) -> str:
    """The same drawing as SVG text, equal for equal states."""
    return svg_of(draw, state)


def draw(figure: Figure, state: StyleState) -> None:
    """Draws the three parts, one above the other."""
    rows = max(1, -(-len(state.nodes) // MOST_ABREAST))
    figure.set_size_inches(10, 2.7 + 1.5 * rows)
    figure.set_facecolor(PAPER)
    figure.set_layout_engine("constrained")
    step, trace, figures = figure.subplots(3, 1, height_ratios=[1.5 * rows, 0.8, 1.2])
    _draw_step(step, state, rows)
    _draw_trace(trace, state)
    draw_figures(figures, state.figures)


def _draw_step(axes: Axes, state: StyleState, rows: int) -> None:
    from matplotlib.patches import Rectangle

    abreast = max(1, -(-len(state.nodes) // rows))  # rows of equal length, none left almost empty
    home = {node: index for index, segment in enumerate(state.segments) for node in segment}
    for node in state.nodes:
        x, y = node["id"] % abreast, -HEIGHT * (node["id"] // abreast)
        ran = node["id"] in home
        fill = phase_colour(node["phase"]) if ran else "none"
        axes.add_patch(Rectangle((x + 0.1, y), 0.8, 0.7, facecolor=fill, edgecolor=INK, linewidth=0.8))
        name = _shorten(node["name"]) + ("" if ran else f" ({node['fate']})")
        axes.text(x + 0.4, y + 0.85, name, rotation=60, fontsize=6.5, color=INK, rotation_mode="anchor")
        if not ran:
            axes.plot([x + 0.1, x + 0.9], [y, y + 0.7], color=INK, linewidth=0.8)
        if node["id"] in state.visible:
            axes.plot(x + 0.5, y - 0.5, marker="o", markersize=3.5, color=INK)
    for segment in state.segments:
        _draw_brackets(axes, segment, abreast)
    axes.set(xlim=(-0.2, abreast + 0.8), ylim=(HEIGHT * (1 - rows) - 1.2, HEIGHT - 1.2))
    axes.set_axis_off()
    axes.set_title(_sentence(state), fontsize=10, loc="left", color=INK)
    _legend(axes)


def _sentence(state: StyleState) -> str:
    label, count = state.levels[state.cut]["label"], len(state.segments)
    return (
        f"{state.title} cut at {label}: {count} segment{'s' * (count != 1)}; "
        f"a dot marks the {len(state.visible)} of {len(state.nodes)} values that can be printed"
    )


def _shorten(name: str) -> str:
    return name if len(name) <= LETTERS else f"{name[: LETTERS // 2]}…{name[1 - LETTERS // 2 :]}"


def _draw_brackets(axes: Axes, segment: list[int], abreast: int) -> None:
    for row in {node // abreast for node in segment}:
        places = [node % abreast for node in segment if node // abreast == row]
        axes.plot([min(places) + 0.08, max(places) + 0.92], [-HEIGHT * row - 0.2] * 2, color=INK, linewidth=2)


def _legend(axes: Axes) -> None:
    from matplotlib.patches import Patch

    marks = [Patch(facecolor=phase_colour(name), edgecolor=INK, label=name) for name in tokens()["phases"]]
    axes.legend(
        handles=marks, ncols=3, fontsize=7, frameon=False, loc="lower right", bbox_to_anchor=(1, -0.12)
    )


def _draw_trace(axes: Axes, state: StyleState) -> None:
    from matplotlib.ticker import EngFormatter

    axes.set_title("Recorded step, one bar a segment", fontsize=10, loc="left", color=INK)
    axes.set_yticks([])
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.xaxis.set_major_formatter(EngFormatter("s"))
    axes.tick_params(labelsize=7)
    if not state.trace:
        axes.text(
            0.5, 0.5, "not measured yet: call measure()", ha="center", transform=axes.transAxes, fontsize=9
        )
        axes.set_xticks([])
        return
    spans = [(event["start_s"], event["duration_s"]) for event in state.trace]
    axes.broken_barh(spans, (0, 1), **bar_style("measured", BAR) | {"edgecolor": INK, "linewidth": 0.4})
    axes.set(xlim=(0, max(start + length for start, length in spans)), ylim=(0, 1.1))
    axes.set_xlabel("time in the step, measured", fontsize=8)
