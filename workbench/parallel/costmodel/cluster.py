"""Hosts, the devices in them, and the links that join them.

The model of a link is the oldest one and good enough: a message of n bytes takes α + n/B, a latency that does not
depend on its size and a bandwidth.

Source: R. Thakur, R. Rabenseifner, W. Gropp, "Optimization of Collective Communication Operations in MPICH",
International Journal of High Performance Computing Applications 19 (2005), section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.arguments import FiniteAboveZero, FiniteAtLeastZero, Positive, check, checked
from workbench.errors import ArgumentError
from workbench.types import Kind, Quantity


def expect(figure: Quantity, what: str, unit: str, above: bool = False) -> None:
    """Refuses a figure of another unit, one that is infinite or no number, or below zero; or zero, with `above`.

    Raises:
        ArgumentError: it is such a figure.
    """
    if not isinstance(figure, Quantity) or figure.unit != unit:
        raise ArgumentError(f"{what} must be a Quantity in {unit}, got {figure!r}")
    check(_above if above else _at_least, {"value": figure.value}, lambda: f"{what} in {unit}")


def _at_least(value: FiniteAtLeastZero) -> None:
    """What most figures are."""


def _above(value: FiniteAboveZero) -> None:
    """What one divides by."""


@dataclass(frozen=True)
class Link:
    """A link, each way by itself.

    Attributes:
        latency: α, in s, of a message.
        bandwidth: B, in B/s.

    Raises:
        ArgumentError: a figure has another unit, the latency is below zero or the bandwidth not above it.
    """

    latency: Quantity
    bandwidth: Quantity

    def __post_init__(self) -> None:
        expect(self.latency, "a link's latency", "s")
        expect(self.bandwidth, "a link's bandwidth", "B/s", above=True)

    def seconds(self, size: float, messages: float = 1) -> float:
        """How long messages take one after another that have `size` bytes in all."""
        return messages * self.latency.value + size / self.bandwidth.value


@checked
def link(latency: FiniteAtLeastZero, bandwidth: FiniteAboveZero, kind: Kind, how: str) -> Link:
    """A link whose two figures come from the same place.

    Args:
        latency: in s.
        bandwidth: in B/s.
        kind: ``"published"``, ``"measured"``, or ``"predicted"`` for what is assumed.
        how: the source, the measurement, or why it is assumed.
    """
    return Link(
        Quantity(latency, "s", kind, how, "latency"), Quantity(bandwidth, "B/s", kind, how, "bandwidth")
    )


@dataclass(frozen=True)
class Cluster:
    """Equal hosts with equal devices.

    Attributes:
        hosts: how many.
        devices: in each host.
        within: a device's own link to the others in its host.
        between: a host's own link to the network.
        feed: from a host's memory to all of its devices, which share it.
        blocking: whether copies inside a host hold up its devices' computing: they do where devices add gradients up
            themselves and have no memory bandwidth to spare.
        cores: that the devices of a host share, where they are made of its cores; None where each has its own.

    Raises:
        ArgumentError: there is no host or no device, something else is no link, or cores are none.
    """

    hosts: Positive
    devices: Positive
    within: Link
    between: Link
    feed: Link
    blocking: bool = False
    cores: Quantity | None = None

    def __post_init__(self) -> None:
        check(Cluster, vars(self), lambda: "Cluster")
        if self.cores is not None:
            expect(self.cores, "the cores of a host", "1", above=True)

    @property
    def total(self) -> int:
        """Devices in all."""
        return self.hosts * self.devices

    def link(self, level: str) -> Link:
        """The link of a level: ``"within"``, ``"feed"`` or ``"between"``."""
        found: Link = getattr(self, level)
        return found
