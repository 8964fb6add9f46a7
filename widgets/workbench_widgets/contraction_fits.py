"""The errors of CP and tensor train, fit by fit: that of the ranks looked at first, then of a ladder's rungs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from workbench.lowrank import FORMATS, Rank
from workbench.tensor.curve import spread
from workbench.tensor.decompose import decompose
from workbench.tensor.decomposition import Decomposition
from workbench.types import Quantity, Shape
from workbench_widgets.background import Cancelled

# Alternating least squares creep towards the end; what a picture can show of an error is there long before.
EFFORT: Mapping[str, Mapping[str, Any]] = {"tt": {}, "cp": {"iterations": 30, "tolerance": 1e-4}}
HOW = {"tt": "SVDs of its bonds", "cp": "alternating least squares, 30 iterations at most"}
RUNGS = 6  # of each format that are fitted unasked


class Fits:
    """What is known of one tensor.

    Args:
        shape: the tensor's.

    Attributes:
        tensor: the tensor, once it is there.
        names: of the formats.
    """

    names = tuple(EFFORT)

    def __init__(self, shape: Shape) -> None:
        self.tensor: np.ndarray | None = None
        self._shape = shape
        self._found: dict[tuple[str, Rank], Decomposition] = {}

    def more(self, wanted: Mapping[str, Rank], cancelled: Cancelled) -> Iterator[float]:
        """Fits the wanted rank of each format, then some of its rungs, and says after each which part is done."""
        asked = [(name, wanted[name]) for name in self.names]
        ladders = [spread(FORMATS[name], self._shape, RUNGS, 1.0) for name in self.names]
        rungs = [(name, ladder[at]) for at in range(RUNGS) for name, ladder in zip(self.names, ladders, strict=True)
                 if at < len(ladder)]  # fmt: skip
        missing = [each for each in dict.fromkeys([*asked, *rungs]) if each not in self._found]
        for done, (name, rank) in enumerate(missing, 1):
            if cancelled():
                return
            try:
                self._found[name, rank] = _fit(self.tensor, name, rank, cancelled)
            except _StoppedError:
                return
            yield done / len(missing)

    def error(self, name: str, rank: Rank) -> Quantity | None:
        """The relative error of this very rank: measured; None where it is not known."""
        found = self._found.get((name, rank))
        if found is None:
            return None
        error = found.error
        return Quantity(error.value, error.unit, error.kind, f"{error.how}; {HOW[name]}", error.name)

    def picture(self) -> dict[str, list[dict[str, Any]]]:
        """All that is known, the fewest parameters first, as JSON."""
        lines: dict[str, list[dict[str, Any]]] = {name: [] for name in self.names}
        for (name, rank), fit in sorted(self._found.items(), key=lambda item: item[1].parameters.value):
            lines[name].append(
                {
                    "rank": list(rank),
                    "parameters": int(fit.parameters.value),
                    "error": fit.error.value,
                    "how": HOW[name],
                }
            )
        return lines


class _StoppedError(Exception):
    """Ends a fit between two of its iterations."""


def _fit(tensor: Any, name: str, rank: Rank, cancelled: Cancelled) -> Decomposition:
    def stop(_: float) -> None:
        if cancelled():
            raise _StoppedError

    callback = stop if name == "cp" else None  # a tensor train is one pass
    return decompose(tensor, name, rank, callback=callback, **EFFORT[name])
