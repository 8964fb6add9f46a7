"""Accuracy beside space savings: what compact layers cost, and whether it is more than a seed's chance.

Networks of other sizes and data have other accuracies, so everything is drawn as the difference from its own baseline.
Then what was published for AlexNet on ImageNet can stand beside what was measured on a small network.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from workbench.types import Quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, PAPER = "#222222", "#ffffff"
MARKS = "os^DvPX*<>"  # a network's, in the order in which they are given


class Compared(Protocol):
    """What is drawn of a network: an experiment's `Outcome`, or any record with these attributes."""

    @property
    def variant(self) -> str: ...
    @property
    def accuracy(self) -> Quantity: ...
    @property
    def savings(self) -> Quantity: ...
    @property
    def published(self) -> tuple[Quantity, Quantity] | None: ...


def savings_figure(outcomes: Sequence[Compared]) -> Figure:
    """Draws networks, the baseline first. The figure is closed for pyplot, so a notebook shows it once."""
    from matplotlib import pyplot

    figure = pyplot.figure()
    draw(figure, outcomes)
    pyplot.close(figure)
    return figure


def savings_svg(outcomes: Sequence[Compared]) -> str:
    """The same drawing as SVG text, equal for equal outcomes."""
    import matplotlib
    from matplotlib.figure import Figure

    figure, file = Figure(), io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "savings", "svg.fonttype": "none"}):
        draw(figure, outcomes)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def draw(figure: Figure, outcomes: Sequence[Compared]) -> None:
    """Draws a filled mark with its spread for what was measured, a hollow one for what was published."""
    figure.set_size_inches(9, 4.5)
    figure.set_facecolor(PAPER)
    figure.set_layout_engine("constrained")
    axes = figure.add_subplot()
    axes.axhline(0, color=INK, linewidth=0.6)
    base = outcomes[0]
    for mark, each in zip(MARKS, outcomes, strict=False):
        _draw_measured(axes, each, base.accuracy.value, mark)
        if each.published and base.published:
            _draw_published(axes, each.published, base.published[1].value, mark)
    axes.set_title("What compact layers save and cost", fontsize=10, loc="left", color=INK)
    axes.set_xlabel("space savings of the dense part, 1 − n / n of the baseline, in percent", fontsize=8)
    axes.set_ylabel("accuracy less the baseline's, in points", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.spines[["right", "top"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _draw_measured(axes: Axes, each: Compared, base: float, mark: str) -> None:
    mean = each.accuracy.value
    low, high = each.accuracy.spread or (mean, mean)
    label = f"{each.variant}: {mean:.2f} %, measured"
    look: dict[str, Any] = {"color": INK, "linewidth": 1, "capsize": 2, "markersize": 6}
    axes.errorbar(
        each.savings.value, mean - base, [[mean - low], [high - mean]], fmt=mark, label=label, **look
    )


def _draw_published(axes: Axes, row: tuple[Quantity, Quantity], base: float, mark: str) -> None:
    saved, accuracy = row
    label = f"AlexNet on ImageNet: {accuracy.value:.2f} %, published"
    axes.plot(
        saved.value,
        accuracy.value - base,
        mark,
        color=INK,
        fillstyle="none",
        linestyle="none",
        markersize=8,
        label=label,
    )
