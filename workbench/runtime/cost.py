"""What one operation costs, asked of XLA without compiling it.

XLA counts the floating-point operations of a program it has only translated.  That takes milliseconds where
compiling takes tens of them, and the answer is a *prediction*: it knows nothing of what fusing would save.
Functions such as tanh and exp are counted apart, as transcendentals, and are not in this number.
"""

from __future__ import annotations

from functools import cache

import jax
import numpy as np

from workbench.graph.bound import Bound, Types


@cache
def operation_flops(bound: Bound, types: Types) -> float:
    """FLOP of one operation on inputs of these types: predicted, by XLA's cost analysis."""
    arrays = [jax.ShapeDtypeStruct(t.shape, t.dtype) for t in types]
    scalars = [jax.ShapeDtypeStruct((), np.float64) for _ in range(bound.scalar_count)]
    with jax.enable_x64(True):
        costs = jax.jit(bound.call).lower(arrays, scalars).cost_analysis()
    return float((costs or {}).get("flops", 0.0))
