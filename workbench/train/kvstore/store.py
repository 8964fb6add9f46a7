"""Arrays under keys: what devices push is summed, and either kept or handed to an updater.

This is a store of one process; `worker_store` has the one that several have in common.  `Module` and `Trainer` take
one where MXNet does, and update where the parameters are whichever it is; a training loop of one's own can push and
pull by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, NotSupportedError
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.runtime.device import Context
from workbench.train.compression import GradientCompression
from workbench.train.optimizer import Optimizer, Updater


class KVStore:
    """Arrays by key; a key is a string or a number.

    Args:
        type: its name.
    """

    rank = 0
    num_workers = 1

    def __init__(self, type: str) -> None:  # MXNet's name
        self.type = type
        self._values: dict[Any, NDArray] = {}
        self._updater: Callable[[Any, NDArray, NDArray], None] | None = None
        self._compression: GradientCompression | None = None

    def init(self, key: Any, value: Any) -> None:
        """Puts a copy of an array under a new key, or of several under several.

        Raises:
            ArgumentError: a key is taken, or there are not as many arrays as keys.
        """
        given = _new(key, value, self._values)
        self._values.update(zip(given, self._initial(list(given), list(given.values())), strict=True))

    def _initial(self, keys: Sequence[Any], arrays: Sequence[NDArray]) -> Sequence[NDArray]:
        return [array.copy() for array in arrays]

    def push(self, key: Any, value: Any, priority: int = 0) -> None:
        """Sums the arrays given for a key; the updater gets the sum, or it becomes the key's value.

        Raises:
            ArgumentError: a key was never initialised, or there are not as many values as keys.
        """
        pushed = [(each, self._stored(each), arrays) for each, arrays in _pairs(key, value, "push")]
        here = [self._over_devices(each, stored.context, arrays) for each, stored, arrays in pushed]
        totals = self._over_workers([each for each, _, _ in pushed], here)
        for (each, stored, _), total in zip(pushed, totals, strict=True):
            if self._updater is None:
                stored[:] = total
            else:
                self._updater(each, total, stored)

    def _over_devices(self, key: Any, context: Context, arrays: Sequence[NDArray]) -> NDArray:
        here = [self._arrived((key, i), array, context) for i, array in enumerate(arrays)]
        return here[0] if len(here) == 1 else nd.add_n(*here)

    def _over_workers(self, keys: Sequence[Any], totals: Sequence[NDArray]) -> Sequence[NDArray]:
        return totals

    def _arrived(self, sender: Any, array: NDArray, context: Context) -> NDArray:
        if self._compression is None:
            return array.as_in_context(context)
        return self._compression.sent(sender, array, context)

    def barrier(self) -> None:
        """Waits for the other workers, of which there are none."""

    def set_gradient_compression(self, compression_params: Mapping[str, Any]) -> None:
        """What is pushed travels in two bits an element from now on; see `train.compression`.

        Args:
            compression_params: ``{"type": "2bit", "threshold": 0.5}``.

        Raises:
            ArgumentError: they are none.
            NotSupportedError: as in MXNet, the store is not one that sums on a device.
        """
        if not compresses(self.type):
            raise NotSupportedError(
                f"set_gradient_compression(): not for a kvstore {self.type!r}; one of create('device') compresses"
            )
        self._compression = GradientCompression(compression_params)

    def pull(self, key: Any, out: Any = None, priority: int = 0, ignore_sparse: bool = True) -> None:
        """Writes a key's value into one array or several.

        Raises:
            ArgumentError: `out` is missing, a key was never initialised, or the numbers differ.
        """
        if out is None:
            raise ArgumentError("kvstore.pull() needs 'out', the arrays that are written")
        for each, arrays in _pairs(key, out, "pull"):
            for array in arrays:
                self._stored(each).copyto(array)

    def row_sparse_pull(self, key: Any, out: Any = None, priority: int = 0, row_ids: Any = None) -> None:
        """`pull`, but for rows that are not asked for: they are zero, as in MXNet's row-sparse arrays.

        Args:
            row_ids: numbers of rows, an array for each array in `out` or one for all of a key.

        Raises:
            ArgumentError: as `pull`; or `row_ids` is missing, or names a row that there is not.
        """
        if out is None or row_ids is None:
            raise ArgumentError(
                "kvstore.row_sparse_pull() needs 'out', the arrays that are written, and 'row_ids'"
            )
        asked = dict(_pairs(key, row_ids, "row_sparse_pull"))
        wanted = [
            (array, _rows(each, ids, len(array)))
            for each, arrays in _pairs(key, out, "row_sparse_pull")
            for array, ids in zip(arrays, _one_each(each, asked[each], len(arrays)), strict=True)
        ]
        self.pull(key, out, priority)
        for array, rows in wanted:
            array[:] = nd.where(nd.array(rows, array.context), array, nd.zeros_like(array))

    def pushpull(self, key: Any, value: Any, out: Any = None, priority: int = 0) -> None:
        """`push`, then `pull` into `out`, or into what was pushed."""
        self.push(key, value, priority)
        self.pull(key, value if out is None else out, priority)

    def broadcast(self, key: Any, value: Any, out: Any, priority: int = 0) -> None:
        """`init`, then `pull`."""
        self.init(key, value)
        self.pull(key, out, priority)

    def set_optimizer(self, optimizer: Optimizer) -> None:
        """What is pushed is a gradient from now on, and the stored value is updated by it.

        Raises:
            ArgumentError: it is no optimizer.
        """
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(f"set_optimizer() takes an Optimizer, got {type(optimizer).__name__}")
        self._set_updater(Updater(optimizer))

    def _set_updater(self, updater: Callable[[Any, NDArray, NDArray], None]) -> None:
        """MXNet's name: ``updater(key, pushed, stored)`` changes `stored` in place."""
        self._updater = updater

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Writes the optimizer's states to a file."""
        states = self._updates("save_optimizer_states").get_states(dump_optimizer)
        with open(fname, "wb") as file:
            file.write(states)

    def load_optimizer_states(self, fname: str) -> None:
        """Reads what `save_optimizer_states` wrote."""
        with open(fname, "rb") as file:
            self._updates("load_optimizer_states").set_states(file.read())

    def _updates(self, asked: str) -> Updater:
        if not isinstance(self._updater, Updater):
            raise ArgumentError(f"{asked}() needs an optimizer; call set_optimizer() first")
        return self._updater

    def _stored(self, key: Any) -> NDArray:
        if key not in self._values:
            raise ArgumentError(f"kvstore: key {key!r} was never initialised; call init() first")
        return self._values[key]


