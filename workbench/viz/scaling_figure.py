"""The scaling explorer's picture for print: a step through time, throughput and efficiency, and the figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

from workbench.types import Kind, Quantity
from workbench.viz.grammar import bar_style, buffer_colour, line_style
from workbench.viz.picture import INK, PAPER, draw_figures, figure_of, svg_of
from workbench.viz.quantity_text import write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"compute": "activation", "communicate": "gradient", "feed": "workspace", "update": "parameter"}
SAYS = {"compute": "computes", "communicate": "sends gradients", "feed": "sends input", "update": "updates"}
MARKS: dict[Kind, dict[str, Any]] = {
    "predicted": {"marker": "x", "markersize": 5},
    "published": {"marker": "o", "markersize": 7, "linestyle": "none"},
    "measured": {"marker": "s", "markersize": 5},
}
WAITS = {"facecolor": "none", "edgecolor": INK, "linestyle": "dotted", "linewidth": 0.7}
BARS = {"elinewidth": 0.8, "capsize": 2.5}


class ScalingState(Protocol):
    """What is drawn: a `ScalingExplorer`, or any record with these attributes."""

    title: str
    found: dict[str, Any]
    curve: dict[str, Any]

    @property
    def figures(self) -> list[Quantity]: ...


def scaling_figure(state: ScalingState) -> Figure:
    """Draws the state."""
    return figure_of(draw, state)


def scaling_svg(state: ScalingState) -> str:
    """The same drawing as SVG text, equal for equal states."""
    return svg_of(draw, state)


def draw(figure: Figure, state: ScalingState) -> None:
    """Draws the parts: a step, the two curves, the figures."""
    figure.set_size_inches(10, 7)
    figure.set_facecolor(PAPER)
    figure.set_layout_engine("constrained")
    grid = figure.add_gridspec(3, 2, height_ratios=[0.9, 1.1, 0.5])
    shown = state.found.get("recorded") or state.found["timeline"]
    draw_timeline(figure.add_subplot(grid[0, :]), shown, state.title)
    draw_curve(figure.add_subplot(grid[1, 0]), state.curve, "throughput")
    draw_curve(figure.add_subplot(grid[1, 1]), state.curve, "efficiency")
    draw_figures(figure.add_subplot(grid[2, :]), state.figures)


def draw_timeline(axes: Axes, shown: dict[str, Any], title: str) -> None:
    """Draws a step: a row for each device and link, hatched where it was simulated."""
    kind: Kind = shown["kind"]
    how = "recorded" if kind == "measured" else "simulated"
    axes.set_title(f"{title}: a step, {kind} ({how})", fontsize=10, loc="left", color=INK)
    named: set[str] = set()
    for number, row in enumerate(shown["rows"]):
        for span in row["spans"]:
            label = "" if span["kind"] in named else SAYS.get(span["kind"], "waits")
            named.add(span["kind"])
            look = WAITS if span["kind"] == "wait" else bar_style(kind, buffer_colour(COLOURS[span["kind"]]))
            axes.barh(
                number, span["end"] - span["start"], left=span["start"], label=label, height=0.7, **look
            )
    axes.set_yticks(range(len(shown["rows"])), [row["label"] for row in shown["rows"]], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, shown["end"])
    axes.xaxis.set_major_formatter(lambda value, _: write(value, "s"))
    axes.tick_params(axis="x", labelsize=7)
    axes.spines[["right", "top"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False, ncols=5, loc="upper right", bbox_to_anchor=(1, 1.25))


def draw_curve(axes: Axes, curve: dict[str, Any], of: str) -> None:
    """Draws throughput or efficiency against the number of devices: ideal, predicted, published and measured."""
    axes.set_title(f"{of.capitalize()} by devices", fontsize=10, loc="left", color=INK)
    predicted = curve["predicted"]
    numbers = [each["devices"] for each in predicted]
    alone = predicted[0]["value"] / predicted[0]["efficiency"]
    ideal = [n * alone if of == "throughput" else 100 for n in numbers]
    axes.plot(numbers, ideal, color=INK, linewidth=0.8, linestyle="dotted", label="ideal")
    for kind, mark in MARKS.items():
        if points := curve[kind]:
            values = [each["value"] if of == "throughput" else 100 * each["efficiency"] for each in points]
            bars = [_bar(each, value) for each, value in zip(points, values, strict=True)]
            look = line_style(kind, INK) | mark | BARS
            axes.errorbar(
                [each["devices"] for each in points],
                values,
                yerr=[*zip(*bars, strict=True)],
                label=kind,
                **look,
            )
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    if of == "throughput":
        axes.set_yscale("log", base=2)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.yaxis.set_minor_formatter("")
    else:
        axes.set_ylim(0, 108)
    axes.set_ylabel("examples/s" if of == "throughput" else "%", fontsize=8)
    axes.set_xlabel("devices", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.spines[["right", "top"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False)


def _bar(point: dict[str, Any], value: float) -> tuple[float, float]:
    """How far its bar goes down and up; nowhere where it has none."""
    if point["spread"] is None:
        return math.nan, math.nan
    low, high = (value * end / point["value"] for end in point["spread"])
    return max(0.0, value - low), max(0.0, high - value)
