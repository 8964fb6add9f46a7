"""A study of what one training pass needs in memory, of every plan offered to need less, and of why."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any

from workbench.errors import DeviceError
from workbench.memory.alive import Liveness
from workbench.memory.costs import timed
from workbench.memory.differentiated import Differentiated
from workbench.memory.measure import compiled, running
from workbench.memory.plan import Plan, Planner
from workbench.memory.process import process
from workbench.memory.profile import Profile, band_starts
from workbench.memory.search import Search
from workbench.memory.size import text
from workbench.memory.strategies import MEANINGS, Strategy
from workbench.memory.timing import each_alone
from workbench.runtime.device import Context, current_context
from workbench.runtime.room import free_bytes
from workbench.symbolic.memory import training_pass
from workbench.symbolic.memory_reasons import Reasons
from workbench.symbolic.network import symbol_of
from workbench.symbolic.study import global_name
from workbench.types import Quantity, Shape

HELD = "inputs, parameters, outputs and gradients of parameters, from their shapes: the same for every plan"
PROGRAMS = "the groups of the schedule; each is compiled as one program, or as its blocks where it repeats"
MOVED = "sizes of the values that wait in the host's memory; each goes there and comes back once"
FORWARDS = "recomputed work by the work of one forward pass"


class MemoryStudy:
    """A training pass and its plans; `workbench_widgets.MemoryExplorer` asks it everything it shows.

    Args:
        title: what to call the network.
        network: the pass.
        device: where it would run.
        arguments: those of the call that makes the explorer of this study, as Python.
        own: strategies of the user's to ask beside the others.

    Attributes:
        title, network, device, arguments: as given.
        strategies: names of the strategies, in the order in which they are offered.
        meanings: what each of them does, in a few words.
        layers: for each band of the network its first operation's name, in the order of the forward pass.
        ways: the ways to measure a plan, by name.
        weights: the ways to weigh operations, by name.
        costs: the one taken.
    """

    weights: Mapping[str, str] = MappingProxyType(
        {"FLOP": "FLOP, predicted", "seconds": "seconds, each operation measured"}
    )

    ways: Mapping[str, str] = MappingProxyType(
        {
            "compiled": "not run, XLA's buffers",
            "running": "one step, run",
            "process": "a process of its own",
        }
    )

    costs = "FLOP"

    def __init__(
        self,
        title: str,
        network: Differentiated,
        device: Context,
        arguments: str,
        own: Sequence[Strategy] = (),
    ) -> None:
        self.title = title
        self.device = device
        self.arguments = arguments + listed(own)
        self._own = tuple(own)
        operations = network.workload.operations
        self.layers = [operations[start].name for start in band_starts(network.workload)]
        self._take(network)

    def _take(self, network: Differentiated) -> None:
        """Starts anew with a network that differs in its costs at most."""
        self.network = network
        self._reasons = Reasons(network)
        self._search = Search(network, self._own)
        self.strategies = self._search.strategies
        self.meanings: Mapping[str, str] = MEANINGS | {
            Planner(strategy).name: _says(strategy) for strategy in self._own
        }
        self._calibrated: dict[int, dict[str, list[int]]] = {}
        self._liveness = lru_cache(maxsize=4)(lambda plan: Liveness(self._profile(plan)))

    def weighed(
        self, costs: str, progress: Callable[[float], object], cancelled: Callable[[], bool]
    ) -> MemoryStudy | None:
        """The same network with its operations weighed in another way, nothing planned yet; None if it was cancelled.

        Args:
            costs: one of `weights`: ``"FLOP"``, predicted, or ``"seconds"``, for which each distinct operation is run
                by itself.
            progress: is told the part done of measuring, from 0 to 1.
            cancelled: whether to stop.

        Raises:
            DeviceError: an operation takes more memory than the device has free.
        """
        network = replace(self.network, seconds=None)
        if costs == "seconds":
            events = each_alone(network, self.device, progress, cancelled)
            if events is None:
                return None
            network = timed(network, events)
        made = copy(self)
        made.costs = costs
        made._take(network)
        return made

    @property
    def plans(self) -> list[Plan]:
        """Those found so far."""
        return self._search.plans

    @property
    def refused(self) -> dict[str, str]:
        """Why a strategy has no plan for this network, by its name."""
        return self._search.refused

    def search(self, progress: Callable[[float], object], cancelled: Callable[[], bool]) -> Iterator[int]:
        """Looks for plans, and gives the index in `plans` of each as it is found; arguments as `Search.run`."""
        return self._search.run(progress, cancelled)

    def growth(self, cancelled: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        """How feature maps grow with the network's length: dicts of ``strategy``, ``length`` and ``bytes``.

        The bytes are those of the strategy's plan of least peak.  A network by itself has no length to vary, and
        gives nothing.
        """
        return iter(())

    # -- a plan ----------------------------------------------------------------------------------

    def picture(self, plan: int) -> dict[str, Any]:
        """All that a drawing of a plan needs, as JSON: a few thousand numbers, whatever the network's size.

        Returns:
            ``strategy``, ``peak``, ``held`` and ``moved`` (bytes: the caller's; those that wait in the host's memory),
            ``recomputed`` (in ``unit``: FLOP or s), ``forwards`` (the same in forward passes),
            ``places`` (those drawn of the schedule's), ``length`` (how many it has), ``phases`` (a letter a place:
            forward, recomputing, backward), ``bytes`` (by kind, one a place, what the caller holds included),
            ``shades`` (by band and column, 0 to 9), ``darkest`` (the bytes of a 9), ``calibrated`` (as ``bytes``, once
            the plan's programs were compiled: what lies in memory while they run, their own workspace included; or
            None).
        """
        chosen, profile = self.plans[plan], self._profile(plan)
        return {
            "strategy": chosen.planner.name,
            "peak": int(chosen.peak.value),
            "held": self.network.workload.fixed_bytes,
            "moved": self._moved(chosen),
            "recomputed": float(chosen.recomputed.value),
            "unit": chosen.recomputed.unit,
            "forwards": float(chosen.extra_forwards),
            "length": len(chosen.schedule),
            "places": profile.places.tolist(),
            "phases": profile.phases,
            "bytes": {kind: line.tolist() for kind, line in profile.by_kind.items()},
            "shades": profile.shades,
            "darkest": int(profile.bands.max(initial=0)),
            "calibrated": self._calibrated.get(plan),
        }

    def figures(self, plan: int) -> list[Quantity]:
        """What is predicted of a plan."""
        chosen = self.plans[plan]
        held, programs = self.network.workload.fixed_bytes, len(chosen.schedule.groups)
        moved = self._moved(chosen)
        return [
            chosen.peak,
            chosen.feature_maps,
            Quantity(held, "B", "predicted", HELD, "held throughout"),
            chosen.recomputed,
            Quantity(chosen.extra_forwards, "1", "predicted", FORWARDS, "extra forwards"),
            Quantity(programs, "1", "predicted", PROGRAMS, "programs"),
            *([Quantity(moved, "B", "predicted", MOVED, "moved to the host")] if moved else []),
        ]

    def _moved(self, plan: Plan) -> int:
        return sum(self.network.workload.sizes[move.value] for move in plan.schedule.moved)

    def _profile(self, plan: int) -> Profile:
        return Profile(self.network.workload, self.plans[plan].schedule)

    # -- measuring -------------------------------------------------------------------------------

    def measure(
        self, plan: int, way: str, progress: Callable[[float], object], cancelled: Callable[[], bool]
    ) -> list[Quantity] | None:
        """Measures a plan in one of the `ways`; None if it was cancelled.

        Args:
            plan: its index.
            way: ``"compiled"`` adds up what XLA assigns to its programs, from shapes alone; ``"running"`` runs one
                step and counts what is alive; ``"process"`` runs one in a process of its own, and sees what the system
                says that it took.
            progress: is told the part done, from 0 to 1.
            cancelled: whether to stop.

        Raises:
            DeviceError: a step takes more memory than the device has free.
            WorkbenchError: the process failed.
        """
        chosen = self.plans[plan]
        if way == "compiled":
            found = compiled(chosen, self.device, progress, cancelled)
            if found is None:
                return None
            pieces = chosen.lowered(self.device).piece_at[self._profile(plan).places]
            self._calibrated[plan] = {kind: line[pieces].tolist() for kind, line in found.by_kind.items()}
            return [found.calibrated, found.assigned]
        self._check_room(chosen)
        if way == "process":
            peak = process(chosen, self.device, cancelled=cancelled)
        else:
            peak = running(chosen, self.device, progress, cancelled)
        names = {"process": "peak bytes, process", "running": "peak bytes, run"}
        return None if peak is None else [replace(peak, name=names[way])]

    def _check_room(self, plan: Plan) -> None:
        """A machine that runs out of memory stops for everyone: what does not fit is not tried."""
        free = free_bytes(self.device)
        if free is not None and plan.peak.value > free:
            raise DeviceError(
                f"one step of this plan takes {text(plan.peak.value)} (predicted) and {self.device} has {text(free)} "
                "free: take a plan of less memory, or measure it without running"
            )

    def alive(self, plan: int, place: int, layer: int | None = None) -> dict[str, Any]:
        """What is in memory at a place of a plan's schedule, and why, as JSON: as `Reasons.at` says.

        Args:
            plan: its index.
            place: of its schedule.
            layer: a band of the network, to hear of its feature maps alone.
        """
        return self._reasons.at(self._liveness(plan), place, layer)


def _says(strategy: Strategy) -> str:
    """What a strategy of the user's says of itself, if anything."""
    written = strategy.func if isinstance(strategy, partial) else strategy
    first = (inspect.getdoc(written) or "").partition("\n")[0].rstrip(".")
    return first or "a strategy of your own"


def listed(own: Sequence[Strategy]) -> str:
    """The strategies of the user's own as an argument of a call."""
    return f", own=[{', '.join(Planner(strategy).name for strategy in own)}]" if own else ""


def memory_study(
    network: Any, shapes: Mapping[str, Shape] | None = None, own: Sequence[Strategy] = ()
) -> MemoryStudy:
    """The study of one training pass of a network, on the current device; nothing is allocated or run.

    Args:
        network: a Symbol that ends in a loss; a Module of one; or a Gluon block, which gets a SoftmaxOutput.
        shapes: shape of each input of a batch by name; without it, a batch of 64 images of 28 x 28 pixels
            for the input ``data``.
        own: strategies of the user's to ask beside the others.

    Raises:
        ArgumentError: it is none of these, or a shape is missing.
        ShapeError: the shapes do not fit the network.
    """
    symbol, title = symbol_of(network, "a study of memory")
    name = global_name(network)
    given = "" if shapes is None else f", shapes={ ({key: tuple(shape) for key, shape in shapes.items()})!r}"
    passed = training_pass(symbol, shapes)
    return MemoryStudy(name or title, passed, current_context(), f"{name or 'net'}{given}", own)
