"""A network of the course: a symbol with the shapes of its inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from workbench.symbolic.symbol import Symbol
from workbench.types import Shape


@dataclass(frozen=True)
class Network:
    """A symbol that ends in a loss, and what it takes.

    Attributes:
        name: what it is, in a few words.
        symbol: the network.
        shapes: of its inputs by name, labels and first states included; ``symbol.simple_bind(**network.shapes)``.
    """

    name: str
    symbol: Symbol
    shapes: Mapping[str, Shape]

    @cached_property
    def parameters(self) -> dict[str, Shape]:
        """The shape of each parameter by name."""
        found, _, _ = self.symbol.infer_shape(**self.shapes)
        assert found is not None  # the inputs' shapes say all
        named = zip(self.symbol.list_arguments(), found, strict=True)
        return {name: shape for name, shape in named if name not in self.shapes}

    @property
    def parameter_count(self) -> int:
        """The number of numbers to be trained."""
        return sum(map(math.prod, self.parameters.values()))

    def __repr__(self) -> str:
        return f"Network({self.name})"
