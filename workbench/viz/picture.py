"""What the explorers' pictures for print share: how one is made, and how figures are listed in it.

A picture is a function ``draw(figure, state)``, where a state is an explorer or any record with the same attributes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from workbench.types import Quantity
from workbench.viz.grammar import bar_style
from workbench.viz.quantity_text import write_quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, PAPER = "#222222", "#ffffff"


class Titled(Protocol):
    """A state has a title."""

    title: str


S = TypeVar("S", bound=Titled)
Draw = Callable[[Any, S], object]  # (figure, state)


def figure_of(draw: Draw[S], state: S) -> Figure:
    """The picture. It is closed for pyplot, so a notebook shows it once, as the cell's value."""
    from matplotlib import pyplot

    figure = pyplot.figure()
    draw(figure, state)
    pyplot.close(figure)
    return figure


def svg_of(draw: Draw[S], state: S) -> str:
    """The same drawing as SVG text, equal for equal states."""
    import matplotlib
    from matplotlib.figure import Figure

    figure, file = Figure(), io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": state.title, "svg.fonttype": "none"}):
        draw(figure, state)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def draw_figures(axes: Axes, figures: Iterable[Quantity]) -> None:
    """Lists figures in two columns, each with the mark of its kind."""
    from matplotlib.patches import Rectangle

    count = 0
    for index, figure in enumerate(figures):
        x, y = 0.5 * (index % 2), -(index // 2)
        axes.add_patch(Rectangle((x, y - 0.15), 0.018, 0.5, **bar_style(figure.kind, INK)))
        text = f"{figure.name}: {write_quantity(figure)}, {figure.kind}"
        axes.text(x + 0.03, y, text, fontsize=8, color=INK, verticalalignment="center_baseline")
        count = index + 1
    axes.set(xlim=(0, 1), ylim=(-max(3.0, count / 2), 0.8))
    axes.set_axis_off()
