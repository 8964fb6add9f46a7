"""What the arguments of a `ContractionExplorer` choose to look at, and within which bounds its choices keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from traitlets import TraitError

from workbench.errors import ArgumentError
from workbench_widgets.contraction_studies import (
    TensorStudy,
    own_activation,
    own_weight,
    study_named,
    weight_of,
)

OUTPUTS = 1000  # of the dense layer behind a tensor of the user's
MOST = 10**12  # outputs or samples: costs stay numbers that a browser has


def study_given(
    tensor: Any,
    study: str | None,
    weight: Any,
    block: Any,
    in_shape: Sequence[int] | None,
    outputs: int | None,
) -> TensorStudy:
    """The study that the arguments of the call ask for.

    Raises:
        ArgumentError: more than one tensor was given, what was given is none, or an argument goes with another one.
        ShapeError: a tensor has fewer than two modes, or `in_shape` does not fit.
    """
    if sum(each is not None for each in (tensor, study, weight, block)) > 1:
        raise ArgumentError("ContractionExplorer takes a tensor, study=…, weight=… or block=…: one of them")
    held = weight if block is None else weight_of(block)
    goes_with = (("in_shape", in_shape, held is not None), ("outputs", outputs, held is None))
    for name, given, goes in goes_with:
        if given is not None and not goes:
            raise ArgumentError(f"ContractionExplorer: {name}=… does not go with what is studied here")
    if tensor is not None:
        return own_activation(tensor, outputs or OUTPUTS)
    return study_named(study or "alexnet") if held is None else own_weight(held, in_shape)


def valid_ranks(study: TensorStudy, ranks: Sequence[Any]) -> list[int]:
    """A whole number a mode, from 1 to its size.

    Raises:
        TraitError: they are not.
    """
    whole = all(isinstance(r, (int, np.integer)) and not isinstance(r, bool) for r in ranks)
    fit = whole and len(ranks) == len(study.shape)
    if not fit or not all(1 <= r <= n for r, n in zip(ranks, study.shape, strict=True)):
        raise TraitError(f"ranks={ranks}: {study.title!r} takes a number a mode, from 1 to {study.shape}")
    return [int(r) for r in ranks]


def valid_count(study: TensorStudy, name: str, value: int) -> int:
    """Of outputs or samples; a weight has as many outputs as it has.

    Raises:
        TraitError: it is below 1 or above `MOST`, or not that of the weight.
    """
    if not 1 <= value <= MOST:
        raise TraitError(f"{name}={value}: a number from 1 to {MOST:g}")
    if name == "outputs" and study.role == "weight" and value != study.outputs:
        raise TraitError(f"outputs={value}: {study.title!r} has {study.outputs}")
    return value


def valid_limit(value: float) -> float:
    """A share of the best order's temporary memory.

    Raises:
        TraitError: it is none.
    """
    if not 0 < value <= 1:
        raise TraitError(f"limit={value}: a share above 0, up to 1")
    return value
