"""Batches of arrays that are in memory.

An epoch is an order: a list of example numbers.  Shuffling permutes it, and what to do with a last,
incomplete batch is settled by making the list longer or shorter.  A batch is then a slice of the
order, gathered from each array by NumPy and handed over in one piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.arguments import Positive, as_floats, checked
from workbench.errors import ArgumentError, CheckpointError, NotInitializedError, ShapeError
from workbench.imperative import nd
from workbench.runtime.random import next_key
from workbench.runtime.source import called_at
from workbench.train.io.batch import DataBatch, DataDesc
from workbench.train.io.iterator import DataIter, check_like

HANDLINGS = ("pad", "discard", "roll_over")


class NDArrayIter(DataIter):
    """Iterates over arrays, batch by batch.

    Args:
        data: an array (NumPy or NDArray), a list of them, or a mapping of names to them.  NDArrays keep
            their dtype; everything else becomes float32, as in `nd.array`.
        label: likewise, or None.
        batch_size: examples a batch.
        shuffle: a new order for each epoch, from the workbench's seed.
        last_batch_handle: what becomes of examples that do not fill a batch.  ``"pad"`` fills it from the
            start of the order, ``"discard"`` drops them, ``"roll_over"`` puts them first in the next epoch.
        data_name, label_name: names of unnamed arrays; several get ``_0_data``, ``_1_data``, …
        layout: where ``N`` stands is the batch axis.

    Raises:
        ArgumentError: an argument is of the wrong kind, or no batch can be filled.
        DTypeError: an array has elements that are not numbers.
        ShapeError: the arrays hold different numbers of examples, or lack the batch axis.
    """

    @checked
    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: Positive = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
        layout: str = "NCHW",
    ) -> None:
        super().__init__(batch_size)
        self.layout = layout
        self.shuffle = shuffle
        self.last_batch_handle = last_batch_handle
        self._axis = layout.find("N")
        self._sources = [_Source(*item) for item in _named(data, data_name, "data")]
        self._label_sources = [_Source(*item) for item in _named(label, label_name, "label")]
        self.num_data = self._count_examples()
        self._check()
        self.provide_data = [s.describe(batch_size, self._axis, layout) for s in self._sources]
        self.provide_label = [s.describe(batch_size, self._axis, layout) for s in self._label_sources]
        self._left_over = np.empty(0, np.intp)
        self.hard_reset()

    @property
    def data(self) -> list[tuple[str, np.ndarray]]:
        """The input arrays by name, in the order they stand in a batch."""
        return [(s.name, s.values) for s in self._sources]

    @property
    def label(self) -> list[tuple[str, np.ndarray]]:
        """The label arrays by name, in the order they stand in a batch."""
        return [(s.name, s.values) for s in self._label_sources]

    def _count_examples(self) -> int:
        counts = {s.name: s.count(self._axis) for s in self._sources + self._label_sources}
        if not counts:
            raise ArgumentError("NDArrayIter needs at least one array of data")
        if len(set(counts.values())) > 1:
            shown = ", ".join(f"{name} {count}" for name, count in counts.items())
            raise ShapeError(f"every array must hold as many examples; got {shown}")
        return next(iter(counts.values()))

    def _check(self) -> None:
        size, count = self.batch_size, self.num_data
        if self.last_batch_handle not in HANDLINGS:
            known = ", ".join(map(repr, HANDLINGS))
            raise ArgumentError(f"last_batch_handle must be one of {known}, got {self.last_batch_handle!r}")
        if count == 0:
            raise ArgumentError("there are no examples: the arrays are empty along the batch axis")
        if self.last_batch_handle == "discard" and size > count:
            raise ArgumentError(
                f"batch_size={size} exceeds the {count} examples, and 'discard' would drop them all"
            )

    def hard_reset(self) -> None:
        """Starts an epoch, forgetting examples left over from the last."""
        self._left_over = self._left_over[:0]
        self._start()

    def reset(self) -> None:
        """Starts an epoch, with the examples left over first if they roll over."""
        unserved = self._order[self._batches * self.batch_size :]
        finished = self._at >= self._batches
        self._left_over = unserved if finished and self.last_batch_handle == "roll_over" else unserved[:0]
        self._start()

    def _start(self) -> None:
        self._key = next_key() if self.shuffle else None
        self._arrange()

    def _arrange(self) -> None:
        """Puts the examples in the epoch's order, which the key decides."""
        order = np.arange(self.num_data)
        if self._key is not None:
            np.random.default_rng(self._key).shuffle(order)
        order = np.concatenate([self._left_over, order])
        self._batches = len(order) // self.batch_size
        if self.last_batch_handle == "pad":
            self._batches = -(-len(order) // self.batch_size)
            order = np.resize(order, self._batches * self.batch_size)
        self._order = order
        self._at = -1

    def position(self) -> dict[str, Any]:
        """Where it stands: the key of the epoch's order, what was left over for it, and the batch."""
        return {
            **self._described(),
            "key": None if self._key is None else self._key.tolist(),
            "left_over": self._left_over.tolist(),
            "batch": self._at,
        }

    def _described(self) -> dict[str, Any]:
        return {"examples": self.num_data, "batch_size": self.batch_size, "shuffle": self.shuffle}

    def set_position(self, position: Mapping[str, Any]) -> None:
        """Goes to where an iterator over the same data stood.

        Raises:
            CheckpointError: that one was over another number of examples, in other batches or another order.
        """
        self._check_like(position)
        self._key = None if position["key"] is None else np.array(position["key"], np.uint32)
        self._left_over = np.array(position["left_over"], np.intp)
        self._arrange()
        self._at = position["batch"]

    def _check_like(self, position: Mapping[str, Any]) -> None:
        check_like(self, self.position(), position)
        mine = self._described()
        theirs = {name: position.get(name) for name in mine}
        if theirs != mine:
            raise CheckpointError(
                f"the checkpoint's data had {_listed(theirs)}; this {type(self).__name__} has {_listed(mine)}"
            )

    @property
    def cursor(self) -> int:
        """Where in the epoch the current batch starts."""
        return self._at * self.batch_size - len(self._left_over)

    def iter_next(self) -> bool:
        """Moves to the next batch, and says whether there is one."""
        self._at = min(self._at + 1, self._batches)
        return self._at < self._batches

    def next(self) -> DataBatch:
        """The next batch.

        Raises:
            StopIteration: the epoch is over; `reset` starts another.
        """
        if not self.iter_next():
            raise StopIteration
        return DataBatch(
            self.getdata(),
            self.getlabel(),
            self.getpad(),
            self.getindex(),
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )

    def getindex(self) -> np.ndarray:
        """Which examples the current batch holds.

        Raises:
            NotInitializedError: there is no current batch.
        """
        if not 0 <= self._at < self._batches:
            raise NotInitializedError(
                f"no current batch: call iter_next() or next(), after reset() at the end{called_at()}"
            )
        return self._order[self._at * self.batch_size : (self._at + 1) * self.batch_size]

    def getdata(self) -> list[Any]:
        """The input arrays of the current batch."""
        index = self.getindex()
        return [s.take(index, self._axis) for s in self._sources]

    def getlabel(self) -> list[Any]:
        """The label arrays of the current batch."""
        index = self.getindex()
        return [s.take(index, self._axis) for s in self._label_sources]

    def getpad(self) -> int:
        """Examples that fill up a last batch; of a first batch, those rolled over into it."""
        if self.last_batch_handle == "pad" and self._at == self._batches - 1:
            return len(self._order) - self.num_data
        return len(self._left_over) if self._at == 0 else 0


class _Source:
    """One named array, kept as NumPy."""

    @checked
    def __init__(self, name: str, values: Any) -> None:
        self.name = name
        self.context = getattr(values, "context", None)
        if isinstance(values, nd.NDArray):
            self.values = values.asnumpy()
        else:
            self.values = as_floats(name, values)

    def count(self, axis: int) -> int:
        """Number of examples."""
        if not 0 <= axis < self.values.ndim:
            raise ShapeError(f"{self.name} has shape {self.values.shape}; it has no batch axis {axis}")
        return self.values.shape[axis]

    def describe(self, batch_size: int, axis: int, layout: str) -> DataDesc:
        """The description of a batch of it."""
        shape = (*self.values.shape[:axis], batch_size, *self.values.shape[axis + 1 :])
        return DataDesc(self.name, shape, self.values.dtype.type, layout)

    def take(self, index: np.ndarray, axis: int) -> Any:
        """The examples of these numbers, as an NDArray."""
        return nd.array(self.values.take(index, axis), ctx=self.context, dtype=self.values.dtype)


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _named(arrays: Any, name: str, what: str) -> list[tuple[str, Any]]:
    """Arrays by name, in the order of the names."""
    if arrays is None:
        return []
    if isinstance(arrays, Mapping):
        return sorted(arrays.items())
    if isinstance(arrays, (np.ndarray, nd.NDArray)) or hasattr(arrays, "__array__"):
        arrays = [arrays]
    if not isinstance(arrays, (list, tuple)):
        raise ArgumentError(
            f"{what} must be an array, a list of arrays or a mapping of names to arrays,"
            f" got {type(arrays).__name__}"
        )
    if len(arrays) == 1:
        return [(name, arrays[0])]
    return sorted((f"_{i}_{name}", each) for i, each in enumerate(arrays))
