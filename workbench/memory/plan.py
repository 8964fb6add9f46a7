"""A plan: a schedule for one network, with what it is predicted to take."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from workbench import arguments
from workbench.arguments import Positive
from workbench.errors import ArgumentError, BudgetError, did_you_mean
from workbench.graph.node import Value
from workbench.memory.allocate import MATCH_RANGE, AtLeastOne, allocate
from workbench.memory.arena import Arena
from workbench.memory.budget import CHEAPEST, PLANNERS
from workbench.memory.differentiated import Differentiated
from workbench.memory.liveness import Timeline, lifetimes, peak, timeline
from workbench.memory.lower import Lowered
from workbench.memory.schedule import Schedule
from workbench.memory.size import nbytes, text
from workbench.memory.strategies import Strategy
from workbench.memory.workload import Workload
from workbench.runtime.device import Context
from workbench.types import Quantity, TensorType

PEAK = (
    "lifetimes of all values in the schedule, and what the operation that runs takes beside them, "
    "operation by operation, nothing fused"
)
MAPS = "lifetimes of all values in the schedule, operation by operation, nothing fused"
WORK = "XLA's cost analysis of each recomputed operation by itself, summed"
TIME = "what each recomputed operation took in a recorded run, summed"


@dataclass(frozen=True)
class Planner:
    """How plans are made: a strategy, and what it must keep to.

    Attributes:
        strategy: its name in `budget.PLANNERS`, or a function of the user's own that takes a workload and a
            budget in bytes of feature maps (or None) and gives a `Schedule`.
        budget: bytes that the whole pass may take at most; None where there is no bound.
        options: the strategy's own arguments.

    Raises:
        ArgumentError: there is no such strategy, it has no such option, an option does not fit, or the budget is
            not a number of bytes.
    """

    strategy: str | Strategy
    budget: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        arguments.check(_budgeted, {"budget": self.budget}, lambda: f"Planner({self.strategy!r})")
        if callable(self.strategy):
            _check_call(self.strategy, self.options)
        else:
            _check_named(self.strategy, self.options)

    @property
    def name(self) -> str:
        """The strategy's name."""
        if isinstance(self.strategy, str):
            return self.strategy
        return getattr(self.strategy, "__name__", type(self.strategy).__name__)

    @staticmethod
    def of(spec: Any) -> Planner:
        """What ``plan=`` may be: a plan, a planner, the name of a strategy, or a budget such as ``"4GB"``.

        Raises:
            ArgumentError: it is none of these.
        """
        if isinstance(spec, Planner):
            return spec
        if isinstance(spec, Plan):
            return spec.planner
        if isinstance(spec, (int, float, np.number)) or (
            isinstance(spec, str) and spec.strip()[:1].isdigit()
        ):
            return planner(budget=spec)
        if isinstance(spec, str) or (callable(spec) and not isinstance(spec, type)):
            return planner(spec)
        raise ArgumentError(
            f"plan=… takes a plan, the name of a strategy or a function that is one, or a budget such as '4GB'; "
            f"got {spec!r:.80}"
        )

    def plan(self, network: Differentiated) -> Plan:
        """The plan for a network.

        Raises:
            BudgetError: no schedule of this strategy keeps to the budget; the message says what the least is.
            ArgumentError: a strategy of the user's gave something that is no schedule of the network; or the
                network was not differentiated, which `memory.plan` does.
        """
        if not isinstance(network, Differentiated):
            raise ArgumentError(
                f"Planner.plan() takes a network with its gradients, got {network!r:.80}; "
                "memory.plan(network, shapes, …) plans a Symbol, a Module or a block"
            )
        work = network.workload
        room = None if self.budget is None else self.budget - work.fixed_bytes
        if isinstance(self.strategy, str):
            schedule = PLANNERS[self.strategy](work, room, **self.options)
        else:
            schedule = judged(self.strategy(work, room, **self.options), self.name, work, room)
        return Plan(self, network, schedule)


def judged(schedule: Any, name: str, work: Workload, room: int | None) -> Schedule:
    """What a strategy of the user's own gave, if it is a schedule of the workload that keeps to the budget.

    Raises:
        ArgumentError: it is none.
        BudgetError: it takes more.
    """
    if not isinstance(schedule, Schedule):
        raise ArgumentError(f"the strategy {name!r} must give a Schedule, it gave {type(schedule).__name__}")
    schedule.check(work)
    taken = peak(work, schedule)
    if room is not None and taken > room:
        raise BudgetError(
            f"the strategy {name!r} was given {text(max(room, 0))} for feature maps; its schedule takes {text(taken)}"
        )
    return schedule


def planner(strategy: str | Strategy | None = None, budget: Any = None, **options: Any) -> Planner:
    """A planner, checked.

    Args:
        strategy: a name in `PLANNERS`, or a function of your own (see `Planner`); None takes the cheapest that
            keeps to the budget, or `chen` without one.
        budget: the most the whole pass may take: bytes, or text such as ``"4GB"``.
        options: the strategy's own.

    Raises:
        ArgumentError: the strategy or one of its options is unknown, or the budget is no size.
    """
    room = None if budget is None else nbytes(budget)
    name = ("chen" if room is None else CHEAPEST) if strategy is None else strategy
    return Planner(name, room, options)


def _budgeted(budget: Positive | None) -> None:
    """What a planner's budget may be."""


