"""Published memory beside a network that somebody chooses: claims about networks of its family and sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from workbench.ledger.claim import Claim
from workbench.ledger.memory import claims
from workbench.networks.families import family

_RESNET = {"image": 224, "batch": 32}
_LSTM = {"steps": 1000, "layers": 4, "hidden": 1000, "batch": 32}
READ_AS: Mapping[str, tuple[str, Mapping[str, int]]] = {  # as in `memory.NETWORKS`
    "slides-resnet": ("resnet", {"layers": 998, **_RESNET}),
    "slides-lstm": ("lstm", _LSTM),
    "paper-resnet": ("resnet", {"layers": 998, **_RESNET}),
    "mxnet-resnet-200": ("resnet", {"layers": 200, **_RESNET}),
    "mxnet-resnet-998": ("resnet", {"layers": 998, **_RESNET}),
    "mxnet-lstm": ("lstm", _LSTM),
    "mxnet-lstm-1024": ("lstm", {**_LSTM, "hidden": 1024, "batch": 64}),
}


class Published(NamedTuple):
    """A claim about a network of a family.

    Attributes:
        claim: the claim.
        length: of its network, in what the family's networks grow by.
        same: whether that is the length chosen too.
    """

    claim: Claim
    length: int
    same: bool


def published(name: str, sizes: Mapping[str, int]) -> Iterator[Published]:
    """The claims about networks that differ from the chosen one in nothing but their length.

    Args:
        name: of the family.
        sizes: all of the network's.

    Raises:
        ArgumentError: there is no such family.
    """
    depth = family(name).depth
    for claim in claims():
        of, read = READ_AS[claim.id]
        if of == name and {**sizes, depth: 0} == {**read, depth: 0}:
            yield Published(claim, read[depth], read[depth] == sizes[depth])
