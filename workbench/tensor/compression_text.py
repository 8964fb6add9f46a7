"""A compression as text: both networks' figures side by side, and a line a layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from workbench.tensor.contraction_text import amount
from workbench.types import Quantity

if TYPE_CHECKING:
    from workbench.tensor.compress import Compression
    from workbench.tensor.sensitivity import Candidate, LayerCurve

FIGURES = ("", "before", "after", "")
LAYERS = ("layer", "weight", "rank", "dense", "now", "layer error", "gain")


def compression_text(compression: Compression) -> str:
    """Figures before and after with their kind, what was predicted, then the layers."""
    known = {q.name: q for q in compression.before}
    rows = [(q.name, _shown(known.get(q.name)), _shown(q), q.kind) for q in compression.after]
    predicted = compression.predicted
    rows.append((f"{predicted.name}, of the factors", "–", _shown(predicted), predicted.kind))
    layers = [_row(curve, candidate) for curve, candidate in compression.layers]
    note = "layer error measured on the sample's inputs of the layer; gain: network error by layer error"
    return "\n".join([*_aligned([FIGURES, *rows]), "", *_aligned([LAYERS, *layers]), note])


def _shown(quantity: Quantity | None) -> str:
    """A count with its thousands, a share or an error to three digits, anything else in its unit."""
    if quantity is None or quantity.unit != "1":
        return amount(quantity)
    return f"{quantity.value:,.0f}" if quantity.name.endswith("parameters") else f"{quantity.value:.3g}"


def _row(curve: LayerCurve, candidate: Candidate) -> tuple[str, ...]:
    shape = " × ".join(map(str, curve.site.weight.shape))
    rank = "dense" if candidate.rank is None else ", ".join(map(str, candidate.rank))
    sizes = (f"{curve.candidates[0].parameters:,}", f"{candidate.parameters:,}")
    return (curve.site.name, shape, rank, *sizes, f"{candidate.error.value:.3g}", f"{curve.gain:.3g}")


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterable[str]:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(c.ljust(w) if n == 0 else c.rjust(w) for n, (c, w) in enumerate(cells)).rstrip()
