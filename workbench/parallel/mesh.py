"""Making a mesh: which devices, along which axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import jax

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError, DeviceError, did_you_mean
from workbench.runtime.device import MORE_CPUS, Context, jax_devices
from workbench.runtime.mesh import Mesh

AXES = ("data", "model")


@checked
def mesh(
    devices: Sequence[Context] | None = None, data: Positive | None = None, model: Positive = 1, **others: Any
) -> Mesh:
    """Devices as one: a batch is shared along ``data``, weights of dense and convolution layers along ``model``.

    A network on it is one program for all devices: ``Module(net, context=mesh(data=8))``, ``net.simple_bind(on, …)``,
    or a hybridized block after ``net.initialize(ctx=on)`` with ``split_and_load(x, [on])``.  A batch norm sees the
    whole batch there, and so does the loss: training gives what it gives on one device.  Where several processes are
    one group (`parallel.cluster`), their devices can be one mesh: all run the same lines, each with the whole batch.

    Args:
        devices: which; by default the first ones there are, those of other processes included.
        data, model: how many devices there are along each axis; without ``data`` as many as there are.
        others: nothing; there are no other axes.

    Raises:
        ArgumentError: an axis is unknown, its size no positive number, or a device is named twice.
        DeviceError: more devices are asked for than there are.
    """
    for name in others:
        raise ArgumentError(
            f"mesh(): no axis {name!r}; there are {', '.join(map(repr, AXES))}.{did_you_mean(name, AXES)}"
        )
    there = jax_devices() if devices is None else _given(devices)
    sizes = {"data": max(1, len(there) // model) if data is None else data, "model": model}
    return Mesh(sizes, first_devices(sizes, there))


def first_devices(axes: Mapping[str, int], there: Sequence[jax.Device]) -> Sequence[jax.Device]:
    """As many devices as a mesh with these axes takes.

    Raises:
        DeviceError: there are fewer.
    """
    wanted = prod(axes.values())
    if wanted > len(there):
        asked = ", ".join(f"{name}={size}" for name, size in axes.items())
        raise DeviceError(f"mesh({asked}) takes {wanted} devices; there are {len(there)}. {MORE_CPUS}")
    return there[:wanted]


def _given(devices: Sequence[Context]) -> list[jax.Device]:
    if len(set(devices)) < len(devices):
        raise ArgumentError(f"mesh(devices=…): each device at most once, got {', '.join(map(str, devices))}")
    return [device.jax_device for device in devices]
