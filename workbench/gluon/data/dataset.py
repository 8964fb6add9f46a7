"""Datasets: a length, and an example by number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.gluon.data.sampler import Sampler
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray


class Dataset:
    """Base of the datasets; a subclass defines ``__getitem__`` and ``__len__``."""

    def __getitem__(self, idx: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(self, idx)")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__(self)")

    def transform(self, fn: Callable[..., Any], lazy: bool = True) -> Dataset:
        """The dataset with `fn` applied to each example, when it is read or (not `lazy`) now."""
        made = _Transformed(self, fn)
        return made if lazy else SimpleDataset([made[i] for i in range(len(made))])

    def transform_first(self, fn: Callable[..., Any], lazy: bool = True) -> Dataset:
        """The dataset with `fn` applied to the first part of each example, often the image."""
        return self.transform(_First(fn), lazy)

    def filter(self, fn: Callable[[Any], bool]) -> Dataset:
        """The examples for which `fn` is true."""
        return SimpleDataset([self[i] for i in range(len(self)) if fn(self[i])])

    def take(self, count: int | None) -> Dataset:
        """The first `count` examples; all for None."""
        size = len(self) if count is None else min(count, len(self))
        return SimpleDataset([self[i] for i in range(size)])

    def shard(self, num_shards: int, index: int) -> Dataset:
        """One of several parts that share no example and differ in length by one at most.

        Raises:
            ArgumentError: there is no such part.
        """
        if num_shards < 1 or not 0 <= index < num_shards:
            raise ArgumentError(f"shard(): part {index} of {num_shards}; they are numbered from 0")
        length, longer = divmod(len(self), num_shards)
        start = length * index + min(index, longer)
        return _Chosen(self, range(start, start + length + (index < longer)))

    def sample(self, sampler: Sampler) -> Dataset:
        """The examples that a sampler names, in its order.

        Raises:
            ArgumentError: it is no `Sampler`.
        """
        if not isinstance(sampler, Sampler):
            raise ArgumentError(f"sample() takes a Sampler, got {type(sampler).__name__}")
        return _Chosen(self, list(sampler))


class _Chosen(Dataset):
    """Some examples of a dataset, by their numbers."""

    @checked
    def __init__(self, data: Any, numbers: Sequence[int]) -> None:
        self._data = data
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, idx: Any) -> Any:
        return self._data[self._numbers[idx]]


class _First:
    """Applies a function to the first part of an example."""

    @checked
    def __init__(self, fn: Callable[..., Any]) -> None:
        self._fn = fn

    def __call__(self, first: Any, *rest: Any) -> Any:
        return (self._fn(first), *rest) if rest else self._fn(first)


class _Transformed(Dataset):
    """A dataset whose examples go through a function."""

    @checked
    def __init__(self, data: Any, fn: Callable[..., Any]) -> None:
        self._data = data
        self._fn = fn

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: Any) -> Any:
        example = self._data[idx]
        return self._fn(*example) if isinstance(example, tuple) else self._fn(example)


class SimpleDataset(Dataset):
    """A list as a dataset."""

    @checked
    def __init__(self, data: Any) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: Any) -> Any:
        return self._data[idx]


class ArrayDataset(Dataset):
    """Arrays side by side: example i is the tuple of their i-th elements, an NDArray's as NDArrays.

    Args:
        args: NumPy arrays, NDArrays, lists or datasets of one length; an NDArray of one axis, such as labels, gives
            NumPy's numbers, as in MXNet.

    Raises:
        ArgumentError: there are none, or their lengths differ.
    """

    @checked
    def __init__(self, *args: Any) -> None:
        if not args:
            raise ArgumentError("ArrayDataset() needs at least one array")
        lengths = [len(a) for a in args]
        if len(set(lengths)) > 1:
            raise ArgumentError(
                f"ArrayDataset() takes arrays of one length, got {', '.join(map(str, lengths))}"
            )
        self._length = lengths[0]

        # An NDArray is read once: a slice of it for each example would be an operation each.
        self.host = [a.asnumpy() if isinstance(a, NDArray) else a for a in args]
        self._contexts = [a.context if isinstance(a, NDArray) and a.ndim > 1 else None for a in args]

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, idx: Any) -> Any:
        parts = tuple(
            a[idx] if context is None else nd.array(a[idx], context, a.dtype)
            for a, context in zip(self.host, self._contexts, strict=True)
        )
        return parts[0] if len(parts) == 1 else parts
