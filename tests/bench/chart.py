"""A chart in letters, both axes logarithmic: a power law is a line, and its power the slope."""

from __future__ import annotations

import math
from collections.abc import Mapping

WIDTH, HEIGHT = 60, 12  # characters


def chart(curves: Mapping[str, Mapping[int, float]], unit: str) -> list[str]:
    """The lines of a chart.

    Args:
        curves: by name, which begins with the letter that marks it, values above 0 by length.
        unit: of the values.
    """
    lengths = [length for curve in curves.values() for length in curve]
    values = [value for curve in curves.values() for value in curve.values()]
    grid = [[" "] * (WIDTH + 1) for _ in range(HEIGHT + 1)]
    for name, curve in curves.items():
        for length, value in curve.items():
            x, y = _place(length, lengths, WIDTH), _place(value, values, HEIGHT)
            grid[HEIGHT - y][x] = "*" if grid[HEIGHT - y][x] != " " else name[0]
    ends = {0: f"{max(values):.2g} {unit}", HEIGHT: f"{min(values):.2g} {unit}"}
    lines = [f"{ends.get(row, ''):>10} │{''.join(cells)}" for row, cells in enumerate(grid)]
    foot = f"{min(lengths)}{max(lengths):>{WIDTH - len(str(min(lengths))) + 1}}"
    marks = ", ".join(f"{name[0]} {name}" for name in curves)
    return [*lines, f"{'':>10} └{'─' * (WIDTH + 1)}", f"{'':>12}{foot}", f"{'':>12}{marks}; * several"]


def _place(value: float, among: list[float] | list[int], most: int) -> int:
    low, high = math.log(min(among)), math.log(max(among))
    return round((math.log(value) - low) / ((high - low) or 1.0) * most)
