"""What JAX works out about a computation: the types it gives, the inputs it reads, its gradient.

A computation takes a list of arrays and a list of numbers and gives a tuple of arrays.  Types and reads are found by
tracing it with shapes alone, so nothing is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import partial_eval

from workbench.types import TensorType

Computation = Callable[[Sequence[Any], Sequence[Any]], tuple[Any, ...]]
Mask = tuple[bool, ...]


def trace_types(fn: Callable[..., Any], types: Sequence[TensorType], scalar_count: int) -> Any:
    """Output shapes and dtypes of `fn` by abstract evaluation; nothing is computed."""
    with jax.enable_x64(True):
        return jax.eval_shape(fn, *_abstract(types, scalar_count))


def _abstract(types: Sequence[TensorType], scalar_count: int) -> tuple[Any, Any]:
    return (
        [jax.ShapeDtypeStruct(t.shape, t.dtype) for t in types],
        [jax.ShapeDtypeStruct((), np.float64) for _ in range(scalar_count)],
    )


def inputs_read(fn: Callable[..., Any], types: Sequence[TensorType], scalar_count: int) -> list[bool]:
    """Whether each input matters to what `fn` computes."""
    with jax.enable_x64(True):
        closed = jax.make_jaxpr(fn)(*_abstract(types, scalar_count))
    _, used = partial_eval.dce_jaxpr(closed.jaxpr, [True] * len(closed.jaxpr.outvars))
    return list(used)


def vjp(fn: Computation, types: Sequence[TensorType], cotangents: Mask, wanted: Mask) -> Computation:
    """The gradient: of `fn`'s inputs, then the cotangents that are there, to those of the inputs wanted."""
    chosen = [i for i, want in enumerate(wanted) if want]

    def backward(arrays: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        inputs, given = list(arrays[: len(types)]), iter(arrays[len(types) :])

        def forward(*moving: Any) -> tuple[Any, ...]:
            full = list(inputs)
            for i, array in zip(chosen, moving, strict=True):
                full[i] = array
            return fn(full, scalars)

        outputs, pull = jax.vjp(forward, *[inputs[i] for i in chosen])
        cots = tuple(
            next(given) if there else _zero_cotangent(out)
            for there, out in zip(cotangents, outputs, strict=True)
        )
        return tuple(pull(cots))

    return backward


def _zero_cotangent(out: Any) -> Any:
    if jnp.issubdtype(out.dtype, jnp.inexact):
        return jnp.zeros(out.shape, out.dtype)
    return np.zeros(out.shape, jax.dtypes.float0)
