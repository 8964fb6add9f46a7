"""Examples from text files: comma-separated numbers, and libsvm's ``label index:value …`` lines.

A file is read as a whole when the iterator is made.  An epoch's last batch is rounded: it is filled up with the
first examples, and the next epoch begins after those.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.arguments import Count, Positive, checked
from workbench.errors import ArgumentError, DataFileError, NotSupportedError, reading
from workbench.imperative import nd
from workbench.train.io.array_iter import NDArrayIter
from workbench.types import as_dtype

Shape = Sequence[int]


class RoundedIter(NDArrayIter):
    """Examples in order, where an epoch begins after those that filled up the last batch of the one before.

    Args:
        data, label: arrays, in whose dtype the batches come.
        round_batch: as said; otherwise every epoch begins at the first example.
    """

    @checked
    def __init__(self, data: np.ndarray, label: np.ndarray, batch_size: Positive, round_batch: bool) -> None:
        self._round = round_batch
        self._first = self._borrowed = 0
        super().__init__(nd.array(data, dtype=data.dtype), nd.array(label, dtype=label.dtype), batch_size)

    def hard_reset(self) -> None:
        """Starts an epoch at the first example."""
        self._first = 0
        self._start()

    def reset(self) -> None:
        """Starts an epoch."""
        self._first = self._borrowed if self._round and self._at >= self._batches else 0
        self._start()

    def _arrange(self) -> None:
        first = self._first if self._first < self.num_data else 0
        left = self.num_data - first
        self._batches = -(-left // self.batch_size)
        self._borrowed = self._batches * self.batch_size - left
        self._order = (first + np.arange(left + self._borrowed)) % self.num_data
        self._at = -1

    def position(self) -> dict[str, Any]:
        """Where it stands: the epoch's first example, and the batch."""
        return {**self._described(), "first": self._first, "batch": self._at}

    def set_position(self, position: Mapping[str, Any]) -> None:
        """Goes to where an iterator over the same data stood.

        Raises:
            CheckpointError: that one was over another number of examples, or in other batches.
        """
        self._check_like(position)
        self._first = position["first"]
        self._arrange()
        self._at = position["batch"]

    @property
    def cursor(self) -> int:
        """Where in the file the current batch starts."""
        return self._first + self._at * self.batch_size

    def getpad(self) -> int:
        """Examples that fill up the epoch's last batch."""
        return self._borrowed if self._at == self._batches - 1 else 0


class CSVIter(RoundedIter):
    """Batches from files of comma-separated numbers, one example a line.

    Args:
        data_csv, label_csv: the files; without labels they are 0.
        data_shape, label_shape: of one example, without the batch.
        batch_size: examples a batch.
        round_batch: whether the next epoch begins after the examples that filled up the last batch.
        prefetch_buffer, ctx: MXNet's; the file is read at once and stays on the host, so they change nothing.
        dtype: of the batches; float32 by default.

    Raises:
        DataFileError: a line is not numbers, or not as many as the shape asks for.
        ArgumentError: the two files hold different numbers of lines.
    """

    @checked
    def __init__(
        self,
        data_csv: str,
        data_shape: Shape,
        label_csv: str | None = None,
        label_shape: Shape = (1,),
        batch_size: Positive = 1,
        round_batch: bool = True,
        prefetch_buffer: int = 4,
        ctx: str = "cpu",
        dtype: Any = None,
    ) -> None:
        kind = as_dtype(dtype or "float32")
        data = _table(data_csv, data_shape, kind)
        labels = np.zeros(len(data), kind)
        if label_csv not in (None, "NULL"):
            labels = _table(str(label_csv), label_shape, kind)
        super().__init__(*_paired(data, labels, data_csv, label_csv), batch_size, round_batch)


