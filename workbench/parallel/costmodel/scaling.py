"""Throughput and efficiency against the number of devices: the curve that all the other figures are for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.arguments import FiniteAtLeastZero, Positive, checked
from workbench.errors import ArgumentError
from workbench.parallel.costmodel.cluster import Cluster
from workbench.parallel.costmodel.exchange import Exchange
from workbench.parallel.costmodel.job import Job
from workbench.parallel.costmodel.step import simulate
from workbench.parallel.costmodel.straggler import slowest
from workbench.types import Quantity


@dataclass(frozen=True)
class Point:
    """A point of the curve.

    Attributes:
        devices: how many.
        step: how long a step takes, in s.
        throughput: examples/s of all.
        efficiency: what is left of so many times one device's throughput, as a part.
        exposed: s of a step that go into communication alone.
    """

    devices: int
    step: Quantity
    throughput: Quantity
    efficiency: Quantity
    exposed: Quantity


@checked
def scaling(
    job: Job,
    cluster: Cluster,
    exchange: Exchange,
    counts: Sequence[Positive],
    scatter: FiniteAtLeastZero = 0.0,
) -> list[Point]:
    """A job on ever more devices, each with a batch of its own.

    Args:
        job: what each device does.
        cluster: its links, and how many devices fill a host; its number of hosts does not matter.
        exchange: how gradients are exchanged.
        counts: of devices, up to a host's or whole hosts.
        scatter: standard deviation of a device's time, as a part of its mean; every step waits for the slowest.

    Raises:
        ArgumentError: a count fills its hosts unequally.
    """
    (alone,) = _simulated(job, cluster, exchange, [1], scatter)
    return [
        Point(
            count,
            step,
            _figure(count * job.batch / step.value, "examples/s", "devices × batch / step", "throughput"),
            _figure(alone[0].value / step.value, "1", "step of one device / step", "efficiency"),
            exposed,
        )
        for count, (step, exposed) in zip(
            counts, _simulated(job, cluster, exchange, counts, scatter), strict=True
        )
    ]


def _simulated(
    job: Job, cluster: Cluster, exchange: Exchange, counts: Sequence[int], scatter: float
) -> list[tuple[Quantity, Quantity]]:
    found = []
    for count in counts:
        step = replace(job.step, value=job.step.value * slowest(count, scatter))
        done = simulate(replace(job, step=step), sized(cluster, count), exchange)
        found.append((done.step, done.exposed))
    return found


def sized(cluster: Cluster, devices: int) -> Cluster:
    """As many hosts as it takes for so many devices.

    Raises:
        ArgumentError: the last of several hosts would not be full.
    """
    if devices > cluster.devices and devices % cluster.devices:
        raise ArgumentError(
            f"{devices} devices do not fill hosts of {cluster.devices}; give up to {cluster.devices} devices, "
            "or a multiple"
        )
    return replace(cluster, hosts=max(1, devices // cluster.devices), devices=min(devices, cluster.devices))


def _figure(value: float, unit: str, how: str, name: str) -> Quantity:
    return Quantity(value, unit, "predicted", how, name)
