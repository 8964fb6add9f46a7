"""Contractions as text: one in words, several in a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from workbench.memory.size import text
from workbench.types import Quantity

if TYPE_CHECKING:
    from workbench.tensor.contract import Contraction

PREFIXES = {-9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
COLUMNS = ("order", "work", "by XLA", "largest", "temporary", "by XLA", "slices", "time")
KINDS = ("", "predicted", "measured", "predicted", "predicted", "measured", "predicted", "measured")


def si(value: float, unit: str) -> str:
    """A figure with an SI prefix, three significant digits: ``"44.8 kFLOP"``."""
    power = 3 * math.floor(math.log10(float(f"{abs(value):.3g}")) / 3) if value else 0
    power = min(max(power, min(PREFIXES)), max(PREFIXES))
    return f"{value / 10**power:.3g} {PREFIXES[power]}{unit}"


def amount(quantity: Quantity | None) -> str:
    """A figure in its unit, without its kind; a dash where there is none."""
    if quantity is None:
        return "–"
    return text(quantity.value) if quantity.unit == "B" else si(quantity.value, quantity.unit)


def contraction_text(contraction: Contraction) -> str:
    """A line a figure, predicted beside measured, and a line a step."""
    c = contraction
    by_xla = [amount(quantity) for quantity in _by_xla(c)]
    lines = [
        f"{c.expression}",
        f"order                 {c.order}",
        f"work                  {amount(c.flops)} predicted, {by_xla[0]} measured (XLA)",
        f"largest intermediate  {c.tree.largest:,} elements, {amount(c.largest_bytes)} predicted",
        f"temporary memory      {amount(c.temporary)} predicted, {by_xla[1]} measured (XLA)",
    ]
    if c.tree.parts:
        parts = ", ".join(f"{letter} in {count}" for letter, count in c.tree.parts)
        lines.append(f"slices                {c.tree.slices:,}: {parts} parts")
    if c.time is not None:
        low, high = c.time.spread or (c.time.value, c.time.value)
        lines.append(
            f"time                  {amount(c.time)} measured, from {si(low, 's')} to {si(high, 's')}"
        )
    return "\n".join([*lines, "steps", *_steps(c)])


def _steps(contraction: Contraction) -> Iterable[str]:
    steps = contraction.tree.steps
    wide = max(len(str(step)) for step in steps)
    for number, step in enumerate(steps, len(contraction.expression.inputs)):
        joins = " · ".join(f"T{operand}" for operand in step.operands)
        often = f", {step.times:,} times" if step.times > 1 else ""
        yield (
            f"  T{number} = {joins:16} {step!s:{wide}}  {step.size:>12,} elements  {si(step.flops, 'FLOP')}{often}"
        )


def table(contractions: Iterable[Contraction], left_out: Mapping[str, str]) -> str:
    """A line an order, and below why some are not there."""
    rows = [COLUMNS, KINDS, *(_row(c) for c in contractions)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *(f"{name}: {reason}" for name, reason in left_out.items())])


def _row(c: Contraction) -> tuple[str, ...]:
    work, memory = _by_xla(c)
    figures = (c.flops, work, c.largest_bytes, c.temporary, memory)
    return (c.order, *map(amount, figures), f"{c.tree.slices:,}", amount(c.time))


def _by_xla(c: Contraction) -> tuple[Quantity, Quantity] | tuple[None, None]:
    """Work and temporary memory as XLA has them; none where they are beyond what it can count."""
    return (c.xla_flops, c.xla_temporary) if c.program.countable else (None, None)
