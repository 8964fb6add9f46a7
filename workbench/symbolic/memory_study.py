"""A study of what one training pass needs in memory, of every plan offered to need less, and of why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

from workbench.errors import DeviceError
from workbench.memory.alive import Alive, Liveness
from workbench.memory.differentiated import Differentiated
from workbench.memory.measure import compiled, running
from workbench.memory.plan import Plan, Planner
from workbench.memory.process import process
from workbench.memory.profile import Profile, band_starts, bands_of
from workbench.memory.search import Search
from workbench.memory.size import text
from workbench.memory.strategies import Strategy
from workbench.runtime.device import Context, current_context
from workbench.runtime.room import free_bytes
from workbench.symbolic.memory import training_pass
from workbench.symbolic.network import symbol_of
from workbench.symbolic.study import global_name
from workbench.types import Quantity, Shape

LISTED = 6  # values of a kind, of the many thousands that are alive
HELD = "inputs, parameters, outputs and gradients of parameters, from their shapes: the same for every plan"
PROGRAMS = "the groups of the schedule; each is compiled as one program, or as its blocks where it repeats"
MOVED = "sizes of the values that wait in the host's memory; each goes there and comes back once"
FORWARDS = "recomputed work by the work of one forward pass"
KINDS = ("activation", "gradient", "parameter")
NOBODY = {"leaves": None, "next": None, "last": None, "again": 0, "flops": 0.0}  # waits for a workspace


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
        layers: for each band of the network its first operation's name, in the order of the forward pass.
        ways: the ways to measure a plan, by name.
    """

    ways: Mapping[str, str] = MappingProxyType(
        {
            "compiled": "not run, XLA's buffers",
            "running": "one step, run",
            "process": "a process of its own",
        }
    )

    def __init__(
        self,
        title: str,
        network: Differentiated,
        device: Context,
        arguments: str,
        own: Sequence[Strategy] = (),
    ) -> None:
        self.title = title
        self.network = network
        self.device = device
        self.arguments = arguments + listed(own)
        operations = network.workload.operations
        self.layers = [operations[start].name for start in band_starts(network.workload)]
        self._bands = bands_of(network.workload)
        self._calibrated: dict[int, dict[str, list[int]]] = {}
        self._search = Search(network, own)
        self.strategies = self._search.strategies
        self._liveness = lru_cache(maxsize=4)(lambda plan: Liveness(self._profile(plan)))

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
            ``recomputed`` (FLOP), ``forwards`` (the latter in forward passes),
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

    # -- why a value is alive --------------------------------------------------------------------

    def alive(self, plan: int, place: int, layer: int | None = None) -> dict[str, Any]:
        """What is in memory at a place of a plan's schedule, and why, as JSON.

        Args:
            plan: its index.
            place: of its schedule.
            layer: a band of the network, to hear of its feature maps alone.

        Returns:
            ``place``, ``operation`` (that runs there), ``phase``, ``bytes`` (of all), and ``kinds``: for each kind
            ``kind``, ``count``, ``bytes`` and ``buffers``, its largest: ``name``, ``bytes``, ``fixed``, ``made``
            (a place, or None), ``returned`` (it came back there from the host's memory), ``leaves`` (the place after
            which it goes there, or None), ``next`` and ``last`` (place and name of the operation that reads it next and
            last, or None), ``again`` (how many operations would compute it once more) and ``flops`` (their work).
        """
        liveness, forward = self._liveness(plan), self.network.workload.forward
        found = liveness.at(place)
        if layer is not None:
            maker = self.network.workload.maker
            found = [a for a in found if not a.fixed and self._bands[maker[a.value]] == layer]
        order = liveness.profile.schedule.order
        again = order[place] < forward and order[place] in order[:place]
        kinds = [self._of_kind(liveness, kind, found) for kind in KINDS]
        if layer is None:
            kinds.append(self._workspace(liveness, place))
        return {
            "place": place,
            "operation": self._operation(liveness, place),
            "phase": "backward" if order[place] >= forward else "recomputing" if again else "forward",
            "bytes": sum(kind["bytes"] for kind in kinds),
            "kinds": kinds,
        }

    def _workspace(self, liveness: Liveness, place: int) -> dict[str, Any]:
        """What the operation that runs at a place takes beside its values, as one buffer; or none."""
        size, name = int(liveness.profile.timeline.workspace[place]), self._operation(liveness, place)
        own = {"name": name, "bytes": size, "fixed": False, "made": place, "returned": False, **NOBODY}
        return {"kind": "workspace", "count": int(size > 0), "bytes": size, "buffers": [own] if size else []}

    def _of_kind(self, liveness: Liveness, kind: str, found: list[Alive]) -> dict[str, Any]:
        own = [each for each in found if each.kind == kind]
        buffers = [self._reasons(liveness, each) for each in own[:LISTED]]
        return {"kind": kind, "count": len(own), "bytes": sum(each.size for each in own), "buffers": buffers}

    def _reasons(self, liveness: Liveness, each: Alive) -> dict[str, Any]:
        again = liveness.again(each)
        return {
            "name": self._name(each.value),
            "bytes": each.size,
            "fixed": each.fixed,
            "made": each.made_at,
            "returned": each.returned,
            "leaves": each.leaves_at,
            "next": self._reader(liveness, each.next_read),
            "last": self._reader(liveness, each.last_read),
            "again": len(again),
            "flops": liveness.flops(again),
        }

    def _name(self, value: int) -> str:
        """The operation that makes it, the variable that it is, or the one that it is the gradient of."""
        of = self._gradients.get(value)
        if of is not None:
            return f"gradient of {of}"
        found = self.network.values[value]
        several = found.node.bound is not None and found.node.bound.output_count > 1
        return repr(found) if several else found.node.name

    @cached_property
    def _gradients(self) -> dict[int, str]:
        """The variable that each gradient asked for belongs to."""
        number = {value: i for i, value in enumerate(self.network.values)}
        wanted = self.network.wanted
        heads = self.network.graph.heads[-len(wanted) :] if wanted else ()
        return {number[head]: name for head, name in zip(heads, wanted, strict=True)}

    def _reader(self, liveness: Liveness, place: int | None) -> list[Any] | None:
        return None if place is None else [place, self._operation(liveness, place)]

    def _operation(self, liveness: Liveness, place: int) -> str:
        return self.network.workload.operations[liveness.profile.schedule.order[place]].name


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
