"""Figures of a network before and after its compression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.errors import ShapeError
from workbench.tensor.compressible import as_numpy
from workbench.tensor.forward import Forward
from workbench.tensor.sensitivity import relative
from workbench.types import Quantity

DENSE = "numbers in the weights of layers that can be factorised"
ALL = "numbers in all parameters and states"
OUTPUT_ERROR = "‖outputs − outputs before‖ / ‖outputs before‖ on the sample data"
AGREEMENT = "examples of the sample whose largest output is the one it was before"
ACCURACY = "examples of the sample whose largest output is their label"


def costs(forward: Forward, dense: int, repeats: int) -> tuple[Quantity, ...]:
    """What a network takes: parameters, work, time, memory; `dense` are those of its layers that can be factorised."""
    whole = sum(forward.values[n].size for n in forward.parameters)
    return (
        Quantity(dense, "1", "predicted", DENSE, "dense parameters"),
        Quantity(whole, "1", "predicted", ALL, "all parameters"),
        forward.work,
        forward.time(repeats),
        forward.memory,
    )


def likeness(outputs: Sequence[np.ndarray], before: Sequence[np.ndarray]) -> tuple[Quantity, ...]:
    """How near a network's outputs are to those before, and how often they say the same."""
    found = [Quantity(relative(outputs, before), "1", "measured", OUTPUT_ERROR, "output error")]
    if outputs[0].ndim > 1:
        share = float(np.mean(outputs[0].argmax(-1) == before[0].argmax(-1)))
        found.append(Quantity(share, "1", "measured", AGREEMENT, "agreement"))
    return tuple(found)


def accuracy(outputs: np.ndarray, labels: Any) -> tuple[Quantity, ...]:
    """The share of right answers, where labels are given.

    Raises:
        ShapeError: there is not one label for each answer.
    """
    if labels is None:
        return ()
    right = as_numpy(labels)
    if right.shape != outputs.shape[:-1]:
        raise ShapeError(f"compress(): labels of {right.shape} do not fit outputs of {outputs.shape}")
    return (Quantity(float(np.mean(outputs.argmax(-1) == right)), "1", "measured", ACCURACY, "accuracy"),)
