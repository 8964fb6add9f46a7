"""What a block's parameters hold on each device, listed anew only where some parameter got new arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.gluon.parameter.parameter import Parameter
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context


class Held:
    """The arrays of a block's own parameters, by the parameters' names in the block.

    Attributes:
        arrays: those on the device last asked for, `context`.
        generation: the parameters' when they were listed; under another they may be others.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray] = {}
        self.context: Context | None = None
        self.generation = -1
        self._devices: dict[Context, dict[str, NDArray]] = {}

    def on(self, context: Context, parameters: Mapping[str, Parameter]) -> dict[str, NDArray]:
        """The arrays on a device.

        Raises:
            DeferredInitializationError, NotInitializedError: as `Parameter.data`.
        """
        if self.generation != Parameter.generation:
            self._devices, self.generation, self.context = {}, Parameter.generation, None
        found = self._devices.get(context)
        if found is None:
            found = self._devices[context] = {name: p.data(context) for name, p in parameters.items()}
        self.arrays, self.context = found, context
        return found

    def __deepcopy__(self, memo: dict[int, Any]) -> Held:
        """A copy of the block has parameters of its own."""
        return Held()
