"""One worker's rows of another iterator's batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.arguments import Count, Positive, checked
from workbench.errors import ArgumentError
from workbench.train.io.batch import DataBatch, DataDesc
from workbench.train.io.iterator import BatchIter


class PartIter(BatchIter):
    """Part `part_index` of `num_parts` equal parts of every batch of an iterator.

    Workers that sum their gradients over the parts take the step that one process takes with the whole batch.  Every
    worker's iterator must give the same batches: where it shuffles, from the same seed.

    Args:
        data_iter: the iterator; it is read, and reset, by this one.
        part_index: which part, from 0, such as a store's `rank`.
        num_parts: how many there are, such as its `num_workers`.

    Raises:
        ArgumentError: `data_iter` is no iterator of batches, there is no such part, or parts would not be equal.
    """

    @checked
    def __init__(self, data_iter: Any, part_index: Count, num_parts: Positive) -> None:
        if not hasattr(data_iter, "provide_data"):
            raise ArgumentError(f"PartIter() takes an iterator, got {type(data_iter).__name__}")
        if part_index >= num_parts:
            raise ArgumentError(f"PartIter: part_index must be below num_parts={num_parts}, got {part_index}")
        first = data_iter.provide_data[0]
        self._whole = first.shape[_axis(first)]
        if self._whole % num_parts:
            raise ArgumentError(
                f"PartIter: a batch of {self._whole} examples has no {num_parts} equal parts; "
                f"choose a batch_size that is a multiple of {num_parts}"
            )
        super().__init__(self._whole // num_parts)
        self.data_iter = data_iter
        self._rows = slice(part_index * self.batch_size, (part_index + 1) * self.batch_size)
        self.provide_data = [self._described(desc) for desc in data_iter.provide_data]
        self.provide_label = [self._described(desc) for desc in data_iter.provide_label]

    def _described(self, desc: DataDesc) -> DataDesc:
        axis = _axis(desc)
        shape = (*desc.shape[:axis], self.batch_size, *desc.shape[axis + 1 :])
        return DataDesc(desc.name, shape, desc.dtype, desc.layout)

    def reset(self) -> None:
        """Starts an epoch."""
        self.data_iter.reset()

    def position(self) -> dict[str, Any]:
        """Where the iterator within stands."""
        return self.data_iter.position()

    def set_position(self, position: Mapping[str, Any]) -> None:
        """Goes to where a like iterator stood, whichever part of it this one is."""
        self.data_iter.set_position(position)

    def iter_next(self) -> bool:
        """Moves to the next batch, and says whether there is one."""
        try:
            batch = self.data_iter.next()
        except StopIteration:
            return False
        after = self._whole - self._rows.stop
        self.current_batch = DataBatch(
            self._part(batch.data, self.data_iter.provide_data),
            self._part(batch.label, self.data_iter.provide_label),
            min(max((batch.pad or 0) - after, 0), self.batch_size),
            None if batch.index is None else batch.index[self._rows],
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )
        return True

    def _part(self, arrays: Any, descs: list[DataDesc]) -> list[Any]:
        return [
            array.slice_axis(axis=_axis(desc), begin=self._rows.start, end=self._rows.stop)
            for array, desc in zip(arrays or (), descs, strict=True)
        ]


def _axis(desc: DataDesc) -> int:
    return max(DataDesc.get_batch_axis(desc.layout), 0)
