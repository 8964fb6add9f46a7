"""How a figure is written: binary prefixes for bytes, SI ones for seconds and FLOPs, three digits.

Three significant digits are what a measurement on a laptop can bear; more would promise a precision that
nobody has.
"""

from __future__ import annotations

import math

from workbench.types import Quantity

BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi")
SI = {-9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P"}
SCALED = ("s", "FLOP", "FLOP/s", "B/s")


def three_digits(value: float) -> str:
    """The number with three significant digits, and all digits of its whole part."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}"


def write(value: float, unit: str) -> str:
    """A value with its unit, as ``1.5 MiB``, ``12.3 ms``, ``67,034 examples/s``, ``64`` (a count's unit is ``"1"``)."""
    if unit == "1":
        return f"{value:,.0f}" if value == round(value) else three_digits(value)
    if unit == "B":
        power = min(len(BINARY) - 1, int(math.log2(abs(value)) // 10)) if abs(value) >= 1 else 0
        digits = three_digits(value / 1024**power) if power else f"{value:.0f}"
        return f"{digits} {BINARY[power]}B"
    if unit in SCALED and value:
        power = min(15, max(-9, 3 * math.floor(math.log10(abs(value)) / 3)))
        return f"{three_digits(value / 10.0**power)} {SI[power]}{unit}"
    return f"{value:,.0f} {unit}" if abs(value) >= 1000 else f"{three_digits(value)} {unit}"


def write_quantity(figure: Quantity) -> str:
    """A figure's value, with the span of its repeats where it was measured more than once."""
    text = write(figure.value, figure.unit)
    if figure.spread is None:
        return text
    low, high = (write(bound, figure.unit) for bound in figure.spread)
    return f"{text} ({low} to {high})"
