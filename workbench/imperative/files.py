"""Saving and loading arrays: safetensors files, and MXNet's own for reading.

Neither holds anything but numbers and names, so opening a file never runs what is in it.  safetensors
sorts its tensors; what was saved, a list or a dict, and in which order, stands in the file's metadata.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.errors import ArgumentError, SymbolFileError, reading
from workbench.imperative import mxnet_file
from workbench.imperative.make import array
from workbench.imperative.ndarray import NDArray
from workbench.types import as_dtype

Arrays = list[NDArray] | dict[str, NDArray]

_SAVED = "workbench"  # the metadata's key
_DTYPES = {"BOOL": "bool", "BF16": "bfloat16"} | {
    f"{kind[0].upper()}{bits}": f"{kind}{bits}"
    for kind, widths in {"float": (16, 32, 64), "int": (8, 16, 32, 64), "uint": (8, 16, 32, 64)}.items()
    for bits in widths
}


def save(fname: str | Path, data: NDArray | Sequence[NDArray] | Mapping[str, NDArray]) -> None:
    """Saves one array, a list of arrays or a dict of arrays, as a safetensors file.

    Raises:
        ArgumentError: something in it is not an NDArray, or a name is not text.
        ExecutionError: computing one of them failed; a file that was there is left as it was.
    """
    from safetensors.numpy import save as packed  # loaded by who saves, not by who imports

    named, is_list = _named(data)
    arrays = {
        name: np.ascontiguousarray(value.asnumpy()).reshape(value.shape) for name, value in named.items()
    }
    saved = json.dumps({"list": is_list, "names": list(arrays)})
    Path(fname).write_bytes(packed(arrays, {_SAVED: saved}))


def _named(data: Any) -> tuple[dict[str, NDArray], bool]:
    if isinstance(data, Mapping):
        named, is_list = dict(data), False
    elif isinstance(data, (NDArray, list, tuple)):
        items = [data] if isinstance(data, NDArray) else data
        named, is_list = {str(i): a for i, a in enumerate(items)}, True
    else:
        raise ArgumentError(
            f"nd.save() takes an NDArray, or a list or dict of them, got {type(data).__name__}"
        )
    for name, value in named.items():
        if not isinstance(name, str) or name == "__metadata__":
            raise ArgumentError(f"nd.save(): a name must be text and not '__metadata__', got {name!r}")
        if not isinstance(value, NDArray):
            raise ArgumentError(f"nd.save(): {name!r} is a {type(value).__name__}, not an NDArray")
    return named, is_list


@checked
def load(fname: str | Path) -> Arrays:
    """Loads a list or a dict of arrays: what `save` wrote, another safetensors file, or one of MXNet's ``.params``.

    Raises:
        MissingFileError: there is no such file.
        SymbolFileError: it is none of these, or corrupt.
    """
    with reading(fname):
        found = Path(fname).read_bytes()
    return _load(found, str(fname))


def load_frombuffer(buf: bytes) -> Arrays:
    """`load` for a file's contents.

    Raises:
        SymbolFileError: as for `load`.
        ArgumentError: it is not bytes.
    """
    if not isinstance(buf, (bytes, bytearray, memoryview)):
        raise ArgumentError(f"nd.load_frombuffer() takes bytes, got {type(buf).__name__}")
    return _load(bytes(buf), "the buffer")


def _load(data: bytes, place: str) -> Arrays:
    try:
        found = mxnet_file.read(data) if data.startswith(mxnet_file.MAGIC) else _read(data)
    except Exception as error:  # safetensors, JSON and NumPy each have their own
        reason = str(error) or type(error).__name__
        raise SymbolFileError(
            f"{place} is not a parameter file of the workbench or of MXNet: {reason}"
        ) from error
    if isinstance(found, dict):
        return {name: array(value, dtype=value.dtype) for name, value in found.items()}
    return [array(value, dtype=value.dtype) for value in found]


def _read(data: bytes) -> list[np.ndarray] | dict[str, np.ndarray]:
    from safetensors import deserialize

    arrays = {name: _array(view) for name, view in deserialize(data)}
    saved = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__", {}).get(_SAVED)
    if saved is None:
        return arrays
    facts = json.loads(saved)
    if sorted(facts["names"]) != sorted(arrays):
        raise ValueError(f"it holds {', '.join(map(repr, arrays)) or 'nothing'}, and says {facts['names']}")
    ordered = {name: arrays[name] for name in facts["names"]}
    return list(ordered.values()) if facts["list"] else ordered


def _array(view: Mapping[str, Any]) -> np.ndarray:
    if view["dtype"] not in _DTYPES:
        raise ValueError(f"a tensor has the dtype {view['dtype']}, which the workbench does not compute with")
    return np.frombuffer(view["data"], as_dtype(_DTYPES[view["dtype"]])).reshape(view["shape"])
