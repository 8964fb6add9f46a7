"""``a[key]`` and ``a[key] = value``.

A basic key (integers, slices, ``None``, ``...``) that selects one run of memory gives a view, and writing to it
writes the array; any other key gives a copy.  An advanced key (lists and arrays) is worked out by NumPy itself,
as flat positions.  As in MXNet an array of floats is an array of positions, so what ``a > 2`` gives is no mask: a
mask is a NumPy array of bools.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, IndexRangeError
from workbench.graph.bind import bind
from workbench.imperative.assign import as_value
from workbench.imperative.invoke import apply
from workbench.imperative.make import array
from workbench.imperative.ndarray import NDArray
from workbench.imperative.tape import state
from workbench.imperative.view import index_step
from workbench.ops import index as keys
from workbench.ops import registry
from workbench.types import Shape, tensor_type

_GET, _SET, _GET_FLAT, _SET_FLAT = map(registry.get, ("_getitem", "_setitem", "_getflat", "_setflat"))


def getitem(data: NDArray, key: Any) -> NDArray:
    """What the key selects: a view where it is one run of memory and nothing is recorded, else a copy.

    Raises:
        IndexRangeError: an index beyond an axis, or more indices than axes.
        ArgumentError: the key holds something that is no index.
    """
    if not keys.is_basic(key):
        where = _flat_positions(data.shape, key)
        return apply(*bind(_GET_FLAT, {}), (data, _on_device(where, data)))
    shape = data.shape
    code = keys.encode(key, shape)
    attrs = keys.movable(code, shape)
    if state.recording or not keys.is_contiguous(code, shape):
        return apply(*bind(_GET, attrs), (data,))
    return data._viewed(index_step(attrs, data._type, data.context))


def setitem(data: NDArray, key: Any, value: Any) -> None:
    """Replaces what the key selects.

    Raises:
        AutogradError: the array is recorded, and its gradient would be lost.
        IndexRangeError, ArgumentError: as for `getitem`.
        ShapeError: the value can't be broadcast to what the key selects.
    """
    data._check_writable()
    whole = data._type
    if key is Ellipsis or (isinstance(key, slice) and _is_all(key) and whole.shape):
        new = as_value(value, whole, data.context)
        data._write(new._cell())
        return
    if not keys.is_basic(key):
        where = _flat_positions(data.shape, key)
        new = as_value(value, tensor_type(where.shape, data.dtype), data.context)
        new = apply(*bind(_SET_FLAT, {}), (data, _on_device(where, data), new))
        data._write(new._cell())
        return
    code = keys.encode(key, whole.shape)
    attrs = keys.movable(code, whole.shape)
    target = bind(_GET, attrs)[0].infer((whole,))[0]
    new = as_value(value, target, data.context)
    if not (target is whole and keys.is_whole(code, whole.shape)):
        new = apply(*bind(_SET, attrs), (data, new))
    data._write(new._cell())


def _is_all(part: slice) -> bool:
    return part.start is None and part.stop is None and part.step is None


def _on_device(where: np.ndarray, data: NDArray) -> NDArray:
    return array(where, data.context, "int32")


def _flat_positions(shape: Shape, key: Any) -> np.ndarray:
    parts = tuple(_as_index(p) for p in (key if isinstance(key, tuple) else (key,)))
    try:
        return np.arange(int(np.prod(shape))).reshape(shape)[parts]
    except IndexError as error:
        raise IndexRangeError(f"index into shape {shape}: {error}") from error


def _as_index(part: Any) -> Any:
    if part is None or part is Ellipsis or isinstance(part, (slice, int, np.integer, np.bool_)):
        return part
    if isinstance(part, str) or not isinstance(part, (NDArray, np.ndarray, Sequence)):
        raise ArgumentError(
            f"an index is an integer, a slice, None, ..., a list or an array, got {type(part).__name__} {part!r}"
        )
    try:
        found = part.asnumpy() if isinstance(part, NDArray) else np.asarray(part)
    except ValueError as error:
        raise ArgumentError(f"an index is an array or a list of equal lists, got {part!r}") from error
    if found.dtype.kind != "f":
        return found
    if not np.isfinite(found).all():
        raise ArgumentError(f"an array of positions holds {found[~np.isfinite(found)][0]}, which is none")
    return found.astype(np.int64)
