"""How long a contraction takes in an order, where it can be waited for."""

from __future__ import annotations

from workbench.tensor.variants import Order, Variant
from workbench.types import Quantity

MOST_FLOPS, MOST_BYTES = 1e9, 2**30  # of an order that is measured


def measured_time(variant: Variant, order: Order, limit: float) -> Quantity | None:
    """Seconds; None where the order would take more than 1 GFLOP or 1 GiB, or where there is none."""
    found = variant.contraction(order, limit)
    if found is None or found.flops.value > MOST_FLOPS or found.temporary.value > MOST_BYTES:
        return None
    return found.measure().time
