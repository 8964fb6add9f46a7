"""Samplers: in which order examples are read, and how they are grouped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from workbench.arguments import Count, Positive, checked
from workbench.errors import ArgumentError
from workbench.runtime import random

LAST = ("keep", "discard", "rollover")


class Sampler:
    """Base of the samplers: an iterable of numbers of a known length."""

    def __iter__(self) -> Iterator[int]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__(self)")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__(self)")


class SequentialSampler(Sampler):
    """``start``, ``start + 1``, … ``start + length - 1``."""

    @checked
    def __init__(self, length: Count, start: int = 0) -> None:
        self._numbers = range(start, start + length)

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class RandomSampler(Sampler):
    """0 to ``length - 1`` in a new random order each time, as `workbench.random.seed` decides."""

    @checked
    def __init__(self, length: Count) -> None:
        self._length = length

    def __iter__(self) -> Iterator[int]:
        return iter(random.numpy_generator().permutation(self._length).tolist())

    def __len__(self) -> int:
        return self._length


class FilterSampler(Sampler):
    """The numbers of the examples for which a function is true.

    Args:
        fn: the function of an example.
        dataset: the examples; each is read once, now.
    """

    @checked
    def __init__(self, fn: Callable[[Any], bool], dataset: Any) -> None:
        self._numbers = [i for i in range(len(dataset)) if fn(dataset[i])]

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class IntervalSampler(Sampler):
    """Every `interval`-th number: 0, `interval`, …; then, with `rollover`, 1, `interval` + 1, … and so on.

    Args:
        length: how many numbers there are.
        interval: how far apart they are.
        rollover: go on until all have come.

    Raises:
        ArgumentError: the interval is longer than that.
    """

    @checked
    def __init__(self, length: Count, interval: Positive, rollover: bool = True) -> None:
        if interval > length:
            raise ArgumentError(f"IntervalSampler: interval {interval} does not fit into length {length}")
        starts = range(interval if rollover else 1)
        self._numbers = [number for start in starts for number in range(start, length, interval)]

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class BatchSampler:
    """Groups of `batch_size` numbers.

    Args:
        sampler: gives the numbers.
        batch_size: how many are in a group.
        last_batch: what becomes of a rest: ``keep`` it, ``discard`` it, or let it ``rollover`` to the next
            time.

    Raises:
        ArgumentError: `last_batch` is another word.
    """

    @checked
    def __init__(
        self, sampler: Sampler | Sequence[int], batch_size: Positive, last_batch: str = "keep"
    ) -> None:
        if last_batch not in LAST:
            raise ArgumentError(f"last_batch is 'keep', 'discard' or 'rollover', got {last_batch!r}")
        self._sampler = sampler
        self._batch_size = batch_size
        self._last_batch = last_batch
        self._rest: list[int] = []

    def __iter__(self) -> Iterator[list[int]]:
        batch, self._rest = self._rest, []
        for number in self._sampler:
            batch.append(number)
            if len(batch) == self._batch_size:
                yield batch
                batch = []
        if batch and self._last_batch == "keep":
            yield batch
        elif self._last_batch == "rollover":
            self._rest = batch

    def __len__(self) -> int:
        whole, rest = divmod(len(self._sampler) + len(self._rest), self._batch_size)
        return whole + (self._last_batch == "keep" and rest > 0)
