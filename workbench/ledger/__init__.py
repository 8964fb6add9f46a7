"""The ledger: what was published about networks, beside what follows for them here, and whether the two agree.

Each claim names its source, and the function that recomputes it names how it counts; the verdict follows from the two
numbers and stated tolerances alone.
"""

from typing import Any as _Any

from workbench.errors import unknown_name as _unknown_name
from workbench.ledger.claim import Claim as Claim
from workbench.ledger.claim import Finding as Finding
from workbench.ledger.findings import findings as findings
from workbench.ledger.memory import claims as claims
from workbench.ledger.memory import examine as examine
from workbench.ledger.scaling import Efficiency as Efficiency
from workbench.ledger.tensor import Saving as Saving


def __getattr__(name: str) -> _Any:
    raise _unknown_name("ledger", name, globals())
