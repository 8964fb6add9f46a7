"""Functions of `nd` that are no operators: MXNet writes them in Python, of operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from workbench.arguments import checked
from workbench.errors import ArgumentError, ShapeError
from workbench.imperative.invoke import invoke
from workbench.imperative.make import array
from workbench.imperative.ndarray import NDArray
from workbench.ops import registry
from workbench.ops.join import cuts
from workbench.runtime import engine


@checked
def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Arrays joined along an axis; a single one is handed back as it is unless `always_copy`.

    Raises:
        ArgumentError: there are none.
        ShapeError: their other axes differ.
    """
    if not arrays:
        raise ArgumentError("nd.concatenate() needs one array or more")
    if len(arrays) == 1 and not always_copy:
        return arrays[0]
    return invoke(registry.get("Concat"), arrays, {"dim": axis})


@checked
def moveaxis(tensor: NDArray, source: int | Sequence[int], destination: int | Sequence[int]) -> NDArray:
    """The axes `source` moved to the places `destination`; the others keep their order.

    Raises:
        ShapeError: an axis is out of range or named twice, or the two differ in number.
    """
    try:
        moved = normalize_axis_tuple(source, tensor.ndim, "source")
        places = normalize_axis_tuple(destination, tensor.ndim, "destination")
        pairs = sorted(zip(places, moved, strict=True))
    except ValueError as error:
        raise ShapeError(f"nd.moveaxis() of shape {tensor.shape}: {error}") from error
    order = [axis for axis in range(tensor.ndim) if axis not in moved]
    for place, axis in pairs:
        order.insert(place, axis)
    return invoke(registry.get("transpose"), (tensor,), {"axes": tuple(order)})


def split_v2(
    ary: NDArray, indices_or_sections: int | Sequence[int], axis: int = 0, squeeze_axis: bool = False
) -> Any:
    """Parts along an axis: so many equal ones, or those between the places given.

    Returns:
        a list of NDArrays; the NDArray itself where there is one part.

    Raises:
        ShapeError: the axis can't be split into so many equal parts.
        ArgumentError: neither a number nor a sequence of places was given.
    """
    size = ary.shape[axis]
    if not isinstance(indices_or_sections, (int, tuple, list)):
        raise ArgumentError(f"nd.split_v2() takes a number or a tuple of places, got {indices_or_sections!r}")
    if isinstance(indices_or_sections, int) and (indices_or_sections < 1 or size % indices_or_sections):
        raise ShapeError(
            f"nd.split_v2(): axis {axis} of size {size} can't be split into {indices_or_sections} equal parts"
        )
    attrs = {"axis": axis, "squeeze_axis": squeeze_axis, **cuts(indices_or_sections)}
    return invoke(registry.get("_split_v2"), (ary,), attrs)


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """Writes a row with a one at each index into `out`, of shape (number of indices, classes)."""
    attrs = {"depth": out.shape[-1], "dtype": out._type.dtype}
    return invoke(registry.get("one_hot"), (indices,), attrs, out)


def histogram(a: NDArray, bins: int | NDArray = 10, range: tuple[float, float] | None = None) -> Any:
    """How many elements fall into each bin, and the bins' edges.

    Args:
        a: any shape.
        bins: a number of equal bins, or their edges as an NDArray.
        range: the lowest and highest edge of equal bins; the array's own, which is read for it, if None.

    Returns:
        the counts, int64, and the edges, one more.
    """
    op = registry.get("_histogram")
    if isinstance(bins, NDArray):
        return invoke(op, (a, bins), {})
    low, high = range or (a.min().asscalar(), a.max().asscalar())
    return invoke(op, (a,), {"bin_cnt": bins, "range": (float(low), float(high))})


def waitall() -> None:
    """Returns once everything that was called has run.

    Raises:
        ExecutionError: something that waited failed; the message names the user's line.
    """
    engine.wait_all()


def boolean_mask(data: NDArray, index: NDArray, axis: int = 0) -> NDArray:
    """The slices of `data` along `axis` where `index` is not zero.

    How many those are depends on values, so this reads `index`, and there is no symbol of it.
    data: any shape; index: (n,), n the size of `axis`; output: as many slices as were chosen.

    Raises:
        ShapeError: `index` has another shape, or `data` no such axis.
    """
    rank = len(data.shape)
    if not -rank <= axis < rank or index.shape != (data.shape[axis],):
        raise ShapeError(
            f"boolean_mask() needs one number for each slice: the data have shape {data.shape}, the index "
            f"{index.shape}, and axis={axis}"
        )
    chosen = array(np.flatnonzero(index.asnumpy()), ctx=data.context, dtype="int32")
    return invoke(registry.get("take"), (data, chosen), {"axis": axis})
