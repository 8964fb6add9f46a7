"""Parameter updates as operators: what all of them share.

An update is one more operation on tensors, so it is a node like any other: the step from weight to
new weight can share a compiled program with the forward and backward pass before it, and XLA can
fuse a whole optimizer into a few passes over memory.  Recording a node has a price, though, and a
network has many parameters, hence the ``multi_*`` forms: one node that updates them all.

Learning rate, weight decay, momentum, gradient scale and step number change from step to step; they
are *dynamic*, runtime inputs of the program, so a schedule never causes a compile.

Weights and states keep their dtype.  Arithmetic on float16 and bfloat16 is done in float32 and
rounded once, on the way out: 0.999, Adam's decay, is 1 in bfloat16.

Where weight decay enters is MXNet 1.9's choice and differs: the SGD family clips the gradient and
then adds ``wd * weight`` (`decayed`), Adam and RMSProp add first and clip the sum (`joined`), others
decay the weight beside the step.  A `clip_gradient` below zero clips nothing.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from workbench.errors import ShapeError
from workbench.ops.registry import Operator, register

Array = jax.Array
RATES = ("lr", "wd", "momentum", "rescale_grad")  # dynamic, and computed with in the weights' precision
STEP = "t"  # dynamic too, and left in float64: a decay to the power of t is close to 1


def update(name: str, *states: str, **facts: Any) -> Callable[[Callable[..., Any]], Operator]:
    """Registers a rule that gives a new weight, and new `states`, for a weight, a gradient and states.

    The rule computes in the dtype it is handed, the weight's or float32 if that is narrower; all of
    one shape.  What it returns takes the dtype of what it replaces.
    """

    def attach(rule: Callable[..., Any]) -> Operator:
        parameters = inspect.signature(rule).parameters
        defaults: dict[str, Any] = {
            "dynamic": tuple(n for n in parameters if n in (*RATES, STEP)),
            "writes": {state: i for i, state in enumerate(states, 1)},
            "visible": 1 if states else None,
            "differentiable": False,
            "update": True,
        }
        facts_of = {**defaults, **facts}
        return register(name, **facts_of)(_widened(rule, states, set(facts_of["dynamic"]) - {STEP}))

    return attach


def _widened(rule: Callable[..., Any], states: tuple[str, ...], narrow: set[str]) -> Callable[..., Any]:
    names = [n for n, p in inspect.signature(rule).parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]

    @functools.wraps(rule)
    def call(*arrays: Array, **attributes: Any) -> Any:
        given = dict(zip(names, arrays, strict=True))
        same_shape(given)
        dtype = wide(arrays[0])
        rates = {k: jnp.asarray(v).astype(dtype) if k in narrow else v for k, v in attributes.items()}
        made = rule(*[array.astype(dtype) for array in arrays], **rates)
        if not states:
            return made.astype(arrays[0].dtype)
        replaced = [arrays[0], *[given[state] for state in states]]
        return tuple(new.astype(old.dtype) for new, old in zip(made, replaced, strict=True))

    return call


def wide(weight: Array) -> Any:
    """The dtype a weight's arithmetic is done in."""
    return jnp.promote_types(weight.dtype, jnp.float32)


def same_shape(arrays: dict[str, Array], row: int | None = None) -> None:
    """Checks arrays by name against the first, the weight; `row` says which weight of several.

    Raises:
        ShapeError: one has another shape.
    """
    weight, *others = arrays.items()
    for name, other in others:
        if other.shape != weight[1].shape:
            which = "" if row is None else f"of parameter {row} "
            raise ShapeError(f"{name} {which}has shape {other.shape}, its weight has {weight[1].shape}")


def begun(beta: float, t: Any, weight: Array) -> Array:
    """``1 - betaᵗ``: how much of a decaying average its first t values make up, in the weight's dtype."""
    return jnp.asarray(1 - beta**t).astype(weight.dtype)


def clipped(value: Array, bound: float) -> Array:
    """`value` with each element within plus or minus `bound`; as it is for a negative bound."""
    return jnp.clip(value, -bound, bound) if bound >= 0 else value


def decayed(weight: Array, grad: Array, wd: Any, scale: Any, clip: float) -> Array:
    """The SGD family's gradient: scaled, clipped, then decayed."""
    return clipped(scale * grad, clip) + wd * weight


def joined(weight: Array, grad: Array, wd: Any, scale: Any, clip: float) -> Array:
    """Adam's and RMSProp's gradient: scaled, decayed, then clipped."""
    return clipped(scale * grad + wd * weight, clip)
