"""Adding up gradients on two levels: inside each host first, and only then between hosts.

Devices of a host are joined by fast links, hosts by slow ones.  Where every device exchanges with every other, the
link between two hosts carries a share for each pair of their devices.  Instead the devices of a host first add up what
they have, each a part of it (reduce-scatter); then each adds up its part with the devices at its place in the other
hosts (all-reduce); and at last those of a host collect the parts (all-gather).  What crosses from host to host is
divided by the number of devices in one.

Source: X. Jia et al., "Highly Scalable Deep Learning Training System with Mixed-Precision: Training ImageNet in Four
Minutes", 2018, section 4.3.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax import lax
from jax.sharding import PartitionSpec

from workbench.arguments import Positive, as_floats, checked
from workbench.errors import ShapeError
from workbench.imperative.make import from_jax
from workbench.imperative.ndarray import NDArray
from workbench.parallel.mesh import first_devices
from workbench.runtime.device import jax_devices
from workbench.runtime.mesh import Mesh

HOST, DEVICE = "host", "device"


class Reduction:
    """A program that gives every device the sum of what all have.

    Args:
        size: how many float32 numbers each device has.
        hosts, devices: how many hosts there are, and devices in each.  Where they are all in one process, hosts are
            only thought of as such, and what is counted is what would cross between them.
        two_level: add up inside hosts first; else all devices in one group.

    Attributes:
        mesh: the devices, by host.
        compiled: the program as JAX has it; `collectives` and `between_hosts` read it.

    Raises:
        ArgumentError: an argument is no whole number above 0.
        DeviceError: there are fewer devices.
    """

    @checked
    def __init__(self, size: Positive, hosts: Positive, devices: Positive, two_level: bool = True) -> None:
        axes = {HOST: hosts, DEVICE: devices}
        self.size = size
        self.mesh = Mesh(axes, first_devices(axes, jax_devices()))
        self._rows = self.mesh.sharding(((HOST, DEVICE),))
        spec = self._rows.spec

        def program(rows: jax.Array) -> jax.Array:
            """(1, size) on each device → (size,) on each."""
            return _two_level(rows[0], devices) if two_level else lax.psum(rows[0], (HOST, DEVICE))

        # What all_gather gives is the same on every device, which JAX can't tell.
        spread = jax.shard_map(
            program, mesh=self.mesh.jax_mesh, in_specs=spec, out_specs=PartitionSpec(), check_vma=False
        )
        given = jax.ShapeDtypeStruct((hosts * devices, size), np.float32, sharding=self._rows)
        self.compiled = jax.jit(spread).lower(given).compile()

    def __call__(self, rows: Any) -> NDArray:
        """The sum of the rows, of shape (size,), on every device.

        Args:
            rows: what each device has, of shape (hosts · devices, size).

        Raises:
            DTypeError: they are no numbers.
            ShapeError: they are of another shape.
        """
        given = as_floats("rows", rows)
        if given.shape != (self.mesh.size, self.size):
            raise ShapeError(
                f"a reduction on {self.mesh} adds up rows of shape {(self.mesh.size, self.size)}, got {given.shape}"
            )
        return from_jax(self.compiled(self.mesh.put(given, self._rows)))


def _two_level(own: jax.Array, devices: int) -> jax.Array:
    filled = jax.numpy.pad(own, (0, -len(own) % devices))
    part = lax.psum_scatter(filled, DEVICE, scatter_dimension=0, tiled=True)
    part = lax.psum(part, HOST)
    return lax.all_gather(part, DEVICE, tiled=True)[: len(own)]
