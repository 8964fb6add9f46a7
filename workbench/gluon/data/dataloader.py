"""`DataLoader`: a dataset in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from workbench.errors import ArgumentError
from workbench.gluon.data.dataset import ArrayDataset
from workbench.gluon.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray


def default_batchify_fn(data: Sequence[Any]) -> Any:
    """Examples as one batch: arrays are stacked, the parts of tuples each for themselves."""
    if isinstance(data[0], NDArray):
        return nd.stack(*data)
    if isinstance(data[0], tuple):
        return [default_batchify_fn(part) for part in zip(*data, strict=True)]
    batch = np.asarray(data)
    return nd.array(batch, dtype=batch.dtype)


class DataLoader:
    """Iterates over a dataset in batches.

    Args:
        dataset: anything with a length and examples by number.
        batch_size: examples a batch.
        shuffle: read them in a new random order each time.
        sampler: gives the order instead.
        last_batch: ``keep`` (default), ``discard`` or ``rollover``: what becomes of a rest.
        batch_sampler: gives the groups instead of all of these.
        batchify_fn: makes a batch of a list of examples; `default_batchify_fn` unless given.
        num_workers, pin_memory, pin_device_id, prefetch, thread_pool, timeout, auto_reload: MXNet's settings of its
            worker processes, accepted.  Batches are made where the loop runs: NumPy slices cost less than
            handing them between processes.

    Raises:
        ArgumentError: arguments that exclude one another are given, or none that decides the batches.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = None,
        shuffle: bool = False,
        sampler: Sampler | None = None,
        last_batch: str | None = None,
        batch_sampler: Any = None,
        batchify_fn: Callable[[Sequence[Any]], Any] | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        pin_device_id: int = 0,
        prefetch: int | None = None,
        thread_pool: bool = False,
        timeout: int = 120,
        auto_reload: bool = False,
    ) -> None:
        if num_workers < 0 or timeout <= 0:
            raise ArgumentError(
                f"DataLoader: num_workers is 0 or more and timeout above 0, got {num_workers} and {timeout}"
            )
        self._dataset = dataset
        self._batchify = batchify_fn
        if batch_sampler is not None:
            if batch_size is not None or shuffle or sampler is not None or last_batch is not None:
                raise ArgumentError(
                    "DataLoader: batch_sampler decides the batches; don't give batch_size, shuffle, sampler "
                    "or last_batch"
                )
            self._batches = batch_sampler
            return
        if batch_size is None:
            raise ArgumentError("DataLoader needs a batch_size, or a batch_sampler")
        if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ArgumentError(f"DataLoader: batch_size must be 1 or more, got {batch_size!r}")
        if sampler is not None and shuffle:
            raise ArgumentError("DataLoader: a sampler decides the order; don't give shuffle too")
        if sampler is None:
            sampler = RandomSampler(len(dataset)) if shuffle else SequentialSampler(len(dataset))
        self._batches = BatchSampler(sampler, batch_size, last_batch or "keep")

    def __iter__(self) -> Iterator[Any]:
        return (self._batch(numbers) for numbers in self._batches)

    def _batch(self, numbers: Sequence[int]) -> Any:
        dataset = self._dataset
        if self._batchify is None and isinstance(dataset, ArrayDataset) and _sliceable(dataset):
            parts = [nd.array(a[numbers], dtype=a.dtype) for a in dataset.host]
            return parts[0] if len(parts) == 1 else parts
        return (self._batchify or default_batchify_fn)([dataset[i] for i in numbers])

    def __len__(self) -> int:
        return len(self._batches)


def _sliceable(dataset: ArrayDataset) -> bool:
    """Whether a batch is one slice of each array."""
    return all(isinstance(a, np.ndarray) for a in dataset.host)
