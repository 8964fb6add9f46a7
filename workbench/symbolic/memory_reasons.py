"""Why a value is in memory, in words and numbers that a picture can show: who made it, who reads it, what it costs."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from workbench.memory.alive import Alive, Liveness
from workbench.memory.differentiated import Differentiated
from workbench.memory.profile import bands_of

LISTED = 6  # values of a kind, of the many thousands that are alive
KINDS = ("activation", "gradient", "parameter")
NOBODY = {"leaves": None, "next": None, "last": None, "again": 0, "flops": 0.0}  # waits for a workspace


class Reasons:
    """Answers of one network, by the names of its operations.

    Args:
        network: the pass.
    """

    def __init__(self, network: Differentiated) -> None:
        self.network = network
        self._bands = bands_of(network.workload)

    def at(self, liveness: Liveness, place: int, layer: int | None = None) -> dict[str, Any]:
        """What is in memory at a place of a schedule, and why, as JSON.

        Args:
            liveness: of the schedule.
            place: in it.
            layer: a band of the network, to hear of its feature maps alone.

        Returns:
            ``place``, ``operation`` (that runs there), ``phase``, ``bytes`` (of all), and ``kinds``: for each kind
            ``kind``, ``count``, ``bytes`` and ``buffers``, its largest: ``name``, ``bytes``, ``fixed``, ``made``
            (a place, or None), ``returned`` (it came back there from the host's memory), ``leaves`` (the place after
            which it goes there, or None), ``next`` and ``last`` (place and name of the operation that reads it next and
            last, or None), ``again`` (how many operations would compute it once more) and ``flops`` (their work).
        """
        forward = self.network.workload.forward
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
