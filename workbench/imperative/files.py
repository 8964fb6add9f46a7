"""Saving arrays: a NumPy ``.npz`` archive, read with pickling off.

MXNet's own binary files are not read; a list is stored under the names ``0``, ``1``, … with a marker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from workbench.errors import ArgumentError, SymbolFileError
from workbench.imperative.make import array
from workbench.imperative.ndarray import NDArray
from workbench.types import as_dtype

_LIST = "__list__"
_TAKEN = (_LIST, "file", "allow_pickle")  # the latter two are arguments of NumPy's writer


def save(fname: str | Path, data: NDArray | Sequence[NDArray] | Mapping[str, NDArray]) -> None:
    """Saves one array, a list of arrays or a dict of arrays.

    Raises:
        ArgumentError: something in it is not an NDArray, or its name is not text or is taken by the format.
    """
    named: dict[str, NDArray]
    if isinstance(data, Mapping):
        named = dict(data)
        _check_names(named)
    else:
        items = [data] if isinstance(data, NDArray) else list(data)
        named = {_LIST: array([len(items)])} | {str(i): a for i, a in enumerate(items)}
    for name, value in named.items():
        if not isinstance(value, NDArray):
            raise ArgumentError(f"nd.save(): {name!r} is a {type(value).__name__}, not an NDArray")
    arrays: dict[str, Any] = {name: value.asnumpy() for name, value in named.items()}
    with open(fname, "wb") as file:  # once every value is there: one that failed must not cost the old file
        np.savez(file, **arrays)


def _check_names(named: Mapping[str, NDArray]) -> None:
    for name in named:
        if not isinstance(name, str) or name in _TAKEN:
            raise ArgumentError(
                f"nd.save(): a name must be text and none of {', '.join(_TAKEN)}, got {name!r}"
            )


def load(fname: str | Path) -> list[NDArray] | dict[str, NDArray]:
    """Loads what `save` wrote: a list or a dict of arrays.

    Raises:
        SymbolFileError: the file is not such an archive, or holds Python objects.
    """
    with open(fname, "rb") as file:
        try:
            return _loaded(file)
        except Exception as error:  # a corrupt archive fails in as many ways as zip, zlib and NumPy know
            reason = str(error) or type(error).__name__
            raise SymbolFileError(f"{fname} is not a parameter file of the workbench: {reason}") from error


def _loaded(file: BinaryIO) -> list[NDArray] | dict[str, NDArray]:
    with np.load(file, allow_pickle=False) as archive:
        found = {name: np.asarray(archive[name]) for name in archive.files}
    # npz has no bfloat16: it comes back as two bytes without a meaning.
    found = {n: a.view(as_dtype("bfloat16")) if a.dtype == "V2" else a for n, a in found.items()}
    count = found.pop(_LIST, None)
    arrays = {name: array(value, dtype=value.dtype) for name, value in found.items()}
    if count is None:
        return arrays
    places = [str(i) for i in range(len(arrays))]
    if count.tolist() != [len(arrays)] or set(places) != set(arrays):
        raise ValueError(f"a list of {count.tolist()} arrays holds {', '.join(map(repr, arrays)) or 'none'}")
    return [arrays[place] for place in places]
