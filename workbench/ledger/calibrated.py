"""What the predictions of scaling rest on, as text: the model's numbers, and how far off it is without a row."""

from __future__ import annotations

import textwrap

from workbench.ledger import p2
from workbench.ledger.scaling import calibration, left_out
from workbench.types import Quantity

WIDTH = 100


def calibrated() -> str:
    """The numbers calibrated with their bars, those stated with their sources, and the errors of left-out rows."""
    found = calibration()
    off = {f"{row.network} {row.gpus}": predicted - row.efficiency for row, predicted in left_out()}
    worst = max(map(abs, off.values()))
    lines = [
        *map(_said, found.parameters.values()),
        *map(_said, (p2.COPY, p2.NETWORK.latency, p2.NETWORK.bandwidth)),
        f"scatter of the rows about the model: {100 * found.scatter:.1f} % of a step",
        "points off for each row when it is left out of the calibration, at most "
        f"{worst:.1f}: {', '.join(f'{name} {points:+.1f}' for name, points in off.items())}",
    ]
    filled = [textwrap.fill(line, WIDTH, initial_indent="    ", subsequent_indent="      ") for line in lines]
    return "\n".join(["the model's numbers:", *filled]) + "\n"


def _said(figure: Quantity) -> str:
    scale, unit = (1e9, "GB/s") if figure.unit == "B/s" else (1e-6, "µs")
    bars = (
        ""
        if figure.spread is None
        else " ({:.2f} to {:.2f})".format(*(bound / scale for bound in figure.spread))
    )
    return f"{figure.name}: {figure.value / scale:.3g} {unit}{bars}, {figure.how}"
