"""What one operation costs, asked of XLA.

XLA counts the floating-point operations of a program it has only translated.  That takes milliseconds where
compiling takes tens of them, and the answer is a *prediction*: it knows nothing of what fusing would save.
Functions such as tanh and exp are counted apart, as transcendentals, and are not in this number.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import numpy as np

from workbench.graph.bound import Bound, Types


@cache
def operation_flops(bound: Bound, types: Types) -> float:
    """FLOP of one operation on inputs of these types: predicted, by XLA's cost analysis."""
    with jax.enable_x64(True):
        costs = _lowered(bound, types).cost_analysis()
    return float((costs or {}).get("flops", 0.0))


@cache
def operation_workspace(bound: Bound, types: Types) -> int:
    """Bytes that one operation takes beside its inputs and outputs: predicted, by XLA's buffer assignment.

    Unlike the FLOP it takes compiling, each distinct operation once; nothing is allocated or run.
    """
    with jax.enable_x64(True):
        found = _lowered(bound, types).compile().memory_analysis()
    return int(found.temp_size_in_bytes) if found else 0


def _lowered(bound: Bound, types: Types) -> Any:
    arrays = [jax.ShapeDtypeStruct(t.shape, t.dtype) for t in types]
    scalars = [jax.ShapeDtypeStruct((), np.float64) for _ in range(bound.scalar_count)]
    return jax.jit(bound.call).lower(arrays, scalars)
