"""Calling a block on `jax.Array`s: eagerly, or under `jax.jit`, `jax.grad` and `jax.vmap`.

Inside a transformation the arrays are tracers.  Their calls must neither wait beside ordinary ones nor
outlive the transformation, so what waits runs before and after.  The block's parameters are
constants there; `HybridBlock.to_jax` gives a function that takes them as arguments.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import jax

from workbench.errors import AutogradError
from workbench.imperative import autograd, nd
from workbench.imperative.ndarray import NDArray
from workbench.runtime import engine

if TYPE_CHECKING:
    from workbench.gluon.block.block import Block


def on_jax(block: Block, args: tuple[Any, ...]) -> Any:
    """Calls a block on JAX arrays; gives JAX arrays.

    Raises:
        AutogradError: in training mode, where states such as moving averages would be written.
    """
    if autograd.is_training():
        raise AutogradError(
            f"{block.name} was called on JAX arrays in training mode, which writes states; call it in "
            "autograd.predict_mode(), or use .to_jax(train=True), which returns them"
        )
    engine.flush()
    device = next(
        (c for p in block.collect_params().values() if p.is_initialized for c in p.list_ctx()), None
    )
    with autograd.pause(), device or nullcontext():
        out = block(*[_wrapped(a) for a in args])
        return _unwrapped(out)


def _wrapped(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map(_wrapped, value))
    return nd.from_jax(value) if isinstance(value, jax.Array) else value


def _unwrapped(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map(_unwrapped, value))
    return value.jax if isinstance(value, NDArray) else value
