"""Random operators: Threefry numbers from a key that is an input of the graph."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp

from workbench.ops.attribute import DType
from workbench.ops.registry import register
from workbench.types import Shape


def key_of(data: Any) -> Any:
    """The PRNG key of key data, uint32[2]."""
    return jax.random.wrap_key_data(data, impl="threefry2x32")


@register("_random_uniform", "random_uniform", random=True, dynamic=("low", "high"), differentiable=False)
def uniform(
    *,
    low: float = 0.0,
    high: float = 1.0,
    shape: Shape = (1,),
    dtype: DType = DType("float32"),
    _key: Any = None,
) -> Any:
    """Numbers spread evenly over [low, high)."""
    # Drawn flat: the same numbers, and XLA compiles them several times faster than in four dimensions.
    unit = jax.random.uniform(key_of(_key), (math.prod(shape),), dtype).reshape(shape)
    return unit * jnp.asarray(high - low, dtype) + jnp.asarray(low, dtype)


@register("_random_normal", "random_normal", random=True, dynamic=("loc", "scale"), differentiable=False)
def normal(
    *,
    loc: float = 0.0,
    scale: float = 1.0,
    shape: Shape = (1,),
    dtype: DType = DType("float32"),
    _key: Any = None,
) -> Any:
    """Gaussian numbers of mean `loc` and standard deviation `scale`."""
    unit = jax.random.normal(key_of(_key), (math.prod(shape),), dtype).reshape(shape)  # flat, as `uniform`
    return unit * jnp.asarray(scale, dtype) + jnp.asarray(loc, dtype)


@register("_random_randint", "random_randint", random=True, differentiable=False)
def randint(
    *, low: int, high: int, shape: Shape = (1,), dtype: DType = DType("int32"), _key: Any = None
) -> Any:
    """Integers spread evenly over [low, high)."""
    return jax.random.randint(key_of(_key), shape, low, high, dtype)


@register("_shuffle", "shuffle", random=True, differentiable=False)
def shuffle(data: Any, *, _key: Any = None) -> Any:
    """The slices along the first axis in a random order."""
    return jax.random.permutation(key_of(_key), data, axis=0)
