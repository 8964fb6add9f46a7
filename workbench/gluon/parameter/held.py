"""What a block's parameters hold on each device, listed anew only where some parameter got new arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.gluon.parameter.parameter import Parameter
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context


class Held:
    """The arrays of a block's own parameters, by the parameters' names in the block."""

    def __init__(self) -> None:
        self._arrays: dict[Context, dict[str, NDArray]] = {}
        self._listed = (-1, 0)  # the parameters' generation, and how many the block had

    def on(self, context: Context, parameters: Mapping[str, Parameter]) -> dict[str, NDArray]:
        """The arrays on a device.

        Raises:
            DeferredInitializationError, NotInitializedError: as `Parameter.data`.
        """
        if self._listed != (Parameter.generation, len(parameters)):
            self._arrays = {}
            self._listed = (Parameter.generation, len(parameters))
        found = self._arrays.get(context)
        if found is None:
            found = self._arrays[context] = {name: p.data(context) for name, p in parameters.items()}
        return found

    def __deepcopy__(self, memo: dict[int, Any]) -> Held:
        """A copy of the block has parameters of its own."""
        return Held()
