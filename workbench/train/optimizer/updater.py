"""An optimizer together with the states of the parameters it updates."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError
from workbench.train.optimizer import state_file
from workbench.train.optimizer.base import Optimizer


class Updater:
    """Updates parameters by index, making each one's state at its first update.

    Args:
        optimizer: the rule; `states` holds its state for each index.
    """

    @checked
    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.states: dict[Any, Any] = {}
        self._unplaced: set[Any] = set()

    @property
    def aggregate_updates(self) -> bool:
        """Whether the optimizer takes several parameters at once."""
        return self.optimizer.aggregate_num > 0

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        """Updates `weight` in place by `grad`; all three may be lists.

        Raises:
            ArgumentError: the lists differ in length.
        """
        if not isinstance(index, (list, tuple)):
            index, grad, weight = [index], [grad], [weight]
        if not len(index) == len(grad) == len(weight):
            raise ArgumentError(
                f"update of {len(index)} indices got {len(grad)} gradients and {len(weight)} weights"
            )
        if weight:
            self.optimizer._set_current_context(weight[0].context.device_id)
        states = self._states(index, weight)
        if not self.aggregate_updates:
            for row in zip(index, weight, grad, states, strict=True):
                self.optimizer.update_multi_precision(*row)
            return
        step = min(self.optimizer.aggregate_num, len(index) or 1)
        for at in range(0, len(index), step):
            part = slice(at, at + step)
            self.optimizer.update_multi_precision(index[part], weight[part], grad[part], states[part])

    def _states(self, indices: Any, weights: Any) -> list[Any]:
        """The states under these indices; those that are there and in their place need no look at the weight."""
        if not self._unplaced:
            try:
                return [self.states[index] for index in indices]
            except KeyError:
                pass  # some weight is updated for the first time
        return [self._state(i, w) for i, w in zip(indices, weights, strict=True)]

    def _state(self, index: Any, weight: Any) -> Any:
        if index not in self.states:
            self.states[index] = self.optimizer.create_state_multi_precision(index, weight)
        elif index in self._unplaced:
            self.states[index] = _placed(self.states[index], weight.context)
            self._unplaced.discard(index)
        return self.states[index]

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """The states as bytes; with `dump_optimizer`, the optimizer's numbers and counters too."""
        settings = _settings(self.optimizer) if dump_optimizer else None
        return state_file.dump(self.states, settings)

    def set_states(self, states: bytes) -> None:
        """Takes states (and counters) that `get_states` gave.

        Raises:
            SymbolFileError: the bytes are not such states.
            ArgumentError: they belong to another kind of optimizer.
        """
        loaded, settings = state_file.load(states)
        if settings is not None:
            _restore(self.optimizer, settings)
        self.states = loaded
        self._unplaced = set(loaded)


def _placed(state: Any, context: Any) -> Any:
    if state is None:
        return None
    if isinstance(state, tuple):
        return tuple(_placed(each, context) for each in state)
    return state.as_in_context(context)


def _settings(optimizer: Optimizer) -> dict[str, Any]:
    numbers = {
        k: v for k, v in vars(optimizer).items() if v is None or isinstance(v, (bool, int, float, str))
    }
    counts = [[device, list(c.items())] for device, c in optimizer._all_index_update_counts.items()]
    return {"optimizer": type(optimizer).__name__.lower(), "numbers": numbers, "counts": counts}


def _restore(optimizer: Optimizer, settings: dict[str, Any]) -> None:
    mine = type(optimizer).__name__.lower()
    if settings["optimizer"] != mine:
        raise ArgumentError(
            f"these states were saved by {settings['optimizer']!r}, this updater runs {mine!r}"
        )
    for name, value in settings["numbers"].items():
        if name in vars(optimizer) and name != "lr_scheduler":
            setattr(optimizer, name, value)
    counts = {device: dict(rows) for device, rows in settings["counts"]}
    optimizer._all_index_update_counts = counts
    optimizer._set_current_context(0)


def get_updater(optimizer: Optimizer) -> Updater:
    """An updater that runs `optimizer`."""
    return Updater(optimizer)
