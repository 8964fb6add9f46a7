"""What training changes, as arrays and numbers: read into a checkpoint, and written back from one.

Parameters alone do not make a training go on: momentum, the counts of updates that a schedule of rates goes by, and
what a compression has yet to send are as much part of it.  Nothing is written back unless all of it fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from workbench.errors import CheckpointError
from workbench.imperative import autograd, nd
from workbench.imperative.nd import NDArray
from workbench.train.compression import GradientCompression
from workbench.train.lr_scheduler import LRScheduler
from workbench.train.optimizer import Updater
from workbench.types import Shape

PLAIN = (bool, int, float, str, list)


class Trained(NamedTuple):
    """What a module or a trainer trains, by reference.

    Attributes:
        arrays: parameters and states by name, written in place.
        updaters: optimizers with their states.
        compressions: those of gradients.
    """

    arrays: Mapping[str, NDArray]
    updaters: Sequence[Updater]
    compressions: Sequence[GradientCompression] = ()

    def read(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """All of it: arrays by name, and a record."""
        arrays = {f"value {name}": array.asnumpy() for name, array in self.arrays.items()}
        for at, updater in enumerate(self.updaters):
            arrays[f"updater {at}"] = np.frombuffer(updater.get_states(dump_optimizer=True), np.uint8)
        for at, compression in enumerate(self.compressions):
            for sender, residual in compression.residuals().items():
                arrays[f"residual {at} {sender}"] = residual
        return arrays, {
            "optimizers": self._kinds(),
            "schedules": [_numbers(u.optimizer.lr_scheduler) for u in self.updaters],
        }

    def write(self, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> None:
        """Takes back what `read` gave, once `check` has seen it."""
        values = _under("value ", arrays)
        for at, updater in enumerate(self.updaters):
            updater.set_states(arrays[f"updater {at}"].tobytes())
            if updater.optimizer.lr_scheduler is not None:
                vars(updater.optimizer.lr_scheduler).update(record["schedules"][at])
        for at, compression in enumerate(self.compressions):
            compression.resume(_under(f"residual {at} ", arrays))
        with autograd.pause():
            for name, array in self.arrays.items():
                nd.array(values[name], ctx=array.context, dtype=values[name].dtype).copyto(array)

    def _kinds(self) -> list[str]:
        return [_kind(updater.optimizer, updater.optimizer.lr_scheduler) for updater in self.updaters]

    def check(self, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> None:
        """Whether what `read` gave belongs here.

        Raises:
            CheckpointError: it is of another network, optimizer or schedule.
        """
        values = _under("value ", arrays)
        if missing := [name for name in self.arrays if name not in values]:
            raise CheckpointError(f"the checkpoint is of another network: it has no {missing[0]!r}")
        if extra := [name for name in values if name not in self.arrays]:
            raise CheckpointError(f"the checkpoint is of another network: this one has no {extra[0]!r}")
        for name, array in self.arrays.items():
            if (array.shape, np.dtype(array.dtype)) != (values[name].shape, values[name].dtype):
                raise CheckpointError(
                    f"the checkpoint is of another network: {name!r} is {_type(values[name])} there,"
                    f" {_type(array)} here"
                )
        mine, theirs = self._kinds(), record["optimizers"]
        if mine != theirs:
            raise CheckpointError(f"the checkpoint was trained by {_joined(theirs)}; this is {_joined(mine)}")
        if len(record["schedules"]) != len(mine) or any(
            f"updater {at}" not in arrays for at in range(len(mine))
        ):
            raise CheckpointError(f"the checkpoint was altered: it has not the states of {_joined(mine)}")


def shapes(arrays: Mapping[str, np.ndarray]) -> dict[str, Shape]:
    """The shapes of the parameters and states that `Trained.read` gave."""
    return {name: array.shape for name, array in _under("value ", arrays).items()}


def _under(start: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def _kind(optimizer: Any, scheduler: LRScheduler | None) -> str:
    kind = type(optimizer).__name__
    return kind if scheduler is None else f"{kind} with {type(scheduler).__name__}"


def _joined(kinds: Sequence[str]) -> str:
    return ", ".join(kinds) or "no optimizer"


def _type(array: Any) -> str:
    return f"{np.dtype(array.dtype).name}{list(array.shape)}"


def _numbers(scheduler: LRScheduler | None) -> dict[str, Any]:
    return {k: v for k, v in vars(scheduler).items() if isinstance(v, PLAIN)} if scheduler else {}
