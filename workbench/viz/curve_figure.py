"""Error against parameters, a line a format: what a number of parameters buys.

The axis of parameters is logarithmic: from one rank to the next they grow by a factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from workbench.types import Quantity
from workbench.viz.grammar import line_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKS = "os^Dv"  # a format's, in the order in which they are given


class Fitted(Protocol):
    """What is drawn of a fit: a `Decomposition`, or any record with these attributes."""

    @property
    def error(self) -> Quantity: ...
    @property
    def parameters(self) -> Quantity: ...


class Fits(Protocol):
    """What is drawn: a `Curve`, or any record with these attributes."""

    @property
    def lines(self) -> Mapping[str, Sequence[Fitted]]: ...


def draw_curve(axes: Axes, curve: Fits) -> None:
    """Draws a line a format through its fits, in the look of the errors' kind."""
    kinds = sorted({fit.error.kind for line in curve.lines.values() for fit in line})
    for number, (mark, (name, line)) in enumerate(zip(MARKS, curve.lines.items(), strict=False)):
        parameters = [fit.parameters.value for fit in line]
        look = line_style(line[0].error.kind, f"C{number}")
        axes.plot(parameters, [fit.error.value for fit in line], marker=mark, label=name, **look)
    axes.set(xscale="log", xlabel="parameters, predicted")
    axes.set_ylabel(f"relative error, {' and '.join(kinds)}")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
