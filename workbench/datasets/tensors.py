"""Four real tensors, from TensorLy's wheel: what each mode means, where they come from, and what was not measured.

A tensor is worth decomposing when its modes mean something: doses by times by cells, not pixels by pixels alone.

Each function reads the file that TensorLy installs; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from workbench.types import Shape


@dataclass(frozen=True)
class LabelledTensor:
    """A tensor with the meaning of its modes.

    Attributes:
        name: what it is of.
        values: float64, a mode each for `modes`.
        modes: what each mode is, with its unit where TensorLy states one.
        labels: of each mode, a label for each index: names, or numbers in the mode's unit.
        mask: True where an entry was measured; None where all were.
        source: who made it.
        licence: what may be done with it.
    """

    name: str
    values: NDArray[np.float64]
    modes: tuple[str, ...]
    labels: tuple[Sequence[Any], ...]
    mask: NDArray[np.bool_] | None
    source: str
    licence: str

    @property
    def shape(self) -> Shape:
        """Of the values."""
        return self.values.shape

    def __repr__(self) -> str:
        sizes = ", ".join(f"{n} {mode}" for n, mode in zip(self.shape, self.modes, strict=True))
        missing = "" if self.mask is None else f"; {(~self.mask).sum()} of {self.mask.size} missing"
        return f"LabelledTensor({self.name}: {sizes}{missing})"


def il2() -> LabelledTensor:
    """Responses of eight kinds of cells to 13 variants of interleukin-2: (ligand, time, dose, cell), all 0 or more.

    Shape (13, 4, 12, 8); 192 entries were not measured and are NaN, so ``mask="nan"`` or its mask decomposes it.
    """
    found = _read("load_IL2data")
    values = _values(found)
    modes = ("ligand", "time", "dose", "cell")
    return _labelled("IL-2 responses", found, values, modes, found["ticks"], ~np.isnan(values))


def covid_serology() -> LabelledTensor:
    """Antibodies in 438 people's blood, by what they bind to: (sample, antigen, receptor), (438, 6, 11).

    The labels of samples are how ill the person was.
    """
    found = _read("load_covid19_serology")
    return _labelled(
        "COVID-19 serology", found, _values(found), ("sample", "antigen", "receptor"), found["ticks"]
    )


def indian_pines() -> LabelledTensor:
    """Fields and woods in Indiana from the air, in 200 bands of wavelengths: (row, column, band), (145, 145, 200)."""
    found = _read("load_indian_pines")
    values = _values(found)
    rows, columns, _ = values.shape
    labels = (range(rows), range(columns), found["ticks"][1])
    return _labelled("Indian Pines", found, values, ("row", "column", "wavelength (nm)"), labels)


def kinetic() -> LabelledTensor:
    """Fluorescence of 64 mixtures as they react: (mixture, emission, excitation, time), (64, 12, 10, 60).

    1,754 entries, where light is scattered, were not measured and are 0; its mask leaves them out.
    """
    found = _read("load_kinetic")
    modes = ("mixture", "emission (nm)", "excitation (nm)", "time (min)")
    missing = _array(found["missing_values_position"]) != 0
    return _labelled("kinetic fluorescence", found, _values(found), modes, found["ticks"], ~missing)


def _read(loader: str) -> dict[str, Any]:
    from tensorly.datasets import data_imports  # here, so that importing the workbench need not pay for it

    with jax.enable_x64(True):  # where TensorLy's user has chosen its JAX backend, which would round
        return getattr(data_imports, loader)()


def _array(stored: Any) -> np.ndarray:
    """TensorLy gives arrays of whatever backend its user has chosen."""
    from tensorly import to_numpy

    return np.array(to_numpy(stored))


def _values(found: dict[str, Any]) -> NDArray[np.float64]:
    return _array(found["tensor"]).astype(np.float64)


def _labelled(
    name: str,
    found: dict[str, Any],
    values: NDArray[np.float64],
    modes: tuple[str, ...],
    labels: Sequence[Sequence[Any]],
    mask: NDArray[np.bool_] | None = None,
) -> LabelledTensor:
    source = found["reference"]
    joined = source if isinstance(source, str) else "; ".join(source)
    licence = found.get("LICENSE", found.get("LICENCE", ""))
    return LabelledTensor(
        name, values, modes, tuple(labels), mask, " ".join(joined.split()), " ".join(licence.split())
    )
