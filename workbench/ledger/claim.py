"""A published claim, and what came of recomputing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.errors import ArgumentError, did_you_mean
from workbench.types import Quantity

Verdict = Literal["reproduced", "near", "not reproduced"]
UNITS = {"MB": 10**6, "MiB": 2**20}
REPRODUCED = 0.10  # the most that a reproduced figure is off, as a part of what is published
NEAR = 0.30


@dataclass(frozen=True)
class Claim:
    """A figure that somebody published.

    Attributes:
        id: of the network that it is about, in this ledger.
        source: where it stands.
        network, configuration: what it is about, in the source's words.
        unit: ``"MB"``, 10^6 bytes, ``"MiB"``, 2^20, or ``"%"``.
        accounting: name of the way in which it is counted, in `accounting.ACCOUNTINGS` where it is memory.
        published: the figure.
        note: what else the source says, or leaves unsaid.
        places: decimals that are printed.
    """

    id: str
    source: str
    network: str
    configuration: str
    unit: str
    accounting: str
    published: Quantity
    note: str = ""
    places: int = 0


@dataclass(frozen=True)
class Finding:
    """A claim with the figure that is recomputed for it.

    Attributes:
        claim: what is claimed.
        predicted: what follows here, counted as the claim is.
        parts: bytes of what the figure is made of, by name.
    """

    claim: Claim
    predicted: Quantity
    parts: Mapping[str, int]

    @property
    def counted(self) -> str:
        """The name of the way in which it is counted."""
        return self.claim.accounting

    @property
    def ratio(self) -> float:
        """The predicted figure as a multiple of the published one."""
        return self.predicted.value / self.claim.published.value

    @property
    def verdict(self) -> Verdict:
        """Whether the two agree: within `REPRODUCED`, within `NEAR`, or not."""
        published = self.claim.published.value
        off = abs(self.predicted.value - published)
        if off <= REPRODUCED * published:
            return "reproduced"
        return "near" if off <= NEAR * published else "not reproduced"

    @property
    def reason(self) -> str:
        """How far the two are apart, what the predicted figure is made of, and what is known besides."""
        apart = round(100 * (self.ratio - 1))
        more = f"{abs(apart)}% {'more' if apart > 0 else 'less'} than published" if apart else "as published"
        parts = ", ".join(f"{name} {amount(size, self.claim.unit)}" for name, size in self.parts.items())
        made = f"of it {parts}" if parts else ""
        return "; ".join(filter(None, (more, made, self.claim.note)))


def amount(size: float, unit: str, places: int = 0) -> str:
    """A figure in a claim's own unit: ``130,000 MB``, ``35.73 %``."""
    return f"{size / UNITS.get(unit, 1):,.{places}f} {unit}"


def choose(ids: Sequence[str], known: Sequence[str]) -> set[str]:
    """Those of the known ids that begin with one of `ids`; all of them where there is none.

    Raises:
        ArgumentError: none begins with one of them.
    """
    for wanted in ids:
        if not isinstance(wanted, str) or not wanted or not any(i.startswith(wanted) for i in known):
            raise ArgumentError(
                f"the ledger has no claims about {wanted!r}.{did_you_mean(str(wanted), known)} "
                f"It has {', '.join(known)}"
            )
    return {i for i in known if not ids or i.startswith(tuple(ids))}
