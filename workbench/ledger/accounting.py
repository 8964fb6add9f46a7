"""Ways of counting what a training pass takes: a figure without one says nothing.

All count feature maps, forward and backward, and none the parameters, their final gradients, inputs and outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.memory.allocate import allocate
from workbench.memory.arena import Arena
from workbench.memory.chen import chen
from workbench.memory.differentiated import Differentiated
from workbench.memory.in_place import passed_on
from workbench.memory.schedule import unplanned
from workbench.memory.workload import Workload


@dataclass(frozen=True)
class Counted:
    """What was counted.

    Attributes:
        size: bytes in all.
        parts: bytes of what it is made of, by name.
    """

    size: int
    parts: Mapping[str, int]


@dataclass(frozen=True)
class Accounting:
    """A way of counting.

    Attributes:
        how: in words.
        count: the function that does it.
    """

    how: str
    count: Callable[[Differentiated], Counted]


def apart(network: Differentiated) -> Counted:
    """Every value's bytes, but for values that are another passed on unchanged."""
    work = network.workload
    arena = allocate(work, unplanned(work), "none")
    copies = passed_on(network.nodes, network.types)
    same = {number for number, value in enumerate(network.values) if value in copies}
    parts = _parts(work, arena, same)
    return Counted(sum(parts.values()), parts)


def in_place(network: Differentiated) -> Counted:
    """Every value's bytes, but for those that are written over another."""
    arena = allocate(network.workload, unplanned(network.workload), "inplace")
    return Counted(arena.size, {})


def shared(network: Differentiated) -> Counted:
    """The arena in which values take turns."""
    arena = allocate(network.workload, unplanned(network.workload), "share")
    return Counted(arena.size, {})


def recomputed(network: Differentiated) -> Counted:
    """That arena, when the pass recomputes by thresholds."""
    arena = allocate(network.workload, chen(network.workload), "share")
    return Counted(arena.size, {"alive at once": int(arena.live.max(initial=0))})


def _parts(work: Workload, arena: Arena, left_out: set[int]) -> dict[str, int]:
    weights = weight_gradients(work)
    parts = {"activations": 0, "weight gradients before they are summed": 0, "other gradients": 0}
    activations, unsummed, others = parts
    for buffer in arena.buffers:
        if buffer.value not in left_out:
            name = activations if buffer.kind == "activation" else others
            parts[unsummed if buffer.value in weights else name] += buffer.size
    return parts


def weight_gradients(work: Workload) -> set[int]:
    """The gradients asked for, and all that is added up to make them: a weight's at each use, and partial sums."""
    found: set[int] = set()
    waiting = [v for v in work.results if work.kind(v) == "gradient"]
    while waiting:
        value = waiting.pop()
        found.add(value)
        operation = work.operations[work.maker[value]]
        if operation.of is None:
            waiting += [v for v in operation.reads if v not in found and work.kind(v) == "gradient"]
    return found


ACCOUNTINGS = {
    "no sharing": Accounting("every value in memory of its own, each partial sum of gradients too", apart),
    "in place": Accounting("every value in memory of its own, unless it is written over an input", in_place),
    "sharing": Accounting("values take turns in one arena, by best fit", shared),
    "sublinear": Accounting(
        "values take turns, and segments are recomputed, by the best threshold", recomputed
    ),
}
