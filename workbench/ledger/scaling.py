"""Claims about scaling to 256 GPUs, from `scaling_mxnet_p2.csv`, and what the cost model says of them.

The table has images/s; a claim is an efficiency, what is left of n times one GPU's.  The model is calibrated on the
rows of 1 to 16 GPUs, one host, and predicts those of several hosts.  There it says that nearly all of the network's
work hides behind the backward pass, so it is flat from 32 GPUs to 256, where the published figures still fall by one
to five points: hosts that wait for the slowest are not in it, since nothing on one host says how much hosts differ.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from workbench.ledger import p2
from workbench.ledger.claim import Claim, Verdict, choose
from workbench.parallel.costmodel import Calibration, Observation, calibrate, in_turn, simulate
from workbench.parallel.costmodel.calibrate import Values
from workbench.types import Quantity

FILE = "scaling_mxnet_p2.csv"
SOURCE = "MXNet 1.0, example/image-classification: 16 × p2.16xlarge, dist_device_sync"
HOW = "a cost model, calibrated on 1 to 16 GPUs: sums in a host, servers on all hosts"
SEEN = p2.GPUS  # of the largest rows that are calibrated on
POINTS = 5.0  # percentage points that a reproduced figure is off at most
NEAR = 10.0


@dataclass(frozen=True)
class Row:
    """An entry of the table.

    Attributes:
        network: in `p2.NETWORKS`.
        gpus: how many.
        throughput: images/s of all.
        alone: images/s of one.
    """

    network: str
    gpus: int
    throughput: float
    alone: float

    @property
    def seen(self) -> bool:
        """Whether the model is calibrated on it."""
        return self.gpus <= SEEN

    @property
    def batch(self) -> int:
        """Images that each GPU takes."""
        return p2.NETWORKS[self.network].batch

    @property
    def efficiency(self) -> float:
        """What is left of so many times one GPU's throughput, in percent."""
        return 100 * self.throughput / self.gpus / self.alone

    @property
    def step(self) -> Quantity:
        """How long a step takes, in s."""
        return Quantity(self.batch * self.gpus / self.throughput, "s", "published", SOURCE, "step")

    def modelled_step(self, values: Values) -> float:
        """The same from the two bandwidths: added up in one host, where nothing overlaps, simulated in several."""
        cluster = p2.cluster(values, self.gpus)
        job = p2.NETWORKS[self.network].job(self.batch / self.alone, cluster.feed)
        if cluster.hosts == 1:
            return in_turn(job, cluster, p2.EXCHANGE)
        return simulate(job, cluster, p2.EXCHANGE).step.value

    def modelled(self, values: Values) -> float:
        """The efficiency, in percent, from the two bandwidths."""
        return self.left(self.modelled_step(values))

    def left(self, step: float) -> float:
        """The efficiency, in percent, of steps of so many seconds."""
        return 100 * self.batch / self.alone / step


@dataclass(frozen=True)
class Efficiency:
    """A claim about scaling with what the model predicts for it.

    Attributes:
        claim: what is claimed, in percent.
        row: of the table.
        predicted: the efficiency, in percent, with its bars.
    """

    claim: Claim
    row: Row
    predicted: Quantity

    @property
    def counted(self) -> str:
        """On how many GPUs."""
        return f"{self.row.gpus} GPU{'s' if self.row.gpus > 1 else ''}"

    @property
    def ratio(self) -> float:
        """The predicted figure as a multiple of the published one."""
        return self.predicted.value / self.claim.published.value

    @property
    def off(self) -> float:
        """Percentage points by which the predicted figure is above what is published."""
        return self.predicted.value - self.claim.published.value

    @property
    def verdict(self) -> Verdict:
        """Reproduced within `POINTS`, near within `NEAR`."""
        if abs(self.off) <= POINTS:
            return "reproduced"
        return "near" if abs(self.off) <= NEAR else "not reproduced"

    @property
    def reason(self) -> str:
        """How far the two are apart, the bars, and whether the model has seen the row."""
        if self.row.gpus == 1:
            return "the model takes the time of computing from this row"
        assert self.predicted.spread is not None  # every prediction of a calibration has bars
        low, high = self.predicted.spread
        seen = "calibrated on" if self.row.seen else "not calibrated on"
        return f"{self.off:+.1f} points; bars from {low:.1f} to {high:.1f} %; {seen}"


@cache
def rows() -> tuple[Row, ...]:
    """All entries of the table, network by network."""
    text = resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    table = list(csv.DictReader(text.splitlines()))
    return tuple(
        Row(name, int(line["gpus"]), float(line[network.column]), float(table[0][network.column]))
        for name, network in p2.NETWORKS.items()
        for line in table
    )


@cache
def calibration() -> Calibration:
    """The two bandwidths inside a host, from the rows of 2 to 16 GPUs; those of 1 give the time of computing."""
    return calibrate(p2.PARAMETERS, [Observation(row.step, row.modelled_step) for row in _fitted()])


def _fitted() -> list[Row]:
    return [row for row in rows() if row.seen and row.gpus > 1]


def left_out() -> list[tuple[Row, float]]:
    """Each row that is calibrated on, and the efficiency predicted for it, in percent, by a calibration without it."""
    return [(row, row.left(step)) for row, step in zip(_fitted(), calibration().left_out, strict=True)]


def claims(*ids: str) -> list[Claim]:
    """The claims, network by network.

    Args:
        ids: of the networks to keep, or the beginnings of ids; all by default.

    Raises:
        ArgumentError: no network has such an id.
    """
    keep = choose(ids, list(p2.NETWORKS))
    return [_claim(row) for row in rows() if row.network in keep]


def examine(*ids: str) -> Iterator[Efficiency]:
    """What the model predicts for the claims about these networks; it is calibrated first, which takes some seconds.

    Raises:
        ArgumentError: no network has such an id.
    """
    keep = choose(ids, list(p2.NETWORKS))
    for row in (row for row in rows() if row.network in keep):
        yield Efficiency(_claim(row), row, calibration().predict(row.modelled, "%", HOW, "efficiency"))


def _claim(row: Row) -> Claim:
    network = p2.NETWORKS[row.network]
    return Claim(
        id=row.network,
        source=SOURCE,
        network=network.column,
        configuration=f"batch {row.batch} a GPU, {row.throughput:g} images/s on {row.gpus}",
        unit="%",
        accounting="efficiency",
        published=Quantity(row.efficiency, "%", "published", SOURCE, "efficiency"),
        places=2,
    )
