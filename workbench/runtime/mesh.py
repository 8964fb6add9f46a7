"""A mesh: several devices that run one program on shares of its arrays.

Handing each device a network of its own and adding up gradients by hand takes a line of code for every transfer.  In
the SPMD form (single program, multiple data) there is one program, written as for one device, and each array says how
it is laid out: which of its axes is cut along which axis of the mesh.  The compiler divides the work accordingly and
puts in the communication.  So a mesh is a device like any other, except that arrays on it have a layout.

Source: Y. Xu et al., "GSPMD: General and Scalable Parallelization for ML Computation Graphs", 2021.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec, Sharding

from workbench.errors import ShapeError
from workbench.graph.segment import Segment
from workbench.runtime.device import Context, jax_devices
from workbench.runtime.recycle import Rewrites

# For each axis of an array the axis of the mesh that cuts it, or several; axes beyond the last are whole.
Spec = tuple[str | tuple[str, ...] | None, ...]


class Mesh(Context):
    """Devices in a grid whose axes have names; `parallel.mesh` makes one.

    Attributes:
        axes: how many devices there are along each axis, by its name.
        jax_mesh: the same as JAX has it.
    """

    _meshes: ClassVar[dict[Any, Mesh]] = {}

    axes: dict[str, int]
    jax_mesh: jax.sharding.Mesh

    def __new__(cls, axes: Mapping[str, int], devices: Sequence[jax.Device]) -> Mesh:
        key = (tuple(axes.items()), tuple(devices))
        made = cls._meshes.get(key)
        if made is None:
            made = object.__new__(cls)
            made.device_type, made.device_id = "mesh", 0
            made.axes = dict(axes)
            grid = np.array(devices, object).reshape(tuple(axes.values()))
            made.jax_mesh = jax.sharding.Mesh(grid, tuple(axes))
            made = cls._meshes.setdefault(key, made)
        return made

    @property
    def size(self) -> int:
        """How many devices there are."""
        return prod(self.axes.values())

    @property
    def jax_device(self) -> jax.Device:
        """The first device; all are of its kind."""
        return self.jax_mesh.devices.flat[0]

    @property
    def placement(self) -> Sharding:
        """Where an array without a layout lies: whole on every device."""
        return self.sharding(())

    def sharding(self, spec: Spec) -> NamedSharding:
        """A layout as JAX has it."""
        return NamedSharding(self.jax_mesh, PartitionSpec(*spec))

    def put(self, array: Any, layout: Sharding | None = None) -> jax.Array:
        """A host or device array in this layout, whole without one, in memory of its own.

        Where the mesh spans processes, each gives the same host array, of which its devices take their parts, and all
        must move an array that is on the mesh.
        """
        layout = self.placement if layout is None else layout
        with jax.enable_x64(True):
            if isinstance(array, jax.Array) and mesh_of(array) is self:
                return _moving(layout)(array)
            if not layout.is_fully_addressable:
                host = np.asarray(array)
                return jax.make_array_from_callback(host.shape, layout, host.__getitem__)
            moved = jax.device_put(array, layout)
            # A device that had the array keeps using its memory, may_alias=False or not; a step would give that away.
            return _moving(layout)(moved) if isinstance(array, jax.Array) else moved

    def collected(self, array: jax.Array) -> jax.Array:
        """An array that this process can read; all collect it where they have parts of it."""
        readable = array.is_fully_addressable or array.is_fully_replicated
        return array if readable else self.put(array)

    def batch(self, axis: int, shape: Sequence[int], name: str) -> Spec:
        """The layout of a batch: cut along ``data`` where examples are counted.

        Args:
            axis: which axis counts them; negative where none does.
            shape: of the array called `name`.

        Raises:
            ShapeError: the devices can't share the examples equally.
        """
        if not 0 <= axis < len(shape):
            return ()
        count = self.axes.get("data", 1)
        if shape[axis] % count:
            raise ShapeError(
                f"{self} shares a batch over data={count} devices, and {name!r} has {shape[axis]} examples; "
                f"take a multiple of {count}"
            )
        return (*[None] * axis, "data")

    def __repr__(self) -> str:
        return f"mesh({', '.join(f'{name}={size}' for name, size in self.axes.items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        devices = list(self.jax_mesh.devices.flat)
        return _again, (self.axes, devices[0].platform, [device.id for device in devices])


def _again(axes: dict[str, int], platform: str, ids: list[int]) -> Mesh:
    devices = {device.id: device for device in jax_devices(platform)}
    return Mesh(axes, [devices[number] for number in ids])


@lru_cache(4096)
def _moving(layout: Sharding) -> Any:
    return jax.jit(jnp.copy, out_shardings=layout)


def mesh_of(array: jax.Array) -> Mesh | None:
    """The mesh that an array of several devices lies on."""
    sharding = array.sharding
    if not isinstance(sharding, NamedSharding) or not isinstance(sharding.mesh, jax.sharding.Mesh):
        return None
    mesh = sharding.mesh
    return Mesh(dict(mesh.shape), list(mesh.devices.flat)) if mesh.size > 1 else None


@dataclass(frozen=True)
class Layout:
    """Where a segment on a mesh finds its inputs and leaves its outputs; None is left to the compiler."""

    mesh: Mesh
    inputs: tuple[Sharding, ...]
    outputs: tuple[Sharding | None, ...]

    def __str__(self) -> str:
        return str(self.mesh)


def laid_out(segment: Segment, inputs: Sequence[Any], rewrites: Rewrites | None) -> tuple[Segment, list[Any]]:
    """The segment for the layouts of its arrays, and its inputs as they are to lie.

    What an array is given to hold takes the array's layout; an array that has none keeps the one it is met with.
    """
    mesh = segment.device
    if rewrites is None:
        arrays = [_there(mesh, array, None) for array in inputs]
        outputs: tuple[Sharding | None, ...] = (None,) * len(segment.outputs)
    else:
        arrays = [_settled(mesh, cell, array) for cell, array in zip(rewrites.reads, inputs, strict=True)]
        outputs = tuple([None if s is None else s.layout for s in map(_shown, rewrites.gives)])
    if not arrays:
        outputs = tuple([mesh.placement if o is None else o for o in outputs])
    return _with_layout(segment, tuple([array.sharding for array in arrays]), outputs), arrays


@lru_cache(4096)
def _with_layout(
    segment: Segment, inputs: tuple[Sharding, ...], outputs: tuple[Sharding | None, ...]
) -> Segment:
    layout = Layout(segment.device, inputs, outputs)
    return Segment(
        segment.instructions, segment.inputs, segment.outputs, layout, segment.donated, segment.sparing
    )


def _shown(cell: Any) -> Any:
    return cell.holder() if cell.holder is not None else None


def _settled(mesh: Mesh, cell: Any, array: Any) -> Any:
    """The array as its storage wants it, which from now on is as it lies."""
    storage = _shown(cell)
    if storage is None:
        return _there(mesh, array, None)
    moved = _there(mesh, array, storage.layout)
    if moved is not array and cell.array is array:
        cell.array = moved
    if storage.layout is None:
        storage.layout = moved.sharding
    return moved


def _there(mesh: Mesh, array: Any, layout: Sharding | None) -> Any:
    here = getattr(array, "sharding", None)
    if here is not None and here == layout:
        return array
    if layout is None and isinstance(here, NamedSharding) and here.mesh == mesh.jax_mesh:
        return array
    return mesh.put(array, layout)
