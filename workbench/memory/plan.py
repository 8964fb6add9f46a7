"""A plan: a schedule for one network, with what it is predicted to take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workbench.memory.differentiated import Differentiated
from workbench.memory.liveness import Timeline, timeline
from workbench.memory.lower import Lowered
from workbench.memory.schedule import Schedule
from workbench.memory.strategies import STRATEGIES
from workbench.runtime.device import Context
from workbench.types import Quantity

PEAK = "lifetimes of all values in the schedule, operation by operation, nothing fused"
WORK = "XLA's cost analysis of each recomputed operation by itself, summed"


@dataclass(frozen=True)
class Planner:
    """How plans are made: a strategy, and what it must keep to.

    Attributes:
        strategy: its name in `strategies.STRATEGIES`.
        budget: bytes that the whole pass may take at most; None where there is no bound.
        options: the strategy's own arguments.
    """

    strategy: str
    budget: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def plan(self, network: Differentiated) -> Plan:
        """The plan for a network.

        Raises:
            BudgetError: no schedule of this strategy keeps to the budget; the message says what the least is.
        """
        work = network.workload
        room = None if self.budget is None else self.budget - work.fixed_bytes
        return Plan(self, network, STRATEGIES[self.strategy](work, room, **self.options))


@dataclass(frozen=True)
class Plan:
    """A schedule for a network.

    Attributes:
        planner: what made it.
        network: what it is for.
        schedule: what runs when.
    """

    planner: Planner
    network: Differentiated
    schedule: Schedule

    @cached_property
    def timeline(self) -> Timeline:
        """Bytes alive at each place of the schedule: predicted."""
        return timeline(self.network.workload, self.schedule)

    @cached_property
    def peak(self) -> Quantity:
        """The most bytes at once, what the caller holds included: predicted."""
        found = self.timeline.peak + self.timeline.fixed_bytes
        return Quantity(found, "B", "predicted", PEAK, "peak bytes")

    @cached_property
    def feature_maps(self) -> Quantity:
        """The most bytes of feature maps at once: predicted."""
        return Quantity(self.timeline.peak, "B", "predicted", PEAK, "feature maps")

    @cached_property
    def recomputed(self) -> Quantity:
        """The work done again: predicted."""
        found = self.schedule.recomputed_flops(self.network.workload)
        return Quantity(found, "FLOP", "predicted", WORK, "recomputed work")

    @cached_property
    def extra_forwards(self) -> float:
        """The work done again as a part of one forward pass."""
        work = self.network.workload
        return self.recomputed.value / max(1.0, sum(work.flops[: work.forward]))

    def lowered(self, device: Context) -> Lowered:
        """The program that runs it on a device; made once."""
        made = self._programs.get(device)
        if made is None:
            made = self._programs[device] = Lowered(self.network, self.schedule, device)
        return made

    @cached_property
    def _programs(self) -> dict[Context, Lowered]:
        return {}

    def __repr__(self) -> str:
        return (
            f"Plan({self.planner.strategy}: {self.timeline.peak / 2**20:.0f} MiB of feature maps, "
            f"{self.extra_forwards:.2f} extra forwards)"
        )
