"""Saving arrays: a NumPy ``.npz`` archive, read with pickling off.

MXNet's own binary files are not read; a list is stored under the names ``0``, ``1``, … with a marker.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, SymbolFileError
from workbench.imperative.ndarray import NDArray, array
from workbench.types import as_dtype

_LIST = "__list__"


def save(fname: str | Path, data: NDArray | Sequence[NDArray] | Mapping[str, NDArray]) -> None:
    """Saves one array, a list of arrays or a dict of arrays.

    Raises:
        ArgumentError: something in it is not an NDArray.
    """
    named: dict[str, NDArray]
    if isinstance(data, Mapping):
        named = dict(data)
    else:
        items = [data] if isinstance(data, NDArray) else list(data)
        named = {_LIST: array([len(items)])} | {str(i): a for i, a in enumerate(items)}
    for name, value in named.items():
        if not isinstance(value, NDArray):
            raise ArgumentError(f"nd.save(): {name!r} is a {type(value).__name__}, not an NDArray")
    with open(fname, "wb") as file:
        arrays: dict[str, Any] = {name: value.asnumpy() for name, value in named.items()}
        np.savez(file, **arrays)


def load(fname: str | Path) -> list[NDArray] | dict[str, NDArray]:
    """Loads what `save` wrote: a list or a dict of arrays.

    Raises:
        SymbolFileError: the file is not such an archive, or holds Python objects.
    """
    try:
        with np.load(fname, allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
    except (ValueError, zipfile.BadZipFile, EOFError, KeyError, TypeError, AttributeError) as error:
        raise SymbolFileError(f"{fname} is not a parameter file of the workbench: {error}") from error
    count = found.pop(_LIST, None)
    # npz has no bfloat16: it comes back as two bytes without a meaning.
    found = {n: a.view(as_dtype("bfloat16")) if a.dtype == "V2" else a for n, a in found.items()}
    arrays = {name: array(value, dtype=value.dtype) for name, value in found.items()}
    return arrays if count is None else [arrays[str(i)] for i in range(int(count[0]))]
