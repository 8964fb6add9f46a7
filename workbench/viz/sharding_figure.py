"""How arrays lie on devices: each array a rectangle, cut into pieces in the colours of the devices that hold them.

A dark line goes around each piece.  Where several devices hold the same one it is shared out in stripes, one a device.
What another process holds is pale, with a dotted edge: its place is known, its values can't be read from here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from workbench.errors import ArgumentError
from workbench.viz.grammar import device_colour
from workbench.viz.picture import INK, PAPER, figure_of, svg_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 4
NAMED = 16  # devices; more leave no room for their numbers


class Part(Protocol):
    """What one device holds: `parallel.Shard`, or any record with these attributes."""

    @property
    def device(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def readable(self) -> bool: ...
    @property
    def ranges(self) -> tuple[tuple[int, int], ...]: ...


class Spread(Protocol):
    """An array, device by device."""

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def pieces(self) -> tuple[int, ...]: ...
    @property
    def shards(self) -> Sequence[Part]: ...


class Layouts(Protocol):
    """What is drawn: what `parallel.shards` gives."""

    title: str

    @property
    def arrays(self) -> Sequence[Spread]: ...


def sharding_figure(state: Layouts) -> Figure:
    """Draws where arrays lie.

    Raises:
        ArgumentError: it is not what `parallel.shards` gives.
    """
    return figure_of(draw, _spread(state))


def sharding_svg(state: Layouts) -> str:
    """The same drawing as SVG text, equal for equal layouts."""
    return svg_of(draw, _spread(state))


def _spread(state: Layouts) -> Layouts:
    if not isinstance(getattr(state, "arrays", None), Sequence):
        raise ArgumentError(
            f"sharding_figure() draws what parallel.shards(arrays) gives, got {type(state).__name__}"
        )
    return state


def draw(figure: Figure, state: Layouts) -> None:
    """Draws a rectangle an array, and a legend of the devices."""
    from matplotlib.patches import Patch

    columns = max(1, min(COLUMNS, len(state.arrays)))
    rows = max(1, math.ceil(len(state.arrays) / columns))
    figure.set_size_inches(2.3 * columns + 1.8, 1.7 * rows + 0.4)
    figure.set_facecolor(PAPER)
    figure.set_layout_engine("constrained")
    figure.suptitle(state.title, fontsize=10, color=INK)
    grid = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in grid:
        axes.set_axis_off()
    for axes, array in zip(grid, state.arrays, strict=False):
        _draw_array(axes, array)
    devices = {shard.number: shard for array in state.arrays for shard in array.shards}
    marks = [Patch(label=devices[number].device, **_look(devices[number])) for number in sorted(devices)]
    figure.legend(handles=marks, loc="outside right upper", fontsize=7, frameon=False)


def _draw_array(axes: Axes, array: Spread) -> None:
    from matplotlib.patches import Rectangle

    down, across = drawn_axes(array)
    held: dict[tuple[float, float, float, float], list[Part]] = {}
    for shard in array.shards:
        top, bottom = _fraction(array, shard, down)
        left, right = _fraction(array, shard, across)
        held.setdefault((top, bottom, left, right), []).append(shard)
    for (top, bottom, left, right), parts in held.items():
        width = (right - left) / len(parts)
        for index, part in enumerate(parts):
            corner = (left + index * width, top)
            axes.add_patch(Rectangle(corner, width, bottom - top, linewidth=0.8, **_look(part)))
            if len(array.shards) <= NAMED:
                middle = (corner[0] + width / 2, (top + bottom) / 2)
                ink = PAPER if part.readable else INK
                axes.text(*middle, str(part.number), color=ink, fontsize=7, ha="center", va="center")
        edge = Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=INK, linewidth=1.6)
        axes.add_patch(edge)
    axes.set(xlim=(0, 1), ylim=(1, 0))
    axes.set_title(f"{array.name} {array.shape}", fontsize=8, color=INK)


def drawn_axes(array: Spread) -> tuple[int | None, int | None]:
    """The axes that go down and across: those that are cut, then the first ones; a single one goes across."""
    by_cut = sorted(range(len(array.shape)), key=lambda axis: array.pieces[axis] == 1)
    shown = sorted(by_cut[:2])
    if len(shown) < 2:
        return None, shown[0] if shown else None
    return shown[0], shown[1]


def _fraction(array: Spread, shard: Part, axis: int | None) -> tuple[float, float]:
    if axis is None or not array.shape[axis]:
        return 0.0, 1.0
    begin, end = shard.ranges[axis]
    return begin / array.shape[axis], end / array.shape[axis]


def _look(part: Part) -> dict[str, Any]:
    colour = device_colour(part.number)
    if part.readable:
        return {"facecolor": colour, "edgecolor": PAPER}
    return {"facecolor": f"{colour}40", "edgecolor": colour, "linestyle": "dotted"}
