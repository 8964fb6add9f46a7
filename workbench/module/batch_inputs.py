"""Which array of a batch feeds which variable.

A batch is a list of arrays; a network has named variables.  The names come from the batch's own
description if it has one, else from the order the module was bound with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, did_you_mean
from workbench.imperative.nd import NDArray
from workbench.module.split import joined
from workbench.train.io import DataBatch, DataDesc

Arrays = dict[str, Any]


def described(given: Any, names: Sequence[str], what: str) -> list[DataDesc]:
    """Descriptions from (name, shape) pairs, for exactly the variables in `names`.

    Raises:
        ArgumentError: an entry is no such pair, or the names are others than the module's.
    """
    if not isinstance(given, (list, tuple)) or not all(_is_pair(entry) for entry in given):
        raise ArgumentError(f"{what} must be a list of (name, shape), got {given!r}")
    descs = [entry if isinstance(entry, DataDesc) else DataDesc(*entry) for entry in given]
    _check_names([d.name for d in descs], names, what)
    return descs


def _is_pair(entry: Any) -> bool:
    if not (isinstance(entry, (tuple, list)) and len(entry) >= 2 and isinstance(entry[0], str)):
        return False
    shape = entry[1]
    return isinstance(shape, (tuple, list)) and all(
        isinstance(n, (int, np.integer)) and n >= 0 for n in shape
    )


def _check_names(given: Sequence[str], names: Sequence[str], what: str) -> None:
    for name in given:
        if name not in names:
            raise ArgumentError(
                f"{what} has {name!r}; the module's names are {_listed(names)}.{did_you_mean(name, names)}"
            )
    missing = [name for name in names if name not in given]
    if missing or len(given) != len(names):
        raise ArgumentError(f"{what} has {_listed(given)}; the module needs {_listed(names)}, each once")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names)) or "none"


def whole(batch: Any) -> Any:
    """A batch given in parts, one a device, as one; any other batch as it is.

    Raises:
        ArgumentError: the list is empty, or the parts hold different numbers of arrays.
    """
    if not isinstance(batch, list):
        return batch
    if not batch or not all(hasattr(part, "data") for part in batch):
        raise ArgumentError(f"a list of batches must hold io.DataBatch objects, at least one; got {batch!r}")
    data, label = (
        _joined([getattr(part, kind, None) or [] for part in batch], kind) for kind in ("data", "label")
    )
    return DataBatch(data, label)


def _joined(parts: Sequence[Sequence[Any]], kind: str) -> list[NDArray]:
    counts = [len(part) for part in parts]
    if len(set(counts)) > 1:
        raise ArgumentError(f"the parts of a batch need as many {kind} arrays each, got {counts}")
    return [joined(arrays, 0) for arrays in zip(*parts, strict=True)]


def named(batch: Any, kind: str, names: Sequence[str]) -> Arrays:
    """The batch's arrays of one kind, ``"data"`` or ``"label"``, by variable; none if it has none.

    Args:
        names: the variables, in the order that an undescribed batch follows.

    Raises:
        ArgumentError: it is no batch, the number of arrays is wrong, or its description names others.
    """
    if not hasattr(batch, "data"):
        raise ArgumentError(f"a batch has a list .data (io.DataBatch), got {type(batch).__name__}")
    arrays = getattr(batch, kind, None)
    if not arrays or not names:
        return {}
    provided = getattr(batch, f"provide_{kind}", None)
    order = [entry[0] for entry in provided] if provided else list(names)
    if len(arrays) != len(order):
        raise ArgumentError(
            f"the batch has {len(arrays)} {kind} arrays, needed are {len(order)}: {_listed(order)}"
        )
    _check_names(order, names, f"the batch's provide_{kind}")
    found = dict(zip(order, arrays, strict=True))
    for name, array in found.items():
        if not isinstance(array, (NDArray, np.ndarray)):
            raise ArgumentError(f"the batch's {name!r} must be an array, got {type(array).__name__}")
    return found


def descriptions_of(arrays: Arrays, batch: Any, kind: str) -> list[DataDesc]:
    """What a module is bound by to take this batch; NumPy arrays count as float32, as in `nd.array`."""
    provided = {entry[0]: entry for entry in getattr(batch, f"provide_{kind}", None) or ()}
    return [
        DataDesc(
            name,
            array.shape,
            array.dtype if isinstance(array, NDArray) else np.float32,
            getattr(provided.get(name), "layout", "NCHW"),
        )
        for name, array in arrays.items()
    ]


def resized(descs: Sequence[DataDesc], arrays: Arrays) -> list[DataDesc]:
    """The same descriptions with the shapes of these arrays."""
    return [DataDesc(d.name, arrays[d.name].shape, d.dtype, d.layout) for d in descs]
