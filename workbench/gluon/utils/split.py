"""Splitting a batch over devices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context
from workbench.runtime.mesh import Mesh
from workbench.symbolic.layout import lay


def split_data(data: NDArray, num_slice: int, batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """Cuts a batch into `num_slice` parts along `batch_axis`.

    Raises:
        ShapeError: it is smaller than that, has no such axis, or does not divide evenly and `even_split` is on.
        ArgumentError: it is no array, or there are to be no slices.
    """
    if not hasattr(data, "shape"):
        raise ArgumentError(f"split_data() takes an array, got {type(data).__name__}")
    if not isinstance(num_slice, int) or num_slice < 1:
        raise ArgumentError(f"split_data(): num_slice is 1 or more, got {num_slice!r}")
    if not isinstance(batch_axis, int):
        raise ArgumentError(f"split_data(): batch_axis is a whole number, got {batch_axis!r}")
    if not -len(data.shape) <= batch_axis < len(data.shape):
        raise ShapeError(f"split_data(): shape {data.shape} has no axis {batch_axis}")
    size = data.shape[batch_axis]
    if size < num_slice:
        raise ShapeError(f"split_data(): axis {batch_axis} has size {size}, too few for {num_slice} slices")
    if even_split and size % num_slice:
        raise ShapeError(
            f"split_data(): size {size} of axis {batch_axis} does not divide into {num_slice} equal slices; "
            "use another batch size, or even_split=False"
        )
    bounds = list(accumulate(_sizes(size, num_slice), initial=0))
    return [nd.slice_axis(data, axis=batch_axis, begin=a, end=b) for a, b in pairwise(bounds)]


def _sizes(size: int, count: int) -> list[int]:
    """As equal as they can be, the larger ones first."""
    least, more = divmod(size, count)
    return [least + (number < more) for number in range(count)]


def split_and_load(
    data: Any, ctx_list: Sequence[Context], batch_axis: int = 0, even_split: bool = True
) -> list[NDArray]:
    """Cuts a batch into a part for each device and puts it there; a mesh gets one array, laid out over its devices.

    Raises:
        ShapeError: as `split_data`.
        ArgumentError: `ctx_list` is no list of one device or more.
    """
    if (
        not isinstance(ctx_list, (list, tuple))
        or not ctx_list
        or not all(isinstance(c, Context) for c in ctx_list)
    ):
        raise ArgumentError(f"split_and_load(): ctx_list is a list of devices, got {ctx_list!r}")
    if len(ctx_list) == 1 and isinstance(ctx_list[0], Mesh):
        return [_over(ctx_list[0], data, batch_axis)]
    data = data if isinstance(data, NDArray) else nd.array(data, ctx=ctx_list[0])
    if len(ctx_list) == 1:
        return [data.as_in_context(ctx_list[0])]
    parts = split_data(data, len(ctx_list), batch_axis, even_split)
    return [part.as_in_context(ctx) for part, ctx in zip(parts, ctx_list, strict=True)]


def _over(mesh: Mesh, data: Any, batch_axis: int) -> NDArray:
    data = data if isinstance(data, NDArray) else nd.array(data)
    made = nd.array(data, ctx=mesh)
    lay(made, mesh.batch(batch_axis, data.shape, "data"))
    return made
