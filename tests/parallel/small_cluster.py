"""Small jobs and clusters in round numbers, for the tests of the cost model."""

from workbench.parallel.costmodel import Cluster, Job, Layer, link
from workbench.types import Quantity


def given(value, unit):
    return Quantity(value, unit, "measured", "for a test")


def linked(latency=0.0, bandwidth=1.0):
    return link(latency, bandwidth, "measured", "for a test")


def cluster(hosts=1, devices=1, within=None, between=None, feed=None, blocking=False):
    return Cluster(hosts, devices, within or linked(), between or linked(), feed or linked(), blocking)


def job(*gradients, work=None, step=3.0, fed=0.0, batch=8):
    """A job with a layer a gradient, in bytes."""
    work = work or [1.0] * len(gradients)
    layers = tuple(
        Layer(f"layer{n}", given(size, "B"), given(flop, "FLOP"))
        for n, (size, flop) in enumerate(zip(gradients, work, strict=True))
    )
    return Job("net", layers, batch, given(step, "s"), given(fed, "B"))
