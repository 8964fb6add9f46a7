"""The networks that an explorer of scaling shows, and the machines they are trained on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from workbench.errors import ArgumentError, did_you_mean
from workbench.ledger import p2
from workbench.ledger.scaling import SOURCE, calibration, rows
from workbench.networks import deep_mlp
from workbench.parallel.costmodel import Job, Layer, Link, layers, link
from workbench.scaling import Here
from workbench.scaling.here import fed_shapes
from workbench.symbolic.network import symbol_of
from workbench.symbolic.symbol import Symbol
from workbench.types import Quantity

RATE = 50e9  # FLOP/s of a device of which nothing is known
PASSES = 3  # forward, and backward by data and by weights


@dataclass(frozen=True)
class ScalingStudy:
    """A network, as far as scaling is concerned.

    Attributes:
        title: its name.
        batch: examples a device, unless chosen otherwise.
        layers: with their gradients.
        step: s that a device computes for `batch` examples.
        fed: bytes of input an example, 0 where the data are on the devices.
        published: examples/s by the number of devices.
        network: symbol and shapes of what can be trained here; None for what is too large.
        here: this machine, once it was measured with this network.
    """

    title: str
    batch: int
    layers: tuple[Layer, ...]
    step: Quantity
    fed: float = 0.0
    published: Mapping[int, Quantity] | None = None
    network: tuple[Symbol, dict[str, tuple[int, ...]]] | None = None
    here: Here | None = None

    def job(self, batch: int) -> Job:
        """What a device does for so many examples: computing takes as many times as long as there are more."""
        part = batch / self.batch
        step = replace(self.step, value=part * self.step.value)
        if part != 1:
            step = replace(
                step, kind="predicted", spread=None, how=f"{self.step.how}; × batch / {self.batch}"
            )
        fed = Quantity(self.fed * batch, "B", "predicted", "bytes an example × batch", "input")
        busy = {} if self.here is None else {"busy": self.here.job.busy}
        return Job(self.title, self.layers, batch, step, fed, **busy)

    def shapes(self, batch: int) -> dict[str, tuple[int, ...]]:
        """Of the inputs, for so many examples.

        Raises:
            ArgumentError: the network is too large to be trained here.
        """
        if self.network is None:
            raise ArgumentError(
                f"{self.title} is too large to be trained here: choose the MLP, or give a network of your own"
            )
        return {name: (batch, *shape[1:]) for name, shape in self.network[1].items()}

    def measured(self, here: Here) -> ScalingStudy:
        """The same with the step that was measured."""
        return replace(self, batch=here.job.batch, step=here.job.step, here=here)


@dataclass(frozen=True)
class Machine:
    """Hosts and links to begin with.

    Attributes:
        title: its name.
        hosts, devices: how many, and how many in each.
        within, feed, between: its links.
        blocking, staged: as of `costmodel.Cluster` and `costmodel.Exchange`.
        cores: that a host's devices share; 0 where each has its own.
        store: by which it is used.
        local: whether it is this one.
    """

    title: str
    hosts: int
    devices: int
    within: Link
    feed: Link
    between: Link
    blocking: bool
    staged: bool
    cores: float
    store: str
    local: bool

    @property
    def values(self) -> dict[str, Any]:
        """What can be chosen otherwise, by the names of the explorer's traits."""
        return {
            "hosts": self.hosts,
            "devices": self.devices,
            "within_latency": self.within.latency.value,
            "within_bandwidth": self.within.bandwidth.value,
            "feed_bandwidth": self.feed.bandwidth.value,
            "between_latency": self.between.latency.value,
            "between_bandwidth": self.between.bandwidth.value,
            "cores": self.cores,
            "store": self.store,
        }


@cache
def machines() -> dict[str, Machine]:
    """Sixteen hosts of the published table, and this machine's CPU."""
    cluster = p2.cluster(calibration().values, 16 * p2.GPUS)
    copy = link(100e-6, 5e9, "predicted", "assumed until it is measured")
    return {
        "p2": Machine("p2.16xlarge hosts", 16, p2.GPUS, cluster.within, cluster.feed, cluster.between,
                      True, True, 0.0, "dist_sync", local=False),
        "here": Machine("this machine's CPU", 1, 4, copy, copy, p2.NETWORK, True, False, float(os.cpu_count() or 1),
                        "local", local=True),
    }  # fmt: skip


@cache
def _published(name: str) -> ScalingStudy:
    known = {row.gpus: row for row in rows() if row.network == name}
    network, feed = p2.NETWORKS[name], machines()["p2"].feed
    job = network.job(network.batch / known[1].alone, feed)
    rates = {
        gpus: Quantity(row.throughput, "examples/s", "published", SOURCE, "throughput")
        for gpus, row in known.items()
    }
    return ScalingStudy(
        NETWORKS[network.column],
        network.batch,
        job.layers,
        job.step,
        network.fed.value / network.batch,
        rates,
    )


def own(network: Any, shapes: Mapping[str, tuple[int, ...]] | None) -> ScalingStudy:
    """A network of the user's: a Symbol with its loss, a Module or a Gluon block.

    Raises:
        ArgumentError: it is none, or a shape does not fit or is missing.
    """
    symbol, title = symbol_of(network, "ScalingExplorer")
    found = fed_shapes(symbol, shapes)
    parts = layers(symbol, found)
    work = PASSES * sum(layer.work.value for layer in parts)
    how = f"3 × FLOP of the forward pass / {RATE / 1e9:g} GFLOP/s, assumed until it is measured"
    step = Quantity(max(work, 1.0) / RATE, "s", "predicted", how, "step")
    return ScalingStudy(title, next(iter(found.values()))[0], parts, step, network=(symbol, found))


@cache
def _mlp() -> ScalingStudy:
    net = deep_mlp(depth=3, width=1024, batch=256)
    return replace(own(net.symbol, net.shapes), title=NETWORKS["mlp"])


NETWORKS = {"alexnet": "AlexNet", "inception_v3": "Inception v3", "resnet_152": "ResNet-152",
            "mlp": "MLP, 3 layers of 1024"}  # fmt: skip


def named(name: str) -> ScalingStudy:
    """One of the networks that come along.

    Raises:
        ArgumentError: there is none of that name.
    """
    if name not in NETWORKS:
        raise ArgumentError(
            f"network={name!r}: there are {', '.join(NETWORKS)}.{did_you_mean(name, NETWORKS)}"
        )
    if name == "mlp":
        return _mlp()
    return _published(next(key for key, each in p2.NETWORKS.items() if each.column == name))
