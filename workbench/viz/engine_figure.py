"""The engine explorer's picture for print: the dependency graph by device and tick, the recorded runs, the figures.

An operation stands in the column of its device and in the row of the tick at which it would run, if all took equally
long.  What waits in queues for what, moment by moment, is left to the browser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from workbench.types import Quantity
from workbench.viz.grammar import bar_style, device_colour
from workbench.viz.picture import INK, PAPER, draw_figures, figure_of, svg_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("naive", "threaded")
RACE = "#b00020"


class EngineState(Protocol):
    """What is drawn: an `EngineExplorer`, or any record with these attributes."""

    title: str
    operations: list[dict[str, Any]]
    edges: list[dict[str, Any]]
    frames: dict[str, list[dict[str, Any]]]
    checked: bool
    races: list[dict[str, Any]]
    runs: dict[str, Any]

    @property
    def figures(self) -> list[Quantity]: ...


def engine_figure(state: EngineState) -> Figure:
    """Draws the state."""
    return figure_of(draw, state)


def engine_svg(state: EngineState) -> str:
    """The same drawing as SVG text, equal for equal states."""
    return svg_of(draw, state)


def draw(figure: Figure, state: EngineState) -> None:
    """Draws the three parts, one above the other."""
    devices = sorted({each["device"] for each in state.operations})
    rows = max(1, len(state.frames["threaded"]) - 2)
    graph_height, runs_height = 0.8 + 0.42 * rows, 0.8 + 0.36 * len(devices)
    figure.set_size_inches(10, graph_height + runs_height + 1.2)
    figure.set_facecolor(PAPER)
    figure.set_layout_engine("constrained")
    graph, runs, figures = figure.subplots(3, 1, height_ratios=[graph_height, runs_height, 1.2])
    _draw_graph(graph, state, devices)
    _draw_runs(runs, state, devices)
    draw_figures(figures, state.figures)


def places(state: EngineState) -> dict[int, tuple[int, int]]:
    """The tick of each operation, and its place among those of its device that run then."""
    found = {}
    for tick, frame in enumerate(state.frames["threaded"]):
        abreast: dict[str, int] = {}
        for operation in frame["running"]:
            device = state.operations[operation]["device"]
            found[operation] = (tick, abreast.get(device, 0))
            abreast[device] = abreast.get(device, 0) + 1
    return found


def _draw_graph(axes: Axes, state: EngineState, devices: list[str]) -> None:
    at = {
        operation: (2 * devices.index(state.operations[operation]["device"]) + 0.96 * place, -tick)
        for operation, (tick, place) in places(state).items()
    }
    for edge in state.edges:
        _draw_arrow(axes, at[edge["first"]], at[edge["second"]], INK, 0.35, "-")
    for race in state.races:
        if race["first"] is not None and race["second"] is not None:
            _draw_arrow(axes, at[race["first"]], at[race["second"]], RACE, 1.0, "--")
    for operation, (x, y) in at.items():
        record = state.operations[operation]
        look = {"boxstyle": "round", "facecolor": PAPER, "edgecolor": device_colour(record["device"])}
        axes.text(x, y, short_name(record), fontsize=7, ha="center", va="center", color=INK, bbox=look)
    for index, device in enumerate(devices):
        axes.text(2 * index + 0.48, 0.1, device, fontsize=8, ha="center", color=INK, weight="bold")
    rows = max((tick for tick, _ in places(state).values()), default=1)
    axes.set(xlim=(-0.6, 2 * max(1, len(devices)) - 0.4), ylim=(-rows - 0.6, 0.5))
    axes.set_axis_off()
    axes.set_title(_sentence(state), fontsize=10, loc="left", color=INK)


def short_name(operation: dict[str, Any]) -> str:
    """An operation's name without its device, where that is said anyway."""
    name, device = operation["name"], operation["device"]
    return re.sub(rf"( (on|to|of))? {re.escape(device)}$", "", name)


def _draw_arrow(
    axes: Axes,
    start: tuple[int | float, int],
    stop: tuple[int | float, int],
    colour: str,
    alpha: float,
    line: str,
) -> None:
    bend = 0.0 if start[0] != stop[0] or abs(start[1] - stop[1]) < 2 else 0.3
    look = {
        "arrowstyle": "->",
        "color": colour,
        "alpha": alpha,
        "linestyle": line,
        "connectionstyle": f"arc3,rad={bend}",
        "shrinkA": 9,
        "shrinkB": 9,
    }
    axes.annotate("", stop, start, arrowprops=look)


def _sentence(state: EngineState) -> str:
    races = len(state.races)
    found = f"; {races or 'no'} race{'s' * (races != 1)} found" if state.checked else ""
    count = len(state.operations)
    return (
        f"{state.title}: {count} operations in the row of their tick, {len(state.edges)} dependencies{found}"
    )


def _draw_runs(axes: Axes, state: EngineState, devices: list[str]) -> None:
    from matplotlib.ticker import EngFormatter

    axes.set_title("Recorded runs, one lane a device", fontsize=10, loc="left", color=INK)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.tick_params(labelsize=7, left=False)
    if not state.runs:
        says = "not measured yet: call measure()"
        axes.text(0.5, 0.5, says, ha="center", transform=axes.transAxes, fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
        return
    lanes = [(kind, device) for kind in KINDS for device in devices]
    for row, (kind, device) in enumerate(lanes):
        spans = [
            (each["start_s"], each["end_s"] - each["start_s"])
            for each in state.runs["traces"][kind]
            if each["device"] == device
        ]
        look = bar_style("measured", device_colour(device)) | {"edgecolor": INK, "linewidth": 0.3}
        axes.broken_barh(spans, (-row, 0.7), **look)
    axes.set_yticks(
        [0.35 - row for row in range(len(lanes))], [f"{device}, {kind}" for kind, device in lanes]
    )
    axes.xaxis.set_major_formatter(EngFormatter("s"))
    axes.set_xlabel("time in the run, measured", fontsize=8)
