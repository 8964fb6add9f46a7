"""Optimizer states as bytes that are safe to open.

MXNet pickles them, and opening a pickle runs whatever is in it.  Here the arrays are an npz archive
and the rest, which index has which arrays in which structure, is JSON beside them.  An array is
stored as whole numbers of its element size, with its dtype's name in the JSON, because npz has no
bfloat16.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.errors import SymbolFileError
from workbench.imperative import nd
from workbench.types import as_dtype

FORMAT = "workbench optimizer states 1"
States = dict[Any, Any]


def dump(states: States, settings: dict[str, Any] | None) -> bytes:
    """States (by integer or text index: None, arrays and tuples of them) and settings as bytes."""
    arrays: list[np.ndarray] = []
    rows = [[index, _flatten(state, arrays)] for index, state in states.items()]
    header = {
        "format": FORMAT,
        "states": rows,
        "dtypes": [a.dtype.name for a in arrays],
        "settings": settings,
    }
    stored = {str(i): a.view(f"u{a.dtype.itemsize}") for i, a in enumerate(arrays)}
    buffer = io.BytesIO()
    np.savez(buffer, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **stored)  # type: ignore[arg-type]
    return buffer.getvalue()


def load(data: bytes) -> tuple[States, dict[str, Any] | None]:
    """The states and settings `dump` was given; arrays come back on the CPU.

    Raises:
        SymbolFileError: the bytes are damaged or of another format.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            header = json.loads(archive["header"].tobytes())
            if header["format"] != FORMAT:
                raise SymbolFileError(f"optimizer states are of format {header['format']!r}, not {FORMAT!r}")
            arrays = [archive[str(i)].view(as_dtype(name)) for i, name in enumerate(header["dtypes"])]
        states = {index: _unflatten(tree, arrays) for index, tree in header["states"]}
        return states, header["settings"]
    except SymbolFileError:
        raise
    except Exception as error:  # zip files, NumPy's arrays and JSON each have their own
        raise SymbolFileError(f"these {len(data)} bytes are not optimizer states: {error}") from error


def _flatten(state: Any, arrays: list[np.ndarray]) -> Any:
    if state is None:
        return None
    if isinstance(state, (tuple, list)):
        return [_flatten(each, arrays) for each in state]
    arrays.append(np.asarray(state.asnumpy(), order="C"))
    return len(arrays) - 1


def _unflatten(tree: Any, arrays: Sequence[np.ndarray]) -> Any:
    if tree is None:
        return None
    if isinstance(tree, list):
        return tuple(_unflatten(each, arrays) for each in tree)
    return nd.array(arrays[tree], dtype=arrays[tree].dtype)
