"""Reading PyTorch's parameter files with NumPy alone.

Until version 1.6 `torch.save` wrote, one after another: four pickles (a magic number, the protocol, the machine's
sizes, the value), a pickled list of keys, and for each key a *storage*: its number of elements as int64, and the
elements.  In the value a tensor is no array but a call: *rebuild* a view of that storage, from this element on, with
this shape and these strides.  Here the call makes a record of its arguments, and the views are cut afterwards, each
checked against the storage it lies in.

A file may say anything.  `read_pickle` runs nothing of it, and no size is believed before so many bytes are there.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from workbench.errors import SymbolFileError
from workbench.gluon.model_zoo.pickle_reader import read_pickle, shown

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
MOST_AXES = 32
MOST_VIEWS = 4  # of an element, on average: weights are tied now and then
LONGEST = 2**48  # of an axis; without elements it may be longer than its storage
STORAGES = {
    "torch.DoubleStorage": "<f8",
    "torch.FloatStorage": "<f4",
    "torch.HalfStorage": "<f2",
    "torch.LongStorage": "<i8",
    "torch.IntStorage": "<i4",
    "torch.ShortStorage": "<i2",
    "torch.CharStorage": "<i1",
    "torch.ByteStorage": "<u1",
}


class _Storage(NamedTuple):
    """Where elements lie: a key of the file, their dtype and number."""

    key: str
    dtype: str
    length: int


class _Tensor(NamedTuple):
    """A view of a storage; offset and strides in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_torch_file(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of a dict of tensors that ``torch.save`` wrote before PyTorch 1.6, in the file's order.

    Raises:
        SymbolFileError: the file is cut off, corrupt, of another format, or asks for code to be run; none is.
    """
    file = io.BytesIO(Path(path).read_bytes())
    try:
        return _read(file)
    except ValueError as error:
        raise SymbolFileError(f"{path}: {error}") from error


def _read(file: io.BytesIO) -> dict[str, np.ndarray]:
    if file.getvalue().startswith(b"PK"):
        raise ValueError(
            "it is the zip archive that PyTorch writes since version 1.6; the format before is read"
        )
    _check_head(file)
    used: dict[str, _Storage] = {}
    tensors = _unpickled(file, used)
    if not isinstance(tensors, dict):
        raise ValueError(f"it holds {shown(tensors)}, not tensors by name")
    storages = {key: _elements(file, used[key]) for key in _keys(file, used)}
    if left := len(file.getbuffer()) - file.tell():
        raise ValueError(f"{left} bytes follow the last storage")
    return _arrays(tensors, storages)


def _arrays(tensors: dict[str, Any], storages: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors as arrays of their own, unless a small file would fill the memory with views of its storages."""
    left = MOST_VIEWS * sum(map(len, storages.values()))
    arrays = {}
    for name, tensor in tensors.items():
        arrays[name] = _array(name, tensor, storages)
        left -= arrays[name].size
        if left < 0:
            raise ValueError(f"its tensors show each element of its storages more than {MOST_VIEWS} times")
    return arrays


def _check_head(file: io.BytesIO) -> None:
    magic, protocol, machine = (_unpickled(file, {}) for _ in range(3))
    if magic != MAGIC or protocol != PROTOCOL:
        raise ValueError(
            "it is no file of PyTorch's: it does not start with the magic number and protocol 1001"
        )
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise ValueError("it was written on a machine that puts the highest byte first")


def _unpickled(file: io.BytesIO, used: dict[str, _Storage]) -> Any:
    """The next pickle's value; `used` gathers the storages that its tensors lie in."""

    def stored(identity: Any) -> _Storage:
        match identity:
            case ("storage", str(dtype), str(key), str(), int(count), None) if dtype in STORAGES.values():
                storage = used.setdefault(key, _Storage(key, dtype, count))
                if storage == (key, dtype, count) and count >= 0:
                    return storage
        raise ValueError(f"it describes a storage by {shown(identity)}")

    return read_pickle(
        file,
        {"collections.OrderedDict": _empty, "torch._utils._rebuild_tensor_v2": _rebuilt, **STORAGES},
        stored,
    )


def _empty(*arguments: Any) -> dict[str, Any]:
    if arguments:
        raise ValueError(f"it makes a dict of {shown(arguments)}")
    return {}


def _rebuilt(*arguments: Any) -> _Tensor:
    match arguments:
        case (_Storage() as storage, int(offset), tuple(shape), tuple(strides), bool(), *_):
            numbers = (offset, *shape, *strides)
            if len(shape) == len(strides) <= MOST_AXES and all(type(n) is int and n >= 0 for n in numbers):
                return _Tensor(storage, offset, shape, strides)
    raise ValueError(f"it describes a tensor by {shown(arguments)}")


def _keys(file: io.BytesIO, used: dict[str, _Storage]) -> list[str]:
    """The storages that follow, in their order."""
    keys = _unpickled(file, {})
    given = keys if isinstance(keys, list) and all(isinstance(k, str) for k in keys) else []
    if sorted(given) != sorted(used):
        raise ValueError("the storages that follow are not those of its tensors")
    return given


def _elements(file: io.BytesIO, storage: _Storage) -> np.ndarray:
    count = int.from_bytes(_taken(file, 8), "little")
    if count != storage.length:
        raise ValueError(f"storage {storage.key!r} has {count} elements, its tensors say {storage.length}")
    return np.frombuffer(_taken(file, count * np.dtype(storage.dtype).itemsize), storage.dtype)


def _taken(file: io.BytesIO, count: int) -> memoryview:
    data = file.getbuffer()[file.tell() : file.tell() + count]
    if len(data) < count:
        raise ValueError(f"it ends {count - len(data)} bytes too early")
    file.seek(count, io.SEEK_CUR)
    return data


def _array(name: str, tensor: Any, storages: dict[str, np.ndarray]) -> np.ndarray:
    """The tensor as an array of its own; a view that shows an element twice is not read."""
    if not isinstance(tensor, _Tensor):
        raise ValueError(f"{name!r} is {shown(tensor)}, not a tensor")
    storage, offset, shape, strides = tensor
    data = storages[storage.key]
    last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    empty = 0 in shape
    reach = 0 if empty else max(math.prod(shape), last + 1)
    if reach > len(data) or max(shape, default=0) > LONGEST:
        raise ValueError(
            f"tensor {name!r} of shape {shape} reaches beyond its storage of {len(data)} elements"
        )
    steps = [s * data.itemsize if n > 1 and not empty else 0 for n, s in zip(shape, strides, strict=True)]
    return np.lib.stride_tricks.as_strided(data[min(offset, len(data)) :], shape, steps).copy()
