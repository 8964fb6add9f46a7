"""Branches: one input through several layers, the outputs joined."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.gluon.block import HybridBlock
from workbench.gluon.nn import HybridSequential, Sequential
from workbench.gluon.parameter import ParameterDict
from workbench.imperative import nd


class Concurrent(Sequential):
    """Any blocks side by side.

    Args:
        axis: the axis along which the outputs are joined.
        prefix, params: as `Block`.
    """

    @checked
    def __init__(
        self, axis: int = -1, prefix: str | None = None, params: ParameterDict | None = None
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def forward(self, x: Any, *args: Any) -> Any:
        """Passes x through each of the layers and joins what they give."""
        return nd.concat(*[block(x, *args) for block in self._children.values()], dim=self.axis)


class HybridConcurrent(HybridSequential):
    """Hybrid blocks side by side; arguments as `Concurrent`."""

    @checked
    def __init__(
        self, axis: int = -1, prefix: str | None = None, params: ParameterDict | None = None
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **params: Any) -> Any:
        """Passes x through each of the layers and joins what they give."""
        return F.concat(*[block(x, *args) for block in self._children.values()], dim=self.axis)


class Identity(HybridBlock):
    """Gives back what it is given: the branch that is a shortcut."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: any shape; output: data."""
        return x
