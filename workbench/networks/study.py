"""A study of memory of one of the course's networks, which can show how memory grows with the network's length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from workbench.memory.strategies import Strategy
from workbench.networks.families import family
from workbench.networks.growth import growth
from workbench.runtime.device import current_context
from workbench.symbolic.memory import training_pass
from workbench.symbolic.memory_study import MemoryStudy

GROWING = ("none", "chen", "recursive")  # linear, √n and log n


class FamilyStudy(MemoryStudy):
    """The study of a network of a family.

    Args:
        name: of the family, in `families.FAMILIES`.
        chosen: its sizes; those that are not there have their defaults.
        own: strategies of the user's to ask beside the others.

    Attributes:
        sizes: all of them.

    Raises:
        ArgumentError: there is no such family or size, or a size is out of its range.
    """

    def __init__(self, name: str, chosen: Mapping[str, int], own: Sequence[Strategy] = ()) -> None:
        self._family = family(name)
        self.sizes = self._family.complete(chosen)
        network = self._family.make(**self.sizes)
        passed = training_pass(network.symbol, network.shapes)
        super().__init__(
            network.name, passed, current_context(), f"family={name!r}, sizes={self.sizes!r}", own
        )

    def growth(self, cancelled: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        named = [name for name in GROWING if name in self.strategies]
        for grown in growth(self._family, self.sizes, named, cancelled):
            yield {
                "strategy": grown.plan.planner.name,
                "length": grown.length,
                "bytes": int(grown.plan.feature_maps.value),
            }
