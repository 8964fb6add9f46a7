"""`DataLoader`: a dataset in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from workbench.arguments import AboveZero, Count, Positive, checked
from workbench.errors import ArgumentError, ShapeError
from workbench.gluon.data.ahead import made_ahead
from workbench.gluon.data.dataset import ArrayDataset
from workbench.gluon.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray
from workbench.runtime import random


def default_batchify_fn(data: Sequence[Any]) -> Any:
    """Examples as one batch: arrays are stacked, the parts of tuples each for themselves.

    Raises:
        ShapeError: they differ in shape.
    """
    if isinstance(data[0], NDArray):
        return nd.stack(*data)
    if isinstance(data[0], tuple):
        return [default_batchify_fn(part) for part in zip(*data, strict=True)]
    shapes = {np.shape(each) for each in data}
    if len(shapes) > 1:
        raise ShapeError(
            f"DataLoader: the examples of a batch have shapes {', '.join(map(str, sorted(shapes)))}; transform the "
            "dataset so that they are one, or give batchify_fn=, which pads them"
        )
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
        num_workers: threads that make batches while others are used; with 0 a batch is made where it is asked for.
        prefetch: how many batches they are ahead; twice their number unless given.
        timeout: seconds to wait for a batch of theirs.
        pin_memory, pin_device_id, thread_pool, auto_reload: accepted without effect; memory is not pinned, and
            workers are threads in any case.

    One seed of `random` gives one sequence of batches, whatever the number of workers: what a transform draws for
    a batch comes from a stream of that batch's own.

    Raises:
        ArgumentError: arguments that exclude one another are given, or none that decides the batches.
    """

    @checked
    def __init__(
        self,
        dataset: Any,
        batch_size: Positive | None = None,
        shuffle: bool = False,
        sampler: Any = None,
        last_batch: str | None = None,
        batch_sampler: Any = None,
        batchify_fn: Callable[[Sequence[Any]], Any] | None = None,
        num_workers: Count = 0,
        pin_memory: bool = False,
        pin_device_id: int = 0,
        prefetch: Count | None = None,
        thread_pool: bool = False,
        timeout: AboveZero = 120,
        auto_reload: bool = False,
    ) -> None:
        if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
            raise ArgumentError(
                "DataLoader: dataset must have a length and examples by number, such as ArrayDataset, got "
                f"{type(dataset).__name__}"
            )
        self._workers, self._timeout = num_workers, timeout
        self._ahead = max(2 * num_workers if prefetch is None else prefetch, 1)
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
        if sampler is not None and shuffle:
            raise ArgumentError("DataLoader: a sampler decides the order; don't give shuffle too")
        if sampler is None:
            sampler = RandomSampler(len(dataset)) if shuffle else SequentialSampler(len(dataset))
        self._batches = BatchSampler(sampler, batch_size, last_batch or "keep")

    def __iter__(self) -> Iterator[Any]:
        seeds = random.numpy_generator()
        orders = ((numbers, int(seeds.integers(2**32))) for numbers in self._batches)
        if self._workers:
            return made_ahead(self._drawn, orders, self._workers, self._ahead, self._timeout)
        return (self._drawn(*order) for order in orders)

    def _drawn(self, numbers: Sequence[int], seed: int) -> Any:
        with random.own_stream(seed):
            return self._batch(numbers)

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
