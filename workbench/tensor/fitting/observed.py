"""What is decomposed: an array checked once, which of its entries are observed, and how large it is.

NaN in an array may mean a measurement that was never made, or a mistake.  Only the caller knows, so NaN is missing
where that is said (``mask="nan"``), and refused where it is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, DTypeError, ShapeError
from workbench.imperative.ndarray import NDArray
from workbench.types import Shape

MISSING = "mask='nan' leaves NaN out, and a mask of True and False says which entries are observed"

SMALLEST, LARGEST = 1e-100, 1e100  # of the largest entry: its square is far within float64


@dataclass(frozen=True)
class Observed:
    """An array as it is fitted.

    Attributes:
        values: in float64, zero where an entry is missing.
        mask: 1.0 where an entry is observed and 0.0 where it is missing; None where all are there.
        dtype: that its factors will have.
    """

    values: np.ndarray
    mask: np.ndarray | None
    dtype: np.dtype[Any]

    @property
    def shape(self) -> Shape:
        """Of the array."""
        return self.values.shape

    @property
    def count(self) -> int:
        """How many entries are observed."""
        return self.values.size if self.mask is None else int(self.mask.sum())

    @cached_property
    def norm(self) -> float:
        """Root of the sum of squares of what is observed."""
        return float(np.linalg.norm(self.values))

    def distance(self, other: np.ndarray) -> float:
        """Norm of the difference to `other`, by the norm of the array, over what is observed."""
        apart = self.values - other if self.mask is None else (self.values - other) * self.mask
        return float(np.linalg.norm(apart)) / self.norm


def observe(array: Any, mask: Any = None) -> Observed:
    """Checks an array and its mask.

    Args:
        array: a NumPy or JAX array, an NDArray, or lists; of numbers.
        mask: of the array's shape, True (or 1) where an entry is observed; ``"nan"``, all entries but NaN; or None,
            all entries.

    Raises:
        DTypeError: the array does not hold real numbers.
        ShapeError: it has fewer than two modes or is ragged, or the mask has another shape.
        ArgumentError: it has NaN and no mask, infinity, zeros alone, or numbers too small or large to be squared; too
            little of it is observed; or it is a NumPy masked array.
    """
    given = numpy_of(array)
    values = given.astype(np.float64)
    if values.ndim < 2 or not values.size:
        raise ShapeError(f"a tensor of two modes or more, none empty, can be decomposed; got {values.shape}")
    seen = _seen(values, mask)
    whole = bool(seen.all())
    if not whole:
        _check_slices(seen)
        values = np.where(seen, values, 0.0)
    if not np.isfinite(values).all():
        raise ArgumentError(_unfit(values))
    if not values.any():
        raise ArgumentError("every observed entry is 0, so no error can be given relative to their norm")
    if not SMALLEST <= np.abs(values).max() <= LARGEST:
        raise ArgumentError(
            f"the largest entry is {np.abs(values).max():.3g}, and squares of it are beyond float64: scale the array"
        )
    dtype = given.dtype if given.dtype in (np.float32, np.float64) else np.dtype(np.float32)
    return Observed(values, None if whole else seen.astype(np.float64), dtype)


def numpy_of(array: Any) -> np.ndarray:
    """What a user gave as a tensor.

    Raises:
        ShapeError: it is lists of different lengths.
        DTypeError: it does not hold real numbers.
        ArgumentError: it is a masked array.
    """
    if isinstance(array, np.ma.MaskedArray):
        raise ArgumentError(
            "a masked array is given as its data and a mask: x.data, mask=~np.ma.getmaskarray(x)"
        )
    given = _array(array, "tensor")
    if given.dtype.kind not in "fiub" and given.dtype.name != "bfloat16":
        raise DTypeError(f"an array of real numbers can be decomposed, got one of {given.dtype}")
    return given


def _array(given: Any, what: str) -> np.ndarray:
    try:
        return given.asnumpy() if isinstance(given, NDArray) else np.asarray(given)
    except ValueError:
        raise ShapeError(f"lists of different lengths are no {what}: {given!r:.80}") from None


def _seen(values: np.ndarray, mask: Any) -> np.ndarray:
    if mask is None:
        return np.ones(values.shape, bool)
    if isinstance(mask, str):
        if mask != "nan":
            raise ArgumentError(f"mask={mask!r}: {MISSING}")
        return ~np.isnan(values)
    given = _array(mask, "mask")
    if given.shape != values.shape:
        raise ShapeError(f"the mask has the array's shape {values.shape}, got {given.shape}")
    if given.dtype.kind not in "biuf" or not np.isin(given, (0, 1)).all():
        raise ArgumentError("a mask is True (or 1) where an entry is observed, and False (or 0) elsewhere")
    return given.astype(bool)


def _check_slices(seen: np.ndarray) -> None:
    """Refuses a mask that leaves nothing to determine some row of a factor by."""
    for mode in range(seen.ndim):
        rest = tuple(other for other in range(seen.ndim) if other != mode)
        empty = np.flatnonzero(~seen.any(axis=rest))
        if empty.size:
            raise ArgumentError(
                f"no entry with index {empty[0]} in mode {mode} is observed, so nothing determines that row of a "
                f"factor; leave the slice out"
            )


def _unfit(values: np.ndarray) -> str:
    wrong = ~np.isfinite(values)
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    kind, remedy = ("NaN", f"; {MISSING}") if np.isnan(values[first]) else ("infinite", "")
    return f"{wrong.sum()} of {values.size} entries are NaN or infinite, first {first}, {kind}{remedy}"
