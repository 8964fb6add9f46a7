"""The ledger as text: a published figure, the predicted one beside it, and what is to be said about the two."""

from __future__ import annotations

import textwrap

from workbench.ledger.claim import Finding, amount
from workbench.ledger.scaling import Efficiency
from workbench.ledger.tensor import Saving

WIDTH = 100
HEADING = f"{'network':18}{'counted':13}{'published':>16}{'predicted':>16}{'ratio':>8}  verdict"


def entry(finding: Finding | Saving | Efficiency) -> str:
    """One claim: a line under `HEADING`, and below it the source, the way of counting and the reason."""
    claim = finding.claim
    published = amount(claim.published.value, claim.unit, claim.places)
    predicted = amount(finding.predicted.value, claim.unit, 2 if claim.unit == "%" else 0)
    ratio = "–" if finding.ratio is None else f"{finding.ratio:.2f}"
    first = f"{claim.id:18}{finding.counted:13}{published:>16}{predicted:>16}{ratio:>8}  {finding.verdict}"
    more = (
        f"{claim.source}: {claim.network}, {claim.configuration}",
        f"counted: {finding.predicted.how}",
        finding.reason,
    )
    return (
        "\n".join(
            [
                first,
                *(
                    textwrap.fill(line, WIDTH, initial_indent="    ", subsequent_indent="      ")
                    for line in more
                ),
            ]
        )
        + "\n"
    )
