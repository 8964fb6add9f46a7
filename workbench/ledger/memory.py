"""Claims about the memory of training, from `memory_claims.csv`, and the networks they are about."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import resources
from itertools import groupby

from workbench.ledger.accounting import ACCOUNTINGS
from workbench.ledger.claim import UNITS, Claim, Finding, choose
from workbench.networks import Network, resnet, unrolled_lstm
from workbench.symbolic.memory import training_pass
from workbench.types import Quantity

FILE = "memory_claims.csv"
COLUMNS = {"no_sharing": "no sharing", "sharing": "sharing", "sublinear": "sublinear"}

NETWORKS: Mapping[str, Callable[[], Network]] = {
    "slides-resnet": partial(resnet, 998),
    "slides-lstm": partial(unrolled_lstm, inputs=50, outputs=50),
    "paper-resnet": partial(resnet, 998),
    "mxnet-resnet-200": partial(resnet, 200),
    "mxnet-resnet-998": partial(resnet, 998),
    "mxnet-lstm": unrolled_lstm,
    "mxnet-lstm-1024": partial(unrolled_lstm, hidden=1024, embed=1024, batch=64),
}


def claims(*ids: str) -> list[Claim]:
    """The claims, in the order of the file.

    Args:
        ids: of the networks to keep, or the beginnings of ids; all by default.

    Raises:
        ArgumentError: no network has such an id.
    """
    text = resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    keep = choose(ids, [row["id"] for row in rows])
    kept = [row for row in rows if row["id"] in keep]
    return [_claim(row, column) for row in kept for column in COLUMNS if row[column]]


def _claim(row: Mapping[str, str], column: str) -> Claim:
    measured_in_place = row["source"].startswith("mxnet") and column == "no_sharing"
    return Claim(
        id=row["id"],
        source=row["source"],
        network=row["network"],
        configuration=row["configuration"],
        unit=row["unit"],
        accounting="in place" if measured_in_place else COLUMNS[column],
        published=Quantity(
            float(row[column]) * UNITS[row["unit"]], "B", "published", row["source"], "feature maps"
        ),
        note=row["note"],
    )


def examine(
    found: Iterable[Claim], networks: Mapping[str, Callable[[], Network]] = NETWORKS
) -> Iterator[Finding]:
    """Recomputes claims one after another: each counted as it says, on the network that it is about.

    Nothing is run: a network's graph is differentiated and counted.  The largest take about a minute each.

    Args:
        found: the claims; those of one network next to each other share its graph.
        networks: what makes the network of each id.
    """
    for name, about in groupby(found, key=lambda claim: claim.id):
        network = networks[name]()
        training = training_pass(network.symbol, network.shapes, wanted=list(network.parameters))
        for claim in about:
            accounting = ACCOUNTINGS[claim.accounting]
            counted = accounting.count(training)
            predicted = Quantity(counted.size, "B", "predicted", accounting.how, "feature maps")
            yield Finding(claim, predicted, counted.parts)
