"""The memory explorer's picture for print: what is alive when, what each plan costs, and the chosen plan's figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

from workbench.types import Quantity
from workbench.viz.grammar import buffer_colour
from workbench.viz.picture import INK, PAPER, draw_figures, figure_of, svg_of
from workbench.viz.quantity_text import write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = (
    "parameter",
    "gradient",
    "activation",
    "workspace",
)  # from the ground up: what moves least lies lowest
HATCHES = {"parameter": "\\\\\\\\", "gradient": "....", "activation": "////", "workspace": "||||"}
# A strategy's, in the order in which they are offered; the same as in `memory_explorer/symbols.ts`.
MARKS = ("o", "^", "s", "d", "P", "*", (3, 1, 180), (6, 2, 0), "x", "+")


class MemoryState(Protocol):
    """What is drawn: a `MemoryExplorer`, or any record with these attributes."""

    title: str
    strategies: list[str]
    plans: list[dict[str, Any]]
    growth: list[dict[str, Any]]

    @property
    def chosen(self) -> int | None: ...
    @property
    def figures(self) -> list[Quantity]: ...


def peak_place(picture: dict[str, Any]) -> int:
    """The place of the schedule at which a plan has most in memory."""
    return picture["places"][_peak(picture)]


def _lines(picture: dict[str, Any]) -> dict[str, list[int]]:
    """Bytes by kind: of the compiled programs, where they are known."""
    return picture["calibrated"] or picture["bytes"]


def _peak(picture: dict[str, Any]) -> int:
    totals = [sum(each) for each in zip(*_lines(picture).values(), strict=True)]
    return totals.index(max(totals))


def memory_figure(state: MemoryState) -> Figure:
    """Draws the state."""
    return figure_of(draw, state)


def memory_svg(state: MemoryState) -> str:
    """The same drawing as SVG text, equal for equal states."""
    return svg_of(draw, state)


def draw(figure: Figure, state: MemoryState) -> None:
    """Draws the parts: memory through time, the plans beside growth, the figures."""
    figure.set_size_inches(10, 7)
    figure.set_facecolor(PAPER)
    figure.set_layout_engine("constrained")
    grid = figure.add_gridspec(3, 2, height_ratios=[1.1, 1.0, 0.4])
    _draw_timeline(figure.add_subplot(grid[0, :]), state)
    _draw_front(figure.add_subplot(grid[1, 0]), state)
    _draw_growth(figure.add_subplot(grid[1, 1]), state)
    draw_figures(figure.add_subplot(grid[2, :]), state.figures)


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, fontsize=10, loc="left", color=INK)
    axes.tick_params(labelsize=7)
    axes.spines[["right", "top"]].set_visible(False)


def _empty(axes: Axes, text: str) -> None:
    axes.text(0.5, 0.5, text, ha="center", transform=axes.transAxes, fontsize=9)
    axes.set(xticks=[], yticks=[])


def _as_bytes(axis: Any, low: float, high: float) -> None:
    """Ticks at round numbers of the binary unit in which the largest is written."""
    from matplotlib.ticker import MaxNLocator

    unit = 1024 ** int(math.log2(max(1.0, high)) // 10)
    ticks = MaxNLocator(5).tick_values(low / unit, high / unit)
    axis.set_ticks([tick * unit for tick in ticks if low <= tick * unit <= high])
    axis.set_major_formatter(lambda value, _: write(value, "B"))


def _draw_timeline(axes: Axes, state: MemoryState) -> None:
    if state.chosen is None:
        _title(axes, f"{state.title}: memory through one training pass")
        return _empty(axes, "no plan has been found yet")
    picture = state.plans[state.chosen]
    places, peak, lines = picture["places"], _peak(picture), _lines(picture)
    how = "predicted, calibrated" if picture["calibrated"] else "predicted"
    _title(axes, f"{state.title}, strategy {picture['strategy']}: alive through one training pass, {how}")
    ground = [0] * len(places)
    for kind in [kind for kind in KINDS if any(lines.get(kind, ()))]:
        top = [low + more for low, more in zip(ground, lines[kind], strict=True)]
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": buffer_colour(kind), "hatch": HATCHES[kind]}
        axes.fill_between(places, ground, top, step="mid", linewidth=0.6, label=kind, **look)
        ground = top
    axes.plot(places, ground, color=INK, linewidth=1, linestyle="dashed", drawstyle="steps-mid")
    axes.plot(places[peak], ground[peak], marker="v", color=INK, fillstyle="none")
    axes.annotate(f"peak {write(ground[peak], 'B')}", (places[peak], ground[peak]), (4, 4),
                  textcoords="offset points", fontsize=8)  # fmt: skip
    axes.set(xlim=(0, picture["length"] - 1), ylim=(0, 1.15 * max(ground)))
    axes.set_xlabel("place in the schedule", fontsize=8)
    _as_bytes(axes.yaxis, 0, max(ground))
    axes.legend(fontsize=7, frameon=False, ncols=4, loc="upper right")


def _draw_front(axes: Axes, state: MemoryState) -> None:
    _title(axes, "What each plan costs, predicted")
    if not state.plans:
        return _empty(axes, "no plan has been found yet")
    for mark, strategy in zip(MARKS, state.strategies, strict=False):
        own = sorted((p["peak"] - p["held"], p["forwards"]) for p in state.plans if p["strategy"] == strategy)
        if own:
            axes.plot(*zip(*own, strict=True), marker=mark, linestyle="dashed", linewidth=0.8, color=INK,
                      fillstyle="none", markersize=5, label=strategy)  # fmt: skip
    if state.chosen is not None:
        now = state.plans[state.chosen]
        at = now["peak"] - now["held"]
        axes.plot(at, now["forwards"], "o", markersize=12, color=INK, fillstyle="none", label="chosen")
    axes.set_xscale("log", base=2)
    axes.xaxis.set_minor_formatter("")
    axes.set_xlabel("feature maps and workspace at the peak", fontsize=8)
    axes.set_ylabel("extra forwards", fontsize=8)
    axes.xaxis.set_major_formatter(lambda value, _: write(value, "B"))
    axes.legend(fontsize=7, frameon=False)


def _draw_growth(axes: Axes, state: MemoryState) -> None:
    _title(axes, "Feature maps by length of the network, predicted")
    if not state.growth:
        return _empty(axes, "drawn for the course's networks alone, which come in any length")
    for mark, strategy in zip(MARKS, state.strategies, strict=False):
        own = [(each["length"], each["bytes"]) for each in state.growth if each["strategy"] == strategy]
        if own:
            axes.plot(*zip(*own, strict=True), marker=mark, linestyle="dashed", linewidth=0.8, color=INK,
                      fillstyle="none", markersize=5, label=strategy)  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xlabel("length", fontsize=8)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter("")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_major_formatter(lambda value, _: write(value, "B"))
    axes.legend(fontsize=7, frameon=False)
