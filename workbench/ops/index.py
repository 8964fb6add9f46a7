"""Indexing: a NumPy-style key as an attribute that can be saved, hashed and compiled.

A basic key (integers, slices, ``None``, ``...``) becomes a tuple of small tuples, one an axis.  A key
that selects one contiguous run of memory gives a view that writes through; any other gives a copy.
That is MXNet's rule, which followed from its arrays being plain pieces of memory.

Where a part begins changes from turn to turn of a loop over batches or time steps, so a program takes it as a
number: the key that is compiled says only what kind of part it is, and how long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from workbench.errors import ArgumentError, IndexRangeError
from workbench.types import Shape

Key = tuple[tuple[Any, ...], ...]


def is_basic(key: Any) -> bool:
    """Whether the key holds only integers, slices, None and an ellipsis."""
    for part in key if isinstance(key, tuple) else (key,):
        if part is None or part is Ellipsis or isinstance(part, slice):
            continue
        if not isinstance(part, (int, np.integer)) or isinstance(part, (bool, np.bool_)):
            return False
    return True


def encode(key: Any, shape: Shape) -> Key:
    """A basic key as ``("int", i)``, ``("slice", begin, end, step)`` or ``("new",)``, one an axis.

    A key that selects one element keeps an axis of size 1, as MXNet's arrays always have one.

    Raises:
        IndexRangeError: more indices than axes, or an integer out of range.
        ArgumentError: two ellipses, or a slice with a step of 0.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    ellipses = parts.count(Ellipsis)
    if ellipses > 1:
        raise ArgumentError(f"an index can hold one ellipsis, got {ellipses} in {key!r}")
    taken = len(parts) - ellipses - parts.count(None)
    if taken > len(shape):
        raise IndexRangeError(f"{taken} indices for an array of {len(shape)} axes, shape {shape}")
    if ellipses or taken < len(shape):
        at = parts.index(Ellipsis) if ellipses else len(parts)
        parts[at : at + ellipses] = [slice(None)] * (len(shape) - taken)
    out: list[tuple[Any, ...]] = []
    axis = integers = 0
    for part in parts:
        if part is None:
            out.append(("new",))
            continue
        code = _encode_one(part, axis, shape)
        out.append(code)
        axis += 1
        integers += code[0] == "int"
    if out and integers == len(out):
        out[-1] = ("slice", out[-1][1], out[-1][1] + 1, 1)
    return tuple(out)


def _encode_one(part: Any, axis: int, shape: Shape) -> tuple[Any, ...]:
    if isinstance(part, slice):
        if part.step == 0:
            raise ArgumentError("a slice can't have a step of 0")
        try:
            begin, end, step = part.indices(shape[axis])
        except TypeError as error:
            raise ArgumentError(f"the bounds of a slice are integers or None, got {part}") from error
        if begin < 0:  # backward from before the first element: nothing
            return ("slice", 0, 0, 1)
        return ("slice", begin, end if end >= 0 else None, step)
    number = int(part)
    if not -shape[axis] <= number < shape[axis]:
        raise IndexRangeError(
            f"index {number} is out of range for axis {axis} of size {shape[axis]}, shape {shape}"
        )
    return ("int", number % shape[axis])


def movable(key: Key, shape: Shape) -> dict[str, Any]:
    """The key's places taken out, as attributes ``key`` and ``start``.

    ``("int", i)`` becomes ``("at",)`` and ``("slice", i, i + n, 1)`` of a part becomes ``("run", n)``, each with
    `i` in ``start``; what remains is no other from place to place.
    """
    form: list[tuple[Any, ...]] = []
    start: list[float] = []
    sizes = iter(shape)
    for part in key:
        size = None if part[0] == "new" else next(sizes)
        if part[0] == "int":
            form.append(("at",))
        elif part[0] == "slice" and part[3] == 1 and 0 < part[2] - part[1] < (size or 0):
            form.append(("run", part[2] - part[1]))
        else:
            form.append(part)
            continue
        start.append(float(part[1]))
    return {"key": tuple(form), "start": tuple(start)}


def placed(key: Key, start: Sequence[float]) -> Key:
    """The key that `movable` took apart."""
    numbers = (int(number) for number in start)
    makers: dict[str, Callable[..., tuple[Any, ...]]] = {
        "at": lambda: ("int", next(numbers)),
        "run": lambda n: ("slice", i := next(numbers), i + n, 1),
    }
    return tuple(makers[kind](*rest) if kind in makers else (kind, *rest) for kind, *rest in key)


def read(data: Any, key: Key, start: Sequence[Any]) -> Any:
    """What the key selects."""
    return _window(data, key, start)[0][_inside(key)]


def write(data: Any, value: Any, key: Key, start: Sequence[Any]) -> Any:
    """`data` with what the key selects replaced by `value`."""
    window, begin = _window(data, key, start)
    new = window.at[_inside(key)].set(value)
    return jax.lax.dynamic_update_slice(data, new, begin) if len(start) else new


def _window(data: Any, key: Key, start: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The block of `data` that the moving parts of the key leave, and where it begins."""
    if not len(start):
        return data, []
    numbers = iter(start)
    lengths: dict[str, Callable[..., int]] = {"at": lambda: 1, "run": lambda n: n}
    begin: list[Any] = [jnp.int32(0)] * data.ndim
    sizes = list(data.shape)
    for axis, (kind, *rest) in enumerate(part for part in key if part[0] != "new"):
        if kind in lengths:
            begin[axis] = jnp.asarray(next(numbers)).astype(jnp.int32)
            sizes[axis] = lengths[kind](*rest)
    return jax.lax.dynamic_slice(data, begin, sizes), begin


def _inside(key: Key) -> tuple[Any, ...]:
    """The key within that block, as NumPy and JAX take it."""
    makers: dict[str, Callable[..., Any]] = {
        "int": lambda i: i,
        "at": lambda: 0,
        "run": lambda n: slice(None),
        "slice": slice,
        "new": lambda: None,
    }
    return tuple(makers[kind](*rest) for kind, *rest in key)


def is_whole(key: Key, shape: Shape) -> bool:
    """Whether the key selects every element, where it is."""
    return all(part == ("slice", 0, n, 1) for part, n in zip(key, shape, strict=False))


def is_contiguous(key: Key, shape: Shape) -> bool:
    """Whether the key selects one run of memory in row-major order."""
    sizes = iter(shape)
    spread = False  # whether an axis before has another number of places than one
    for part in key:
        if part[0] == "new":
            continue
        size = next(sizes)
        if part[0] == "int":
            width = step = 1
        else:
            _, begin, end, step = part
            width = len(range(begin, -1 if end is None else end, step))
        if (spread and width != size) or (width != 1 and step != 1):
            return False
        spread = spread or width != 1
    return True
