"""Random programs that NDArray, Symbol and JAX can all run: operators with shared parts, dead ends and constants.

Every value has one shape, so that any two can be combined; what an operator changes of it is put back in the
same step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

SHAPE = (2, 3)
INPUTS = 2


class Step(NamedTuple):
    op: str
    first: int
    second: int
    number: float


class Program(NamedTuple):
    """Steps on a growing list of values that starts with the inputs, and which values are asked for."""

    steps: tuple[Step, ...]
    heads: tuple[int, ...]

    def run(self, space: Any, inputs: Sequence[Any]) -> list[Any]:
        """The heads in `nd`, in `sym`, or by JAX where `space` is None."""
        values = list(inputs)
        for op, first, second, number in self.steps:
            a, b = values[first % len(values)], values[second % len(values)]
            mine, jax_version = STEPS[op]
            values.append(jax_version(a, b, number) if space is None else mine(space, a, b, number))
        return [values[h % len(values)] for h in self.heads]

    def inputs(self) -> list[np.ndarray]:
        rng = np.random.default_rng(len(self.steps))
        return [rng.uniform(-1, 1, SHAPE) for _ in range(INPUTS)]


STEPS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "tanh": (lambda F, a, b, s: F.tanh(a), lambda a, b, s: jnp.tanh(a)),
    "sin": (lambda F, a, b, s: F.sin(a), lambda a, b, s: jnp.sin(a)),
    "add": (lambda F, a, b, s: a + b, lambda a, b, s: a + b),
    "sub": (lambda F, a, b, s: F.elemwise_sub(a, b), lambda a, b, s: a - b),
    "mul": (lambda F, a, b, s: a * b, lambda a, b, s: a * b),
    "scale": (lambda F, a, b, s: a * s, lambda a, b, s: a * s),
    "shift": (lambda F, a, b, s: s - a, lambda a, b, s: s - a),
    "spread": (
        lambda F, a, b, s: F.broadcast_add(F.sum(a, axis=1, keepdims=True), b),
        lambda a, b, s: a.sum(1, keepdims=True) + b,
    ),
    "dense": (
        lambda F, a, b, s: F.dot(F.FullyConnected(a, b, num_hidden=2, no_bias=True), F.softmax(b)),
        lambda a, b, s: (a @ b.T) @ (jnp.exp(b) / jnp.exp(b).sum(-1, keepdims=True)),
    ),
    "turn": (
        lambda F, a, b, s: F.reshape(F.transpose(a), shape=(2, 3)),
        lambda a, b, s: a.T.reshape(2, 3),
    ),
    "constant": (
        lambda F, a, b, s: F.broadcast_mul(F.tanh(F._full(shape=SHAPE, value=s, dtype="float64")), a),
        lambda a, b, s: jnp.tanh(jnp.full(SHAPE, s)) * a,
    ),
    "neutral": (lambda F, a, b, s: (a * 1.0) + 0.0, lambda a, b, s: a),
    "parts": (
        lambda F, a, b, s: F.concat(*F.split(a, num_outputs=3, axis=1), dim=1) * b,
        lambda a, b, s: a * b,
    ),
}

STEP = st.builds(
    Step,
    st.sampled_from(sorted(STEPS)),
    st.integers(0, 11),
    st.integers(0, 11),
    st.sampled_from([0.5, -1.5, 1.0]),
)
PROGRAMS = st.builds(
    Program,
    st.lists(STEP, min_size=2, max_size=9).map(tuple),
    st.lists(st.integers(0, 11), min_size=1, max_size=2).map(lambda heads: (-1, *heads[1:])),
)
