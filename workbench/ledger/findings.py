"""All parts of the ledger one after another: what is counted at once comes first."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.ledger import memory, scaling, tensor
from workbench.ledger.claim import Finding, choose
from workbench.ledger.p2 import NETWORKS as SCALED
from workbench.ledger.scaling import Efficiency
from workbench.ledger.tensor import Saving


def findings(*ids: str) -> Iterator[Finding | Saving | Efficiency]:
    """What is recomputed for published claims, each as soon as it is.

    Args:
        ids: of the networks, or the beginnings of ids; all by default.  ``"tensor"`` are the claims about space
            savings, which take no time, ``"scaling"`` those about 2 to 256 GPUs, which take some seconds; those about
            memory take seconds for residual networks, and a minute or two for an LSTM of a thousand steps.

    Raises:
        ArgumentError: no network has such an id.
    """
    chosen = choose(ids, [*tensor.NETWORKS, *SCALED, *memory.NETWORKS])
    return _recomputed(chosen)


def _recomputed(chosen: set[str]) -> Iterator[Finding | Saving | Efficiency]:
    if savings := chosen & set(tensor.NETWORKS):
        yield from (found for found in tensor.examine() if found.claim.id in savings)
    if scaled := chosen & set(SCALED):
        yield from scaling.examine(*sorted(scaled))
    if about := [claim for claim in memory.claims() if claim.id in chosen]:
        yield from memory.examine(about, memory.NETWORKS)
