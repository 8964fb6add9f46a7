"""One parameter server: some of the keys, and the optimizer that every gradient is applied by as it arrives.

Nobody waits for anybody.  A gradient may therefore belong to values that others have changed since they were pulled;
how many updates lie between is its *staleness*, which the server counts, for a value carries its number of updates.

Source: M. Li et al., Scaling Distributed Machine Learning with the Parameter Server, OSDI 2014, section 3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from workbench.errors import ArgumentError
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.train.compression import dequantized
from workbench.train.optimizer import Optimizer, Updater


class Codes(NamedTuple):
    """A gradient in two bits an element, as `train.compression` packs it, and the threshold that they stand for."""

    packed: np.ndarray
    threshold: float


class Value(NamedTuple):
    """A value as it is pulled, and how often it had been updated."""

    array: np.ndarray
    updates: int


class Gradient(NamedTuple):
    """A gradient as it is pushed, and how often its value had been updated when that was pulled."""

    array: np.ndarray | Codes
    updates: int


class ParameterServer:
    """Values by key, updated by what workers push; calls come one at a time."""

    def __init__(self) -> None:
        self._values: dict[Any, NDArray] = {}
        self._updates: dict[Any, int] = {}
        self._updater: Updater | None = None
        self._staleness: Counter[int] = Counter()
        self._arrived: Counter[int] = Counter()

    def init(self, values: Mapping[Any, np.ndarray]) -> None:
        """Puts arrays under new keys.

        Raises:
            ArgumentError: a key is taken.
        """
        for key, array in values.items():
            if key in self._values:
                raise ArgumentError(f"kvstore: key {key!r} is taken already")
            self._values[key], self._updates[key] = nd.array(array, dtype=array.dtype), 0

    def set_optimizer(self, optimizer: Optimizer) -> None:
        """What updates the values from now on."""
        self._updater = Updater(optimizer)

    def learning_rate(self) -> float:
        """The rate of the next update, before multipliers."""
        return self._updating().optimizer.learning_rate

    def set_learning_rate(self, lr: float) -> None:
        """Sets the rate.

        Raises:
            ArgumentError: there is no optimizer, or a scheduler decides.
        """
        self._updating().optimizer.set_learning_rate(lr)

    def _updating(self) -> Updater:
        if self._updater is None:
            raise ArgumentError(
                "kvstore 'dist_async' applies every push as it comes, by an optimizer on the servers; call"
                " set_optimizer() first"
            )
        return self._updater

    def push(self, gradients: Mapping[Any, Gradient]) -> None:
        """Updates values by gradients of values with so many updates; codes are decoded first.

        Raises:
            ArgumentError: there is no optimizer, or a key was never initialised.
        """
        updater = self._updating()
        for key, (gradient, pulled_at) in gradients.items():
            stored = self._stored(key)
            updater(key, _decoded(gradient, stored), stored)
            self._staleness[self._updates[key] - pulled_at] += 1
            self._updates[key] += 1

    def pull(self, keys: Sequence[Any]) -> dict[Any, Value]:
        """The values of these keys.

        Raises:
            ArgumentError: a key was never initialised.
        """
        return {key: Value(self._stored(key).asnumpy(), self._updates[key]) for key in keys}

    def _stored(self, key: Any) -> NDArray:
        if key not in self._values:
            raise ArgumentError(f"kvstore: key {key!r} was never initialised; call init() first")
        return self._values[key]

    def staleness(self) -> dict[int, int]:
        """For every staleness there was, how many gradients had it."""
        return dict(self._staleness)

    def arrive(self, turn: int) -> None:
        """A worker has come to the barrier of this number."""
        self._arrived[turn] += 1

    def arrived(self, turn: int) -> int:
        """How many workers have come to the barrier of this number."""
        return self._arrived[turn]


def _decoded(gradient: np.ndarray | Codes, like: NDArray) -> NDArray:
    if isinstance(gradient, Codes):
        return dequantized(nd.array(gradient.packed, dtype=gradient.packed.dtype), gradient.threshold, like)
    return nd.array(gradient, dtype=gradient.dtype)
