"""What each of the five ways loses of one tensor: known when the tensor is there, or when a fit has been made."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.tensor.truncation import Truncations
from workbench.tensor.variants import Variant
from workbench.types import Quantity
from workbench_widgets.contraction_fits import Fits
from workbench_widgets.contraction_picture import error_grid
from workbench_widgets.contraction_studies import TensorStudy


class Errors:
    """Those of one study.

    Args:
        study: its tensor is not there before `load`.

    Attributes:
        fits: of CP and tensor train.
        grid: Tucker's errors at some ranks, as JSON.
        pictures: the tensor as a picture, where it is one: its size, and its bytes.
    """

    def __init__(self, study: TensorStudy) -> None:
        self.study = study
        self.fits = Fits(study.shape)
        self.grid: dict[str, Any] = {}
        self.pictures: dict[str, Any] = {}
        self._cut: Truncations | None = None

    @property
    def loaded(self) -> bool:
        """Whether the tensor is there."""
        return self._cut is not None

    def load(self) -> None:
        """Computes the tensor and Tucker's error at all ranks.

        Raises:
            Exception: whatever keeps the tensor from being had or decomposed.
        """
        tensor = self.study.load()
        cut = Truncations(tensor)
        self.grid = error_grid(cut)
        if self.study.picture:
            self.pictures = {"size": list(self.study.shape[:2]), "before": _bytes(tensor)}
        self.fits.tensor, self._cut = tensor, cut

    def of(self, variant: Variant) -> Quantity | None:
        """The relative error of the tensor in one of the ways; None where it has none, or none that is known yet.

        A contraction layer keeps what an HOSVD keeps.  A regression layer's weight is learned, so it has an error only
        where a trained weight is studied.
        """
        if variant.name in self.fits.names:
            return self.fits.error(variant.name, variant.rank)
        weight = self.study.role == "weight"
        if self._cut is None or (variant.name == "trl" and not weight):
            return None
        whole = self.study.shape[:1]
        first = {"tcl": whole, "trl": variant.rank[-1:]}.get(variant.name, ()) if weight else ()
        inside = variant.rank[:-1] if variant.name == "trl" else variant.rank
        return self._cut.error((*first, *inside))

    def left_of_picture(self, tucker: Variant) -> dict[str, Any]:
        """What Tucker leaves of the picture, in bytes; empty where there is none."""
        if self._cut is None or not self.study.picture:
            return {}
        return {"after": _bytes(self._cut.reconstruct(tucker.rank))}


def _bytes(picture: np.ndarray) -> bytes:
    return np.clip(255 * picture + 0.5, 0, 255).astype(np.uint8).tobytes()