class LibSVMIter(RoundedIter):
    """Batches from libsvm files: ``label index:value …`` a line, indices from 0.

    Batches are dense, unlike MXNet's.

    Args:
        data_libsvm: the file.
        data_shape: of one example: (number of features,).
        label_libsvm: a file of labels in the same format, without a first column; by default the labels are the
            first column of `data_libsvm`.
        label_shape: of one label.
        batch_size: examples a batch.
        round_batch: must be true, as in MXNet.
        num_parts, part_index: take one of so many equal parts of the file.
        prefetch_buffer, ctx, dtype: as `CSVIter`.

    Raises:
        DataFileError: a line is of another format, or an index lies beyond the shape.
        ArgumentError: the two files hold different numbers of lines.
        NotSupportedError: `round_batch` is off.
    """

    @checked
    def __init__(
        self,
        data_libsvm: str,
        data_shape: Shape,
        label_libsvm: str | None = None,
        label_shape: Shape = (1,),
        batch_size: Positive = 1,
        round_batch: bool = True,
        num_parts: Positive = 1,
        part_index: Count = 0,
        prefetch_buffer: int = 4,
        ctx: str = "cpu",
        dtype: Any = None,
    ) -> None:
        if not round_batch:
            raise NotSupportedError("LibSVMIter(round_batch=False): MXNet has only True; use io.CSVIter")
        kind = as_dtype(dtype or "float32")
        apart = label_libsvm not in (None, "NULL")
        data, labels = _sparse(data_libsvm, data_shape, kind, labelled=not apart)
        if apart:
            labels, _ = _sparse(str(label_libsvm), label_shape, kind, labelled=False)
        data, labels = _paired(data, labels, data_libsvm, label_libsvm)
        mine = part(len(data), num_parts, part_index)
        super().__init__(data[mine], labels[mine], batch_size, round_batch)


def part(count: int, num_parts: int, part_index: int) -> slice:
    """One of `num_parts` equal parts of `count` examples; what is left over belongs to none.

    Raises:
        ArgumentError: there is no such part.
    """
    if not 0 <= part_index < num_parts:
        raise ArgumentError(
            f"part_index must lie from 0 to num_parts - 1 = {num_parts - 1}, got {part_index}"
        )
    size = count // num_parts
    return slice(part_index * size, (part_index + 1) * size)


def _size(shape: Shape) -> int:
    if not isinstance(shape, (tuple, list)) or not all(isinstance(n, int) and n > 0 for n in shape):
        raise ArgumentError(f"the shape of an example is a tuple of positive integers, got {shape!r}")
    return math.prod(shape)


def _table(path: str, shape: Shape, dtype: np.dtype[Any]) -> np.ndarray:
    size = _size(shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # NumPy's about an empty file, which is an error below
        try:
            with reading(path):
                rows = np.loadtxt(path, delimiter=",", ndmin=2, dtype=np.float64)
        except ValueError as error:
            raise DataFileError(f"{path}: not comma-separated numbers: {error}") from None
    if not len(rows):
        raise DataFileError(f"{path}: there is no line in it")
    if rows.shape[1] != size:
        raise DataFileError(
            f"{path}: a line holds {rows.shape[1]} numbers, the shape {tuple(shape)} asks for others"
        )
    kept = rows.astype(dtype).reshape(len(rows), *shape)
    return kept.reshape(len(rows)) if tuple(shape) == (1,) else kept


def _sparse(path: str, shape: Shape, dtype: np.dtype[Any], labelled: bool) -> tuple[np.ndarray, np.ndarray]:
    width = _size(shape)
    rows, labels = [], []
    with reading(path):
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        row = np.zeros(width, dtype)
        try:
            labels.append(float(words.pop(0)) if labelled else 0.0)
            for word in words:
                index, value = word.split(":")
                row[_within(int(index), width)] = float(value)
        except ValueError as error:
            raise DataFileError(f"{path}, line {number}: not 'label index:value …': {error}") from None
        rows.append(row)
    if not rows:
        raise DataFileError(f"{path}: there is no line in it")
    return np.stack(rows).reshape(len(rows), *shape), np.asarray(labels, dtype)


def _within(index: int, width: int) -> int:
    if not 0 <= index < width:
        raise ValueError(f"index {index} lies beyond the {width} features")
    return index


def _paired(data: Any, labels: Any, data_file: Any, label_file: Any) -> tuple[np.ndarray, np.ndarray]:
    if len(data) != len(labels):
        raise ArgumentError(f"{data_file} holds {len(data)} examples, {label_file} {len(labels)} labels")
    return data, labels
