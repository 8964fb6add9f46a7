"""Layers one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.errors import ArgumentError
from workbench.gluon.block import Block, HybridBlock
from workbench.gluon.parameter import ParameterDict


class _Stack(Block):
    """What both sequences share: children by position."""

    def __init__(
        self, prefix: str | None = None, params: ParameterDict | None = None, *more: Any, **unknown: Any
    ) -> None:
        # A Block takes its prefix there, and PyTorch's sequences their layers.
        for given in (prefix, params, *more):
            if isinstance(given, Block) or (isinstance(given, (list, tuple)) and given):
                kind = type(self).__name__
                raise ArgumentError(f"{kind} takes its layers by add(): net = {kind}(); net.add(layer, ...)")
        super().__init__(prefix, params, *more, **unknown)

    def add(self, *blocks: Block) -> None:
        """Appends layers."""
        for block in blocks:
            self.register_child(block)

    def __getitem__(self, key: int | slice) -> Any:
        layers = list(self._children.values())[key]
        if isinstance(layers, Block):
            return layers
        part = type(self)(prefix=self.prefix)
        part.add(*layers)
        return part

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[Block]:
        return iter(self._children.values())


class Sequential(_Stack):
    """Any blocks one after another.

    Args:
        prefix, params: as `Block`.
    """

    def forward(self, x: Any, *args: Any) -> Any:
        """Passes x (and, to the first layer, further arguments) through the layers."""
        for block in self._children.values():
            x = block(x, *args)
            args = ()
        return x


class HybridSequential(_Stack, HybridBlock):
    """Hybrid blocks one after another; `hybridize` makes them one graph.

    Args:
        prefix, params: as `Block`.
    """

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **params: Any) -> Any:
        """Passes x (and, to the first layer, further arguments) through the layers."""
        for block in self._children.values():
            x = block(x, *args)
            args = ()
        return x
