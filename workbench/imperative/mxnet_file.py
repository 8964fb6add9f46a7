"""Reading MXNet's own parameter files, in which published weights are kept.

Such a file is a list of arrays and, for a dict, a list of their names, all little-endian::

    uint64 0x112, uint64 0
    uint64 count, then so many arrays
    uint64 count, then so many names: uint64 length and the bytes

    array: uint32 magic, int32 storage type, int32 ndim, int64 lengths,
           int32 device type, int32 device number, int32 dtype, the elements in row-major order

MXNet 1.x's magic is 0xF993FAC9; 0xF993FAC8 (MXNet 0.9 to 0.12) had no storage type, and 0xF993FACA is written in
NumPy-shape mode.  Before them came the number of axes itself, with lengths of 32 bits.  A file may say anything, so
no length is believed before so many bytes are there.
"""

from __future__ import annotations

import math
import struct

import numpy as np

from workbench.types import as_dtype

MAGIC = (0x112).to_bytes(8, "little")
_FIRST, _DENSE, _NUMPY = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_MOST_AXES = 32
_DTYPES = ("float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool")
_BFLOAT16 = 12


class _Reader:
    """Takes bytes off the front, never more than there are."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self.at = 0

    def take(self, count: int) -> memoryview:
        left = len(self._data) - self.at
        if count > left:
            raise ValueError(f"it ends {count - left} bytes too early")
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self, kind: str) -> int:
        return int(struct.unpack(f"<{kind}", self.take(struct.calcsize(kind)))[0])

    @property
    def left(self) -> int:
        return len(self._data) - self.at


def read(data: bytes) -> list[np.ndarray] | dict[str, np.ndarray]:
    """The arrays of a file: a dict where they have names, else a list.

    Raises:
        ValueError: the file is cut off, corrupt, or holds something that is no dense array.
    """
    reader = _Reader(data)
    reader.take(16)
    arrays = [_array(reader) for _ in range(_count(reader, "arrays", 4))]
    names = [bytes(reader.take(reader.number("Q"))).decode() for _ in range(_count(reader, "names", 8))]
    if reader.left:
        raise ValueError(f"{reader.left} bytes follow the last name")
    if not names:
        return arrays
    if len(set(names)) != len(arrays) or len(names) != len(arrays):
        raise ValueError(f"{len(arrays)} arrays have {len(set(names))} different names")
    return dict(zip(names, arrays, strict=True))


def _count(reader: _Reader, what: str, least: int) -> int:
    count = reader.number("Q")
    if count * least > reader.left:
        raise ValueError(f"{count} {what} do not fit into {reader.left} bytes")
    return count


def _array(reader: _Reader) -> np.ndarray:
    magic = reader.number("I")
    if magic in (_DENSE, _NUMPY):
        storage = reader.number("i")
        if storage != 0:
            kind = {1: "row_sparse", 2: "csr"}.get(storage, f"of storage type {storage}")
            raise ValueError(f"an array is {kind}; only dense ones are read")
    named = magic in (_FIRST, _DENSE, _NUMPY)
    shape = _shape(reader, reader.number("i") if named else magic, "q" if named else "I")
    if not shape and magic != _NUMPY:
        raise ValueError("an array has no shape: it was never given a value")
    reader.take(8)  # the device it was on
    dtype = _dtype(reader.number("i"))
    raw = reader.take(math.prod(shape) * dtype.itemsize)
    return np.frombuffer(raw, dtype).reshape(shape)


def _shape(reader: _Reader, axes: int, kind: str) -> tuple[int, ...]:
    if not 0 <= axes <= _MOST_AXES:
        raise ValueError(f"an array has {axes} axes")
    shape = tuple(reader.number(kind) for _ in range(axes))
    if any(n < 0 for n in shape):
        raise ValueError(f"an array has the shape {shape}")
    return shape


def _dtype(code: int) -> np.dtype:
    if code != _BFLOAT16 and not 0 <= code < len(_DTYPES):
        raise ValueError(f"an array has the unknown dtype {code}")
    return as_dtype("bfloat16" if code == _BFLOAT16 else _DTYPES[code])
