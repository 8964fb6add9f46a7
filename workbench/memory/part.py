"""A plan for a part of the network that it was made for: the same schedule, without the operations that are not there.

`memory.plan` gives a Gluon block a loss at its end, or there would be nothing to go back from; the block itself, once
it is hybridized, has none.  Its operations are those of the planned network up to the loss, and so is its schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.graph.bound import GradientOp
from workbench.graph.node import Node, Value
from workbench.memory.differentiated import Differentiated
from workbench.memory.plan import Plan
from workbench.memory.schedule import Schedule, of_groups


def of_part(plan: Plan, part: Differentiated) -> Plan | None:
    """The plan for the beginning of its network; None where an operation of the part is not in the plan.

    Args:
        plan: for a whole network; it moves nothing to the host's memory.
        part: the beginning of it, differentiated by the same inputs; what comes to it as gradients of its outputs is
            computed in the whole.
    """
    found = _Match(plan.network, part)
    if not all(map(found.add, part.nodes)):
        return None
    schedule = _renumbered(plan, part, found.nodes)
    return Plan(plan.planner, part, schedule)


class _Match:
    """Which operation of the whole each one of the part is.

    Attributes:
        nodes: those of the whole, by those of the part.
    """

    def __init__(self, whole: Differentiated, part: Differentiated) -> None:
        variables = {n.name: n for n in whole.graph.inputs}
        self.nodes: dict[Node, Node] = {}
        self._values = {
            Value(n): Value(variables[n.name])
            for n in part.graph.inputs
            if n not in part.cotangents and n.name in variables
        }
        self._known = {_key(n, n.inputs): n for n in whole.nodes}
        self._gradients: dict[tuple[Node, Any], list[Node]] = {}
        for node, origin in whole.origins.items():
            self._gradients.setdefault((origin, node.bound), []).append(node)
        self._arriving = {Value(n) for n in part.cotangents}
        self._origins = part.origins

    def add(self, node: Node) -> bool:
        """Finds the operation of the whole that this one is; its inputs come before it."""
        found = self._known.get(_key(node, tuple(self._values.get(v, v) for v in node.inputs)))
        if found is None and isinstance(node.bound, GradientOp):
            origin = self.nodes.get(self._origins[node])
            candidates = self._gradients.get((origin, node.bound), []) if origin is not None else []
            found = next((each for each in candidates if self._fits(node, each)), None)
        if found is None:
            return False
        assert node.bound is not None
        self.nodes[node] = found
        self._values.update(zip(node.inputs, found.inputs, strict=True))
        self._values.update({Value(node, i): Value(found, i) for i in range(node.bound.output_count)})
        return True

    def _fits(self, node: Node, other: Node) -> bool:
        """Whether two gradients read the same, where what arrives at an output is whatever the other reads."""
        pairs = zip(node.inputs, other.inputs, strict=True)
        return all(self._values.get(own, own) == their or own in self._arriving for own, their in pairs)


def _key(node: Node, inputs: tuple[Value, ...]) -> Any:
    return node.bound, node.scalars, inputs


def _renumbered(plan: Plan, part: Differentiated, nodes: Mapping[Node, Node]) -> Schedule:
    number = {nodes[n]: i for i, n in enumerate(part.nodes)}
    own = {i: number[n] for i, n in enumerate(plan.network.nodes) if n in number}
    groups = [[own[i] for i in group if i in own] for group in plan.schedule.groups]
    return of_groups(groups, plan.schedule.forward)