def _check_named(name: Any, options: Mapping[str, Any]) -> None:
    """Makes sure that there is a strategy of that name, which takes the options."""
    if not isinstance(name, str) or name not in PLANNERS:
        raise ArgumentError(
            f"strategy={name!r}: there is none of that name.{did_you_mean(str(name), PLANNERS)} "
            f"There are {', '.join(PLANNERS)}"
        )
    known = list(inspect.signature(PLANNERS[name]).parameters)[2:]
    for option in options:
        if option not in known:
            listed = ", ".join(known) or "none"
            raise ArgumentError(f"strategy {name!r} has no option {option!r}; its options: {listed}")
    arguments.check(PLANNERS[name], options, lambda: f"strategy {name!r}")


def _check_call(strategy: Strategy, options: Mapping[str, Any]) -> None:
    """Makes sure that a function can be called as a strategy is."""
    try:
        inspect.signature(strategy).bind(None, None, **options)
    except (TypeError, ValueError) as error:
        name = getattr(strategy, "__name__", type(strategy).__name__)
        raise ArgumentError(
            f"the strategy {name!r} must take a workload, a budget and its options: {error}"
        ) from None


def checked(spec: Any) -> Any:
    """What ``plan=`` was given, if it is something that `Planner.of` takes.

    Raises:
        ArgumentError: it is not.
    """
    Planner.of(spec)
    return spec


@dataclass(frozen=True, eq=False)
class Plan:
    """A schedule for a network; it equals itself alone, a copy is itself, and it can be pickled where a file can hold
    the network.

    Attributes:
        planner: what made it.
        network: what it is for.
        schedule: what runs when.
    """

    planner: Planner
    network: Differentiated
    schedule: Schedule

    @property
    def strategy(self) -> str:
        """The name of the strategy that made it."""
        return self.planner.name

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
        return Quantity(self.timeline.most_maps, "B", "predicted", MAPS, "feature maps")

    @cached_property
    def recomputed(self) -> Quantity:
        """The work done again, in FLOP, or in seconds where the network was `costs.timed`: predicted."""
        found = self.schedule.recomputed_flops(self.network.workload)
        unit, how = ("FLOP", WORK) if self.network.seconds is None else ("s", TIME)
        return Quantity(found, unit, "predicted", how, "recomputed work")

    @cached_property
    def extra_forwards(self) -> float:
        """The work done again as a part of one forward pass."""
        work = self.network.workload
        return self.recomputed.value / (sum(work.flops[: work.forward]) or 1.0)

    def serves(self, written: str, types: Mapping[str, TensorType], wanted: Sequence[str]) -> bool:
        """Whether it is a plan for this network, inputs of these types by name, and the gradients named.

        Args:
            written: the network, as `differentiated.written` puts it down.
        """
        own = {n.name: self.network.types[Value(n)] for n in self.network.variables}
        same = own == dict(types) and set(wanted) <= set(self.network.wanted)
        return same and self.network.written == written

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """Names of the forward operations of which a value waits for backward, in their order."""
        work = self.network.workload
        turn = sum(map(len, self.schedule.groups[: self.schedule.forward]))
        waiting = {
            work.maker[life.value]
            for life in lifetimes(work, self.schedule)
            if life.start < turn <= life.last_read and life.value not in work.fixed
        }
        return tuple(work.operations[number].name for number in sorted(waiting) if number < work.forward)

    def report(self) -> str:
        """The plan in words, a line a figure."""
        again = f"{self.recomputed.value:.3g} {self.recomputed.unit}"
        lines = [
            f"strategy         {self.strategy}",
            f"peak             {text(self.peak.value)}, {self.peak.kind}",
            f"  feature maps   {text(self.feature_maps.value)}, {self.feature_maps.kind}",
            f"  workspace      {text(int(self.timeline.workspace.max(initial=0)))} at most, while an operation runs",
            f"  fixed          {text(self.timeline.fixed_bytes)}: inputs, parameters, their gradients, outputs",
            f"kept             values of {len(self.kept)} of {self.network.workload.forward} forward operations",
            f"recomputed       {again}, {self.extra_forwards:.2f} forwards, predicted",
        ]
        if (gap := getattr(self.schedule, "gap", None)) is not None:
            lines.append(f"proven           within {gap:.1%} of the least work")
        return "\n".join(lines)

    @arguments.checked
    def arena(
        self,
        sharing: str = "share",
        *,
        match_range: AtLeastOne = MATCH_RANGE,
        colours: Positive = 1,
        workspace: bool = False,
    ) -> Arena:
        """Every value's place in one arena, when values share memory as `allocate.allocate` says: predicted.

        Args:
            sharing: ``"none"``, ``"inplace"`` or ``"share"``.
            match_range, colours: as `allocate`.
            workspace: whether to count what each operation takes while it runs; it is compiled for that.

        Raises:
            ArgumentError: an argument does not fit.
        """
        taken = self.network.workspace if workspace else ()
        return allocate(
            self.network.workload,
            self.schedule,
            sharing,
            match_range=match_range,
            colours=colours,
            workspace=taken,
        )

    def lowered(self, device: Context) -> Lowered:
        """The program that runs it on a device; made once."""
        made = self._programs.get(device)
        if made is None:
            made = self._programs[device] = Lowered(self.network, self.schedule, device)
        return made

    @cached_property
    def _programs(self) -> dict[Context, Lowered]:
        return {}

    def __copy__(self) -> Plan:
        return self

    def __deepcopy__(self, _: Any) -> Plan:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Plan, (self.planner, self.network, self.schedule)

    def __repr__(self) -> str:
        return (
            f"Plan({self.planner.name}: {text(self.timeline.most_maps)} of feature maps predicted, "
            f"{self.extra_forwards:.2f} extra forwards)"
        )
