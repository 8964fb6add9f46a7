"""The ledger as text: a published figure, the predicted one beside it, and what is to be said about the two."""

from __future__ import annotations

import textwrap

from workbench.ledger.accounting import ACCOUNTINGS
from workbench.ledger.claim import Finding, amount

WIDTH = 100
HEADING = f"{'network':18}{'counted':13}{'published':>16}{'predicted':>16}{'ratio':>8}  verdict"


def entry(finding: Finding) -> str:
    """One claim: a line under `HEADING`, and below it the source, the way of counting and the reason."""
    claim = finding.claim
    published = amount(claim.published.value, claim.unit)
    predicted = amount(finding.predicted.value, claim.unit)
    first = f"{claim.id:18}{claim.accounting:13}{published:>16}{predicted:>16}{finding.ratio:>8.2f}  {finding.verdict}"
    more = (
        f"{claim.source}: {claim.network}, {claim.configuration}",
        f"counted: {ACCOUNTINGS[claim.accounting].how}",
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
