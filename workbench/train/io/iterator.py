"""What hands out batches.

A pass over the data ends in `StopIteration`, and the iterator stays at its end until `reset`: a
``for`` loop is one epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError, CheckpointError, NotInitializedError, NotSupportedError
from workbench.runtime.source import called_at
from workbench.train.io.batch import DataBatch, DataDesc


class DataIter:
    """Base of the iterators; one defines `iter_next`, `getdata` and what else its batches have, or `next`."""

    provide_data: list[DataDesc]
    provide_label: list[DataDesc]

    @checked
    def __init__(self, batch_size: Positive = 0) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> DataIter:
        return self

    def __next__(self) -> DataBatch:
        return self.next()

    def next(self) -> DataBatch:
        """The next batch.

        Raises:
            StopIteration: there is none before a `reset`.
        """
        if not self.iter_next():
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), self.getindex())

    def reset(self) -> None:
        """Goes back to the first batch."""

    def iter_next(self) -> bool:
        """Moves to the next batch, and says whether there is one."""
        raise NotImplementedError(f"{type(self).__name__} must define iter_next()")

    def getdata(self) -> list[Any]:
        """The input arrays of the current batch."""
        raise NotImplementedError(f"{type(self).__name__} must define getdata()")

    def getlabel(self) -> list[Any] | None:
        """The label arrays of the current batch, or None."""
        return None

    def getpad(self) -> int | None:
        """How many examples of the current batch only fill it up, or None."""
        return None

    def getindex(self) -> Any:
        """Which examples the current batch holds, or None."""
        return None

    def position(self) -> dict[str, Any]:
        """Where it stands, in numbers, text and lists of them: what a training checkpoint keeps.

        Raises:
            NotSupportedError: the iterator can not say.
        """
        raise NotSupportedError(
            f"a {type(self).__name__} can not say where it stands, so a checkpoint can not keep it; define"
            " position() and set_position(position)"
        )

    def set_position(self, position: Mapping[str, Any]) -> None:
        """Goes to where an iterator over the same data stood when its `position` gave this.

        Raises:
            NotSupportedError: the iterator can not.
            CheckpointError: that one was over other data, or in other batches.
        """
        raise NotSupportedError(f"a {type(self).__name__} must define set_position(position)")


def check_like(data: Any, mine: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Whether a position that a checkpoint kept is of such data.

    Args:
        data: what is to stand there.
        mine: a position of its own.
        kept: the checkpoint's.

    Raises:
        CheckpointError: it lacks what a position of this kind has.
    """
    if not mine.keys() <= kept.keys():
        raise CheckpointError(
            f"the checkpoint's data was of another kind: it kept {', '.join(kept) or 'nothing'}; a"
            f" {type(data).__name__} keeps {', '.join(mine)}"
        )


class BatchIter(DataIter):
    """An iterator whose batches come ready-made; `iter_next` puts each into `current_batch`."""

    current_batch: DataBatch | None = None

    def next(self) -> DataBatch:
        """The next batch.

        Raises:
            StopIteration: the epoch is over.
        """
        if not self.iter_next():
            raise StopIteration
        return self._batch

    @property
    def _batch(self) -> DataBatch:
        if self.current_batch is None:
            raise NotInitializedError(
                f"no current batch: call iter_next() or next(), after reset() at the end{called_at()}"
            )
        return self.current_batch

    def getdata(self) -> Any:
        """The input arrays of the current batch."""
        return self._batch.data

    def getlabel(self) -> Any:
        """The label arrays of the current batch."""
        return self._batch.label

    def getpad(self) -> int | None:
        """How many examples of the current batch only fill it up."""
        return self._batch.pad

    def getindex(self) -> Any:
        """Which examples the current batch holds."""
        return self._batch.index


class ResizeIter(BatchIter):
    """Another iterator with epochs of `size` batches, started again within one or cut short.

    Args:
        data_iter: the iterator.
        size: batches an epoch.
        reset_internal: whether `reset` resets `data_iter` too.

    Raises:
        ArgumentError: `data_iter` is no iterator of batches.
    """

    @checked
    def __init__(self, data_iter: Any, size: Positive, reset_internal: bool = True) -> None:
        if not hasattr(data_iter, "provide_data"):
            raise ArgumentError(f"ResizeIter() takes an iterator, got {type(data_iter).__name__}")
        super().__init__(data_iter.batch_size)
        self.data_iter = data_iter
        self.size = size
        self.reset_internal = reset_internal
        self.cur = 0
        self.provide_data = data_iter.provide_data
        self.provide_label = data_iter.provide_label
        if hasattr(data_iter, "default_bucket_key"):
            self.default_bucket_key = data_iter.default_bucket_key

    def reset(self) -> None:
        """Starts an epoch."""
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def iter_next(self) -> bool:
        """Moves to the next batch, and says whether there is one."""
        if self.cur == self.size:
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            self.current_batch = self.data_iter.next()
        self.cur += 1
        return True

    def position(self) -> dict[str, Any]:
        """Where it stands, and the iterator within."""
        return {"batch": self.cur, "within": self.data_iter.position()}

    def set_position(self, position: Mapping[str, Any]) -> None:
        """Goes to where a like iterator stood.

        Raises:
            CheckpointError: it was of another kind, or had longer epochs.
        """
        check_like(self, self.position(), position)
        if position["batch"] > self.size:
            raise CheckpointError(
                f"the checkpoint stands after batch {position['batch']} of an epoch; this ResizeIter's have {self.size}"
            )
        self.data_iter.set_position(position["within"])
        self.cur = position["batch"]
