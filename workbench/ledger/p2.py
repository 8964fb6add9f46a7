"""Sixteen p2.16xlarge and three networks: the cluster of the scaling table, in numbers with their sources.

What is known of it: 16 GPUs a host on PCI Express, 20 Gbit/s between hosts, `dist_device_sync`.  Devices of a host add
up their gradients, each its sixteenth; the sum goes down to the host's memory, in parts to the servers, of which every
host has one, and the new parameters come back the same way (MXNet 1.0, `src/kvstore/kvstore_dist.h` and `comm.h`).
Before that, the host sends every device its images as 32-bit floats, over links that its devices share.

Two bandwidths inside a host are not published and are calibrated; what stands between hosts can't be calibrated on one
host, so it is stated.  Which links are shared and what holds up the devices is the model's form.  It was chosen with
the whole table in sight, its two numbers follow from the rows of 1 to 16 GPUs alone.  That copies inside a host hold up
computing shows in those rows too: calibrated without it, the model's scatter about them is 3.2 % instead of 2.2 %, and
devices would have to be joined by half a gigabyte a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from workbench.networks.resnet import resnet
from workbench.parallel.costmodel import Cluster, Exchange, Job, Layer, Link, Parameter, layers
from workbench.symbolic import sym
from workbench.symbolic.naming import NameManager
from workbench.symbolic.symbol import Symbol
from workbench.types import Quantity

GPUS = 16  # in a host
WIDTH = 4  # bytes of a number
PCIE = 15.75e9  # B/s: 16 lanes of 8 GT/s, 128 of 130 bits
COPY = Quantity(10e-6, "s", "predicted", "assumed: what starting a copy takes a GPU", "latency in a host")
NETWORK = Link(
    Quantity(
        100e-6,
        "s",
        "predicted",
        "assumed: a message by TCP within a placement group",
        "latency between hosts",
    ),
    Quantity(20e9 / 8, "B/s", "published", "Amazon EC2, P2 instances: p2.16xlarge, 20 Gbit/s", "network"),
)
LEAST = 0.1e9  # B/s
PARAMETERS = (
    Parameter(
        "within", "B/s", LEAST, PCIE, "a GPU's link to the others; 16 lanes of PCI Express 3.0 at most"
    ),
    Parameter(
        "feed", "B/s", LEAST, PCIE, "memory to all GPUs of a host; 16 lanes of PCI Express 3.0 at most"
    ),
)
EXCHANGE = Exchange("server", staged=True)


@dataclass(frozen=True)
class Trained:
    """A network of the table.

    Attributes:
        column: in the table.
        batch: images that each GPU takes.
        side: pixels of an image's side.
        make: gives the network.
    """

    column: str
    batch: int
    side: int
    make: Callable[[], Symbol]

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Its layers, whose gradients have the published size."""
        symbol = self.make()
        shapes: dict[str, tuple[int, ...]] = {"data": (self.batch, 3, self.side, self.side)}
        if "softmax_label" in symbol.list_arguments():
            shapes["softmax_label"] = (self.batch,)
        return layers(symbol, shapes)

    @property
    def fed(self) -> Quantity:
        """Bytes of images that each GPU is sent a step."""
        size = WIDTH * self.batch * 3 * self.side**2
        return Quantity(size, "B", "predicted", "4 bytes × batch × 3 × side²", "input")

    def job(self, alone: float, feed: Link) -> Job:
        """A step of one GPU.

        Args:
            alone: s that a step of a single GPU takes.
            feed: from the host's memory to it.
        """
        step = alone - feed.seconds(self.fed.value)
        how = "the published step of one GPU without its input's transfer"
        return Job(
            self.column, self.layers, self.batch, Quantity(step, "s", "predicted", how, "step"), self.fed
        )


def cluster(values: Mapping[str, float], gpus: int) -> Cluster:
    """As many hosts as it takes for so many GPUs, with the two calibrated bandwidths."""
    within, feed = (
        Link(COPY, Quantity(values[name], "B/s", "predicted", "calibrated")) for name in ("within", "feed")
    )
    return Cluster(-(-gpus // GPUS), min(gpus, GPUS), within, NETWORK, feed, blocking=True)


def alexnet() -> Symbol:
    """AlexNet as MXNet's example has it: without groups, 50.8 million parameters.

    Source: A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet Classification with Deep Convolutional Neural
    Networks", NIPS 2012.
    """
    convolutions = ((96, 11, 4, 0), (256, 5, 1, 2), (384, 3, 1, 1), (384, 3, 1, 1), (256, 3, 1, 1))
    with NameManager():
        x = sym.Variable("data")
        for number, (filters, size, stride, pad) in enumerate(convolutions):
            shape = {"kernel": (size, size), "stride": (stride, stride), "pad": (pad, pad)}
            x = sym.Activation(sym.Convolution(x, num_filter=filters, **shape), act_type="relu")
            if number in (0, 1, 4):
                x = sym.Pooling(x, kernel=(3, 3), stride=(2, 2), pool_type="max")
        for width in (4096, 4096):
            x = sym.Activation(sym.FullyConnected(x, num_hidden=width), act_type="relu")
        return sym.FullyConnected(x, num_hidden=1000)


def inception() -> Symbol:
    """Inception v3, from the zoo."""
    from workbench.gluon.model_zoo.vision import inception_v3

    made: Symbol = inception_v3()(sym.Variable("data"))
    return made


NETWORKS = {
    "scaling-alexnet": Trained("alexnet", 512, 224, alexnet),
    "scaling-inception": Trained("inception_v3", 32, 299, inception),
    "scaling-resnet": Trained("resnet_152", 32, 224, lambda: resnet(152).symbol),
}
