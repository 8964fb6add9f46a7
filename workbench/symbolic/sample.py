"""Arrays to run a training step on: a random batch, and parameters as at the start of training.

What is timed does not depend on the numbers, but a step should not be a step of zeros and infinities either.
So weights are drawn after He et al. (2015), scales and variances start at one, everything else at zero, and
labels are classes that the network knows.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from workbench.graph.composite import KEYS
from workbench.graph.node import Value
from workbench.runtime.device import Context
from workbench.symbolic.step import Step
from workbench.types import TensorType

ONES = ("gamma", "var")  # endings of names, as MXNet's Initializer goes by


def sample_inputs(step: Step, device: Context, seed: int = 0) -> list[jax.Array]:
    """Arrays for the inputs of the step's graph, in order, the same for the same seed."""
    rng = np.random.default_rng(seed)
    arrays = [_draw(step, node.name, step.types[Value(node)], rng) for node in step.graph.inputs]
    types = [step.types[Value(node)] for node in step.graph.inputs]
    with jax.enable_x64(True):
        return [
            jax.device_put(np.asarray(array, type_.dtype), device.jax_device)
            for array, type_ in zip(arrays, types, strict=True)
        ]


def _draw(step: Step, name: str, type_: TensorType, rng: np.random.Generator) -> Any:
    if name == KEYS:
        return rng.integers(0, 2**32, type_.shape)
    if name in step.labels:
        return _label(type_, step.types[step.labels[name]], rng)
    if name in step.data:
        drawn = rng.standard_normal(type_.shape)
        return drawn if type_.is_float else np.abs(drawn)
    if name.endswith(ONES):
        return np.ones(type_.shape)
    if name in step.states or len(type_.shape) < 2:
        return np.zeros(type_.shape)
    fan_in = type_.size // type_.shape[0]
    return rng.standard_normal(type_.shape) * np.sqrt(2 / fan_in)


def _label(type_: TensorType, prediction: TensorType, rng: np.random.Generator) -> Any:
    """A class number for each row of scores; where every score has a target, a number near zero."""
    classes = prediction.size // max(type_.size, 1)
    return rng.integers(0, classes, type_.shape) if classes > 1 else rng.standard_normal(type_.shape)
