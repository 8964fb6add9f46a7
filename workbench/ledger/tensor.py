"""Claims about what factored layers save, from `tensor_claims.csv`: counted from shapes, so they take no time.

Accuracies stand in the file as they were published; nothing is trained here, so they are not recomputed.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import resources

from workbench.ledger.claim import Claim, Verdict, choose
from workbench.ledger.reading import Reading, Row, alexnet, resnet, vgg
from workbench.types import Quantity

FILE = "tensor_claims.csv"
NEAR = 1.0  # percentage points that a near figure is off at most
SHOWN = 3  # readings beside the nearest

NETWORKS: Mapping[str, Callable[[Row], list[Reading]]] = {
    "tensor-alexnet": alexnet,
    "tensor-vgg-19": vgg,
    "tensor-resnet-101": resnet,
}


@dataclass(frozen=True)
class Saving:
    """A claim about space savings, and what each reading of it gives.

    Attributes:
        claim: what is claimed, in percent.
        readings: all of them, those that reproduce the claim first, then the nearest; equal ones the plainest first.
    """

    claim: Claim
    readings: tuple[Reading, ...]

    @property
    def predicted(self) -> Quantity:
        """The saving by the nearest reading, in percent."""
        nearest = self.readings[0]
        return Quantity(100 * nearest.saved, "%", "predicted", nearest.how, "space savings")

    @property
    def counted(self) -> str:
        """The name of the nearest reading."""
        return self.readings[0].name

    @property
    def ratio(self) -> float | None:
        """The predicted figure as a multiple of the published one; None where that is 0."""
        return self.predicted.value / self.claim.published.value if self.claim.published.value else None

    @property
    def off(self) -> float:
        """Percentage points by which the nearest reading is above what is published."""
        return self.predicted.value - self.claim.published.value

    @property
    def verdict(self) -> Verdict:
        """Reproduced if the printed digits are the figure's, rounded or cut off; near within `NEAR` points."""
        if _distance(self.claim, self.readings[0]) == 0:
            return "reproduced"
        return "near" if abs(self.off) <= NEAR else "not reproduced"

    @property
    def reason(self) -> str:
        """How far the nearest reading is off, what others give, and what is known besides."""
        exact = self.verdict == "reproduced"
        apart = (
            "the printed digits"
            if exact
            else f"{abs(self.off):.2f} points {'above' if self.off > 0 else 'below'}"
        )
        others = ", ".join(f"{r.name} {100 * r.saved:.2f} %" for r in self.readings[1 : 1 + SHOWN])
        return "; ".join(filter(None, (apart, f"next nearest: {others}", self.claim.note)))


def _distance(claim: Claim, reading: Reading) -> float:
    """Percentage points between the two, to the hundredths that are shown; 0 where the printed digits agree."""
    unit = 10.0**-claim.places
    found, printed = 100 * reading.saved / unit, round(claim.published.value / unit)
    if printed in (round(found), int(found)):  # rounded, or cut off
        return 0.0
    return round(abs(found - printed) * unit, 2)


def claims(*ids: str) -> list[Claim]:
    """The claims, in the order of the file.

    Args:
        ids: of the networks to keep, or the beginnings of ids; all by default.

    Raises:
        ArgumentError: no network has such an id.
    """
    return [claim for claim, _ in _chosen(ids)]


def examine(*ids: str) -> Iterator[Saving]:
    """What every reading gives for the claims about these networks.

    Raises:
        ArgumentError: no network has such an id.
    """
    for claim, row in _chosen(ids):
        yield Saving(claim, tuple(sorted(NETWORKS[claim.id](row), key=partial(_distance, claim))))


def _chosen(ids: tuple[str, ...]) -> list[tuple[Claim, Row]]:
    text = resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    lines = list(csv.DictReader(text.splitlines()))
    keep = choose(ids, [line["id"] for line in lines])
    return [(_claim(line), _row(line)) for line in lines if line["id"] in keep]


def _claim(line: Mapping[str, str]) -> Claim:
    printed = line["space_savings_percent"]
    accuracy = line["accuracy_percent"]
    return Claim(
        id=line["id"],
        source=line["source"],
        network=line["network"],
        configuration=line["row"] + (f"; accuracy {accuracy} %, published" if accuracy else ""),
        unit="%",
        accounting="space savings",
        published=Quantity(float(printed), "%", "published", line["source"], "space savings"),
        note=line["note"],
        places=len(printed.partition(".")[2]),
    )


def _row(line: Mapping[str, str]) -> Row:
    return Row(line["layer"], _numbers(line["size"]), _numbers(line["widths"]))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split()))
