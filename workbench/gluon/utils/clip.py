"""Clipping gradients together."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray


def clip_global_norm(arrays: Sequence[NDArray], max_norm: float, check_isfinite: bool = True) -> Any:
    """Scales arrays in place so that the norm of all together is at most `max_norm`; returns what it was.

    With `check_isfinite` the norm is read, which ends the segment; it is returned as a number and a
    warning given if it is not finite.  Without, it is returned as an NDArray.

    Raises:
        ArgumentError: there are no arrays.
    """
    if not arrays:
        raise ArgumentError("clip_global_norm() needs at least one array")
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
