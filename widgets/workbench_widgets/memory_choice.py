"""Which plan a strategy and a budget choose: the same rule here and in the browser (`memory_explorer/state.ts`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CHEAPEST = "cheapest"  # any strategy


def choose(plans: Sequence[dict[str, Any]], strategy: str, budget: float | None) -> int | None:
    """The index of the plan that recomputes least of those that keep to the budget.

    Of equal ones the one of least peak; where none keeps to the budget, the one of least peak of all.

    Args:
        plans: those there are, as `MemoryStudy.picture` gives them.
        strategy: whose plans are looked at, or ``"cheapest"`` for all that run on any device: one that moves values
            to the host's memory is to be asked for by name.
        budget: bytes, or None.

    Returns:
        None where there is no plan to choose from.
    """
    own = [
        i
        for i, plan in enumerate(plans)
        if plan["strategy"] == strategy or (strategy == CHEAPEST and not plan["moved"])
    ]
    fitting = [i for i in own if budget is None or plans[i]["peak"] <= budget]
    if fitting:
        return min(fitting, key=lambda i: (plans[i]["recomputed"], plans[i]["peak"]))
    return min(own, key=lambda i: (plans[i]["peak"], plans[i]["recomputed"]), default=None)
