"""What a module updates its parameters by: an optimizer, and each parameter's state.

All parameters go to the optimizer in one call, so that one which can updates them in one operation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import ArgumentError
from workbench.imperative.nd import NDArray
from workbench.runtime.source import warn
from workbench.symbolic.symbol import Symbol
from workbench.train import optimizer as optimizers

DEFAULT_ARGUMENTS = (("learning_rate", 0.01),)
COUNTERS = ("num_update", "_all_index_update_counts", "_index_update_count")


class UpdateRule:
    """An optimizer for named parameters.

    Args:
        symbol: its variables' ``lr_mult`` and ``wd_mult`` count.
        names: the parameters; a parameter's place is its index to the optimizer.
        optimizer: a name, or an `Optimizer`.
        arguments: of an optimizer given by name.
        batch_size: examples whose gradients are summed, over all workers: `rescale_grad` is its inverse unless given.

    Raises:
        ArgumentError: the optimizer or an argument is unknown, or an `Optimizer` comes with arguments.
    """

    def __init__(
        self, symbol: Symbol, names: Sequence[str], optimizer: Any, arguments: Any, batch_size: int
    ) -> None:
        if not isinstance(arguments, (Mapping, list, tuple)):
            raise ArgumentError(f"optimizer_params are arguments by name, got {arguments!r}")
        try:
            given = dict(arguments)
        except (TypeError, ValueError):
            raise ArgumentError(
                f"optimizer_params are pairs of a name and a value, or a dict, got {arguments!r}"
            ) from None
        self._index = {name: i for i, name in enumerate(names)}
        self.optimizer = _made(symbol, dict(enumerate(names)), optimizer, given, 1.0 / batch_size)
        self.updater = optimizers.get_updater(self.optimizer)

    def __call__(self, params: Mapping[str, NDArray], grads: Mapping[str, NDArray]) -> None:
        """Updates in place every parameter that has a gradient."""
        if grads:
            self.updater(
                [self._index[name] for name in grads], list(grads.values()), [params[name] for name in grads]
            )

    def get_states(self) -> bytes:
        """States and counts of updates, as bytes."""
        return self.updater.get_states(dump_optimizer=True)

    def set_states(self, data: bytes) -> None:
        """Takes states and counts that `get_states` gave, and keeps the rates as they are.

        Raises:
            SymbolFileError: the bytes are not such states.
            ArgumentError: they belong to another kind of optimizer.
        """
        rates = {k: v for k, v in vars(self.optimizer).items() if k not in COUNTERS}
        self.updater.set_states(data)
        vars(self.optimizer).update(rates)


def _made(
    symbol: Symbol, names: dict[int, str], optimizer: Any, arguments: dict[str, Any], rescale: float
) -> optimizers.Optimizer:
    if not isinstance(optimizer, optimizers.Optimizer):
        arguments.setdefault("rescale_grad", rescale)
        return optimizers.create(optimizer, sym=symbol, param_idx2name=names, **arguments)
    if arguments != dict(DEFAULT_ARGUMENTS):
        raise ArgumentError(
            f"init_optimizer(): this {type(optimizer).__name__} is made already; it takes no optimizer_params"
        )
    if optimizer.rescale_grad != rescale:
        warn(f"the optimizer's rescale_grad is {optimizer.rescale_grad}, not 1 / batch size ({rescale:g})")
    optimizer.idx2name = optimizer.idx2name or names
    return optimizer
