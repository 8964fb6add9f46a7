"""One direction of one recurrent layer, and its gradient.

Only what truly waits for the step before runs step by step.  The products with the inputs are one large product
for all steps, before the scan.  The gradient keeps the states alone: from them the gates of all steps are computed
again at once, the backward scan carries a cotangent through the cells, and the weights' gradients are again one
product over all steps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}


class Weights(NamedTuple):
    """One direction of one layer, for g gates of h units: (g h, inputs), (g h, h), (g h,), (g h,)."""

    inputs: Any
    states: Any
    input_bias: Any
    state_bias: Any


def _cell(mode: str, p: Any, r: Any, h: Any, c: Any) -> tuple[Any, Any]:
    """One step, element by element.

    Args:
        mode: the kind of cell.
        p: what the inputs send to the gates, (n, gates h).
        r: what the state before sends to them.
        h: the state before, (n, h).
        c: the LSTM's memory before, (n, h), else None.

    Returns:
        The new h and c.
    """
    if mode == "lstm":
        i, f, g, o = jnp.split(p + r, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c
    if mode == "gru":
        (p_reset, p_keep, p_new), (r_reset, r_keep, r_new) = jnp.split(p, 3, -1), jnp.split(r, 3, -1)
        keep = jax.nn.sigmoid(p_keep + r_keep)
        new = jnp.tanh(p_new + jax.nn.sigmoid(p_reset + r_reset) * r_new)
        return (1 - keep) * new + keep * h, c
    return (jnp.tanh(p + r) if mode == "rnn_tanh" else jnp.maximum(p + r, 0)), c


def _step(mode: str, p: Any, r: Any, h: Any, c: Any, alive: Any) -> tuple[Any, Any]:
    """A step that leaves the states of sequences that have ended as they are."""
    new_h, new_c = _cell(mode, p, r, h, c)
    if alive is None:
        return new_h, new_c
    return jnp.where(alive, new_h, h), None if c is None else jnp.where(alive, new_c, c)


def run(mode: str, x: Any, h: Any, c: Any, w: Weights, alive: Any, reverse: bool) -> Any:
    """One direction of one layer: ((t, n, h) outputs, (t, n, h) memories or None, last h, last c)."""

    def step(states: Any, now: Any) -> Any:
        (h, c), (p, living) = states, now
        h, c = _step(mode, p, h @ w.states.T + w.state_bias, h, c, living)
        return (h, c), (h if living is None else jnp.where(living, h, 0), c)

    inputs = x @ w.inputs.T + w.input_bias
    (h, c), (outputs, memories) = lax.scan(step, (h, c), (inputs, alive), reverse=reverse)
    return outputs, memories, h, c


def _before(first: Any, later: Any, reverse: bool) -> Any:
    """What each step finds: the initial value, then what the steps before left."""
    return jnp.concatenate([later[1:], first[None]] if reverse else [first[None], later[:-1]])


class Pull(NamedTuple):
    """Cotangents of a layer's inputs, initial states and weights."""

    x: Any
    h: Any
    c: Any
    weights: Weights


def run_back(
    mode: str, x: Any, h: Any, w: Weights, alive: Any, reverse: bool, outputs: Any, g_outputs: Any, g_h: Any,
    c: Any, memories: Any, g_c: Any, g_memories: Any,
) -> Pull:  # fmt: skip
    """The gradient of `run`, from its outputs and memories."""
    states = _before(h, outputs, reverse)
    if alive is not None:  # where a sequence has ended its output is 0; what runs backwards starts there
        states = jnp.where(_before(jnp.zeros_like(alive[0]), alive, reverse), states, h)
        g_outputs = jnp.where(alive, g_outputs, 0)
    inputs = x @ w.inputs.T + w.input_bias
    recurrent = states @ w.states.T + w.state_bias
    found = (inputs, recurrent, states, None if c is None else _before(c, memories, reverse))

    def step(carried: Any, now: Any) -> Any:
        g_h, g_c = carried
        *found, living, g, g_memory = now
        _, pull = jax.vjp(lambda p, r, h, c: _step(mode, p, r, h, c, living), *found)
        g_p, g_r, g_direct, g_c = pull((g_h + g, g_c if g_memory is None else g_c + g_memory))
        return (g_direct + g_r @ w.states, g_c), (g_p, g_r)

    now = (*found, alive, g_outputs, g_memories)
    (g_h, g_c), (g_p, g_r) = lax.scan(step, (g_h, g_c), now, reverse=not reverse)
    made = Weights(
        jnp.einsum("tng,tni->gi", g_p, x),
        jnp.einsum("tng,tnh->gh", g_r, states),
        jnp.sum(g_p, (0, 1)),
        jnp.sum(g_r, (0, 1)),
    )
    return Pull(g_p @ w.inputs, g_h, g_c, made)
