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
        last: the device last asked for, the parameters' generation then, under another of which they may be others,
            and the arrays; in one, as threads call a block on several devices.
    """

    def __init__(self) -> None:
        self.last: tuple[Context | None, int, dict[str, NDArray]] = (None, -1, {})
        self._devices: dict[Context, dict[str, NDArray]] = {}

    def on(self, context: Context, parameters: Mapping[str, Parameter]) -> dict[str, NDArray]:
        """The arrays on a device.

        Raises:
            DeferredInitializationError, NotInitializedError: as `Parameter.data`.
        """
        generation = Parameter.generation
        if self.last[1] != generation:
            self._devices = {}
        found = self._devices.get(context)
        if found is None:
            found = self._devices[context] = {name: p.data(context) for name, p in parameters.items()}
        self.last = (context, generation, found)
        return found

    def __deepcopy__(self, memo: dict[int, Any]) -> Held:
        """A copy of the block has parameters of its own."""
        return Held()
