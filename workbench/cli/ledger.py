"""Print the ledger: published claims, and what is recomputed for them now."""

import sys
from collections.abc import Sequence
from typing import IO

from workbench.errors import ArgumentError


def run(out: IO[str], ids: Sequence[str]) -> int:
    """Write the claims about these networks (default: all), each as soon as it is recomputed; return the exit code."""
    from workbench.ledger import Efficiency, findings
    from workbench.ledger.calibrated import calibrated
    from workbench.ledger.table import HEADING, entry

    try:
        chosen = findings(*ids)
    except ArgumentError as error:
        print(f"workbench ledger: {error}", file=sys.stderr)
        return 1
    out.write(HEADING + "\n")
    modelled = False
    for finding in chosen:
        modelled |= isinstance(finding, Efficiency)
        out.write("\n" + entry(finding))
        out.flush()
    if modelled:
        out.write("\n" + calibrated())
    return 0
