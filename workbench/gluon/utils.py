"""Splitting a batch over devices, and clipping gradients together (MXNet's ``gluon.utils``)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context


def split_data(data: NDArray, num_slice: int, batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """Cuts a batch into `num_slice` parts along `batch_axis`.

    Raises:
        ShapeError: it is smaller than that, or does not divide evenly and `even_split` is on.
    """
    size = data.shape[batch_axis]
    if size < num_slice:
        raise ShapeError(f"split_data(): axis {batch_axis} has size {size}, too few for {num_slice} slices")
    if even_split and size % num_slice:
        raise ShapeError(
            f"split_data(): size {size} of axis {batch_axis} does not divide into {num_slice} equal slices; "
            "use another batch size, or even_split=False"
        )
    step = size // num_slice
    bounds = [step * i for i in range(num_slice)] + [size]
    return [nd.slice_axis(data, axis=batch_axis, begin=a, end=b) for a, b in pairwise(bounds)]


def split_and_load(
    data: Any, ctx_list: Sequence[Context], batch_axis: int = 0, even_split: bool = True
) -> list[NDArray]:
    """Cuts a batch into a part for each device and puts it there.

    Raises:
        ShapeError: as `split_data`.
    """
    data = data if isinstance(data, NDArray) else nd.array(data, ctx=ctx_list[0])
    if len(ctx_list) == 1:
        return [data.as_in_context(ctx_list[0])]
    parts = split_data(data, len(ctx_list), batch_axis, even_split)
    return [part.as_in_context(ctx) for part, ctx in zip(parts, ctx_list, strict=True)]


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
