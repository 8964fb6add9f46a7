"""Clipping gradients together."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray


def clip_global_norm(arrays: Sequence[NDArray], max_norm: float, check_isfinite: bool = True) -> Any:
    """Scales arrays in place so that the norm of all together is at most `max_norm`; returns what it was.

    With `check_isfinite` the norm is read, which ends the segment; it is returned as a number and a
    warning given if it is not finite.  Without, it is returned as an NDArray.

    Raises:
        ArgumentError: there are no arrays, one of them is none, or `max_norm` is no number above 0.
    """
    if not isinstance(arrays, Sequence):
        raise ArgumentError(f"clip_global_norm() takes a list of NDArrays, got {type(arrays).__name__}")
    if not arrays:
        raise ArgumentError("clip_global_norm() needs at least one array")
    for each in arrays:
        if not isinstance(each, NDArray):
            raise ArgumentError(f"clip_global_norm() takes NDArrays, got {type(each).__name__}")
    if not isinstance(max_norm, (int, float, np.number)) or not max_norm > 0:
        raise ArgumentError(f"clip_global_norm(): max_norm is a number above 0, got {max_norm!r}")
    here = arrays[0].context
    squares = [nd.sum(nd.square(a.astype("float32", copy=False))).as_in_context(here) for a in arrays]
    norm = nd.sqrt(nd.add_n(*squares))
    if not check_isfinite:
        scale = nd.minimum(max_norm / (norm + 1e-8), 1.0)
        for array in arrays:
            array[:] = nd.multiply(array, scale.as_in_context(array.context).astype(array.dtype))
        return norm
    found = float(norm.asscalar())
    if not math.isfinite(found):
        warnings.warn(
            f"clip_global_norm(): the norm is {found}; the arrays are left as they are", stacklevel=2
        )
        return found
    if found > max_norm:
        for array in arrays:
            array[:] = nd.multiply(array, max_norm / (found + 1e-8))
    return found