def compresses(name: str | None) -> bool:
    """Whether MXNet's store of this name compresses gradients."""
    return name is not None and ("device" in name or "dist" in name)


def _new(key: Any, value: Any, taken: Container[Any]) -> dict[Any, NDArray]:
    """The array that each new key begins with."""
    given = {each: arrays[0] for each, arrays in _pairs(key, value, "init")}
    for each in given:
        if each in taken:
            raise ArgumentError(f"kvstore: key {each!r} is taken already")
    return given


def _pairs(key: Any, value: Any, asked: str) -> Iterator[tuple[Any, Sequence[NDArray]]]:
    """Each key with its arrays, all checked before the first is used."""
    keys = list(key) if isinstance(key, (list, tuple)) else [key]
    values = list(value) if isinstance(key, (list, tuple)) else [value]
    if not keys:
        raise ArgumentError(f"kvstore.{asked}() needs a key, or a list of at least one")
    if len(keys) != len(values) and len(values) % len(keys) == 0:  # all arrays of a key, then of the next
        step = len(values) // len(keys)
        values = [values[at : at + step] for at in range(0, len(values), step)]
    if len(keys) != len(values):
        raise ArgumentError(f"kvstore.{asked}() got {len(keys)} keys and {len(values)} values")
    lists = [list(v) if isinstance(v, (list, tuple)) else [v] for v in values]
    for each, arrays in zip(keys, lists, strict=True):
        if not arrays or not all(isinstance(array, NDArray) for array in arrays):
            raise ArgumentError(f"kvstore.{asked}() takes arrays, got {arrays!r} for key {each!r}")
    yield from zip(keys, lists, strict=True)


def _one_each(key: Any, ids: Sequence[NDArray], count: int) -> Sequence[NDArray]:
    if len(ids) not in (1, count):
        raise ArgumentError(
            f"kvstore.row_sparse_pull() got {len(ids)} row_ids for {count} arrays of key {key!r}"
        )
    return ids if len(ids) == count else [*ids] * count


def _rows(key: Any, ids: NDArray, count: int) -> np.ndarray:
    """1 for every row that is named, else 0."""
    numbers = ids.asnumpy().astype(np.int64).ravel()
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < count):
        raise ArgumentError(
            f"kvstore.row_sparse_pull(): key {key!r} has rows 0 to {count - 1}, got row_ids {numbers.tolist()}"
        )
    return np.isin(np.arange(count), numbers).astype(np.float32)
