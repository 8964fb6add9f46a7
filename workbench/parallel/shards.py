"""Which device holds what of an array: a layout written out as slices.

A device whose memory another process owns can be asked where its part of an array begins and ends, but not what is in
it.  So a layout can be listed, and drawn, also where the array itself can't be read as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import jax

from workbench.errors import ArgumentError
from workbench.imperative.ndarray import NDArray
from workbench.types import Shape

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Shard:
    """What one device holds.

    Attributes:
        device: its name, such as ``cpu(1)``, or ``cpu(1) of process 2`` where that is another process.
        number: its place among all devices of all processes.
        readable: whether this process can read it.
        ranges: (begin, end) along each axis.
    """

    device: str
    number: int
    readable: bool
    ranges: Ranges


@dataclass(frozen=True)
class Sharded:
    """An array, device by device.

    Attributes:
        name, shape: of the array.
        shards: what each device holds, in the order of the mesh.
    """

    name: str
    shape: Shape
    shards: tuple[Shard, ...]

    @property
    def pieces(self) -> tuple[int, ...]:
        """Into how many pieces each axis is cut."""
        return tuple(len({shard.ranges[axis] for shard in self.shards}) for axis in range(len(self.shape)))

    @property
    def copies(self) -> int:
        """How many devices hold each piece."""
        return len(self.shards) // prod(self.pieces)

    def __str__(self) -> str:
        cut = " × ".join(map(str, self.pieces)) or "1"
        return f"{self.name} {self.shape}: {cut} pieces, {self.copies} copies of each"


@dataclass(frozen=True)
class Shardings:
    """Several arrays; `viz.sharding_figure` draws them."""

    title: str
    arrays: tuple[Sharded, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.arrays))


def shards(arrays: Mapping[str, Any], title: str = "Which device holds what") -> Shardings:
    """Where arrays lie, such as ``executor.arg_dict`` or ``module.get_params()[0]``.

    Args:
        arrays: NDArrays or `jax.Array`s by name, on one device or on a mesh, of one process or of several.
        title: of the drawing.

    Raises:
        ArgumentError: it is no mapping of arrays.
    """
    if not isinstance(arrays, Mapping):
        raise ArgumentError(f"shards() takes arrays by name, got {type(arrays).__name__}")
    return Shardings(title, tuple(_sharded(name, array) for name, array in arrays.items()))


def _sharded(name: str, array: Any) -> Sharded:
    sharding = _layout(array) if isinstance(array, NDArray) else getattr(array, "sharding", None)
    if not isinstance(sharding, jax.sharding.Sharding):
        raise ArgumentError(f"shards(): {name!r} is no array on devices but a {type(array).__name__}")
    shape = tuple(array.shape)
    held = sharding.devices_indices_map(shape)
    return Sharded(name, shape, tuple(_shard(device, slices, shape) for device, slices in held.items()))


def _layout(array: NDArray) -> Any:
    """How an array is to lie, where that is settled: to run it for this would take all processes."""
    layout = array._storage.layout
    return array.jax.sharding if layout is None or array._view else layout


def _shard(device: Any, slices: Any, shape: Shape) -> Shard:
    ranges = tuple(part.indices(size)[:2] for part, size in zip(slices or (), shape, strict=True))
    everywhere = jax.devices(device.platform)
    process, here = device.process_index, jax.process_index()
    peers = [each for each in everywhere if each.process_index == process]
    place = peers.index(device) if device in peers else device.id
    name = f"{device.platform}({place})" + f" of process {process}" * (process != here)
    number = everywhere.index(device) if device in everywhere else device.id
    return Shard(name, number, process == here, ranges)
