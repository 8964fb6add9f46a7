"""The next batch is made while the current one is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from workbench.errors import (
    ArgumentError,
    CheckpointError,
    NotInitializedError,
    NotSupportedError,
    ShapeError,
)
from workbench.runtime.source import called_at
from workbench.train.io.batch import DataBatch, DataDesc
from workbench.train.io.iterator import BatchIter, DataIter, check_like


class PrefetchingIter(BatchIter):
    """Other iterators, each run one batch ahead in a thread of its own; their batches are joined side by side.

    An error in a thread is raised by the `next` whose batch it was.  `close` ends the threads; so does the end of
    the program, and forgetting the iterator.

    Args:
        iters: one iterator or a list of them.
        rename_data, rename_label: for each iterator a mapping of its names to new ones.

    Raises:
        ArgumentError: there is no iterator, or not a mapping for each.
    """

    def __init__(
        self,
        iters: DataIter | Sequence[DataIter],
        rename_data: Sequence[Mapping[str, str]] | None = None,
        rename_label: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        self.iters: list[Any] = list(iters) if isinstance(iters, (list, tuple)) else [iters]
        if not self.iters or not all(hasattr(each, "next") for each in self.iters):
            raise ArgumentError("PrefetchingIter() takes an iterator, or a list of at least one")
        self._renames = {"data": rename_data, "label": rename_label}
        for kind, renames in self._renames.items():
            if renames is not None and len(renames) != len(self.iters):
                raise ArgumentError(
                    f"rename_{kind} needs a mapping for each of {len(self.iters)} iterators, got {len(renames)}"
                )
        super().__init__(self.provide_data[0][1][0])
        self.n_iter = len(self.iters)
        self._pool: ThreadPoolExecutor | None = ThreadPoolExecutor(self.n_iter, "prefetch")
        self._order()

    @property
    def provide_data(self) -> list[DataDesc]:  # type: ignore[override]
        """The descriptions of all, under their new names."""
        return self._provided("data")

    @property
    def provide_label(self) -> list[DataDesc]:  # type: ignore[override]
        """The descriptions of all labels, under their new names."""
        return self._provided("label")

    def _provided(self, kind: str) -> list[DataDesc]:
        renames = self._renames[kind] or [{}] * len(self.iters)
        found = []
        for names, each in zip(renames, self.iters, strict=True):
            for entry in getattr(each, f"provide_{kind}") or ():
                desc = entry if isinstance(entry, DataDesc) else DataDesc(*entry)
                found.append(DataDesc(names.get(desc.name, desc.name), desc.shape, desc.dtype, desc.layout))
        return found

    def _order(self) -> None:
        """Has every thread make its next batch."""
        if self._pool is None:
            raise NotInitializedError(f"this PrefetchingIter was closed{called_at()}")
        self._before = [_position(each) for each in self.iters]
        self._coming: list[Future[DataBatch | None]] = [
            self._pool.submit(_next_or_none, each) for each in self.iters
        ]

    def reset(self) -> None:
        """Starts an epoch; batches made ahead are dropped."""
        self._drop()
        for each in self.iters:
            each.reset()
        self._order()

    def _drop(self) -> None:
        for future in self._coming:
            future.exception()  # waits; an error of a batch that nobody asked for is dropped with it

    def position(self) -> dict[str, Any]:
        """Where each iterator stood before it made the batch that comes next.

        Raises:
            NotSupportedError: one of them can not say.
        """
        if None in self._before:
            self.iters[self._before.index(None)].position()  # says why
        return {"before": self._before}

    def set_position(self, position: Mapping[str, Any]) -> None:
        """Goes to where a like iterator stood; batches made ahead are dropped.

        Raises:
            CheckpointError: it was of another kind, or of other iterators.
        """
        check_like(self, self.position(), position)
        if len(position["before"]) != self.n_iter:
            raise CheckpointError(
                f"the checkpoint's PrefetchingIter had {len(position['before'])} iterators; this one has {self.n_iter}"
            )
        self._drop()
        for each, before in zip(self.iters, position["before"], strict=True):
            each.set_position(before)
        self._order()

    def iter_next(self) -> bool:
        """Moves to the next batch, and says whether there is one.

        Raises:
            ShapeError: the iterators differ in their number of batches, or in what pads them.
        """
        batches = [future.result() for future in self._coming]
        made = [batch for batch in batches if batch is not None]
        if not made:
            self.current_batch = None
            return False
        if len(made) < len(batches) or len({batch.pad for batch in made}) > 1:
            raise ShapeError(
                "the iterators of a PrefetchingIter must have as many batches and as much padding each"
            )
        self.current_batch = DataBatch(
            [array for batch in made for array in batch.data or ()],
            [array for batch in made for array in batch.label or ()],
            made[0].pad,
            made[0].index,
            made[0].bucket_key,
            self._batch_provided("data", made),
            self._batch_provided("label", made),
        )
        self._order()
        return True

    def _batch_provided(self, kind: str, made: Sequence[DataBatch]) -> list[DataDesc]:
        """What the batches say of themselves, where they come in several lengths; else what the iterators say."""
        if made[0].bucket_key is None or len(made) > 1:
            return self._provided(kind)
        return list(getattr(made[0], f"provide_{kind}") or ())

    def close(self) -> None:
        """Ends the threads."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _position(iterator: DataIter) -> dict[str, Any] | None:
    try:
        return iterator.position()
    except (NotSupportedError, AttributeError):
        return None


def _next_or_none(iterator: DataIter) -> DataBatch | None:
    try:
        return iterator.next()
    except StopIteration:
        return None
