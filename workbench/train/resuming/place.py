"""Where in its data a training stands.

An iterator of `io` says its position in a few numbers.  Any other iterable is gone through again from the epoch's
beginning, with the random numbers it had then, and the batches done already are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from workbench.errors import ArgumentError, CheckpointError, NotSupportedError
from workbench.runtime import random
from workbench.train.io.iterator import check_like


class IteratorPlace:
    """Of an iterator that has `position` and `set_position`."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def batches(self, done: int) -> Iterator[Any]:
        """The batches that are left of the epoch."""
        return iter(self._data)

    def end_epoch(self) -> None:
        """Starts the next epoch."""
        self._data.reset()

    def get(self) -> dict[str, Any]:
        """What the record keeps.

        Raises:
            NotSupportedError: the data can not say where it stands.
        """
        if not hasattr(self._data, "position"):
            raise NotSupportedError(
                f"a {type(self._data).__name__} can not say where it stands, so a checkpoint can not keep it;"
                " an io.DataIter with position() and set_position(position) can"
            )
        return self._data.position()

    def set(self, kept: Mapping[str, Any]) -> None:
        """Goes to what `get` gave."""
        self._data.set_position(kept)


class ReplayedPlace:
    """Of an iterable that begins anew with every `iter`."""

    def __init__(self, data: Iterable[Any]) -> None:
        self._data = data
        self._began = random.state()

    def batches(self, done: int) -> Iterator[Any]:
        """The batches after the first `done` of the epoch.

        Raises:
            CheckpointError: there are not so many.
        """
        if not done:
            self._began = random.state()
            return iter(self._data)
        now = random.state()
        random.set_state(self._began)
        left = iter(self._data)
        passed = sum(1 for _ in islice(left, done))
        random.set_state(now)
        if passed < done:
            raise CheckpointError(
                f"the checkpoint stands after batch {done} of an epoch; the data has {passed}"
            )
        return left

    def end_epoch(self) -> None:
        """Every `iter` is an epoch."""

    def get(self) -> dict[str, Any]:
        """What the record keeps."""
        return {"began": list(self._began)}

    def set(self, kept: Mapping[str, Any]) -> None:
        """Goes to what `get` gave.

        Raises:
            CheckpointError: it was of another kind of data.
        """
        check_like(self._data, self.get(), kept)
        self._began = tuple(kept["began"])


def place(data: Any) -> IteratorPlace | ReplayedPlace:
    """Where training over this data stands.

    Raises:
        ArgumentError: the data can be gone through only once.
    """
    if hasattr(data, "reset"):
        return IteratorPlace(data)
    if not hasattr(data, "__iter__") or iter(data) is data:
        raise ArgumentError(
            f"training data must be an iterator with reset(), or begin anew with every loop over it as a DataLoader"
            f" does; got {type(data).__name__}"
        )
    return ReplayedPlace(data)
