"""Auxiliary states: what a training forward leaves in them, as values of the graph.

A batch norm's moving mean is read by the forward and replaced by it.  In a graph, where nothing is written in
place, the replacement is one more value to compute, and whoever runs the graph writes it back.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.graph.bind import BoundOp
from workbench.graph.node import Node, Value, rebuild, with_inputs


def with_state_updates(heads: Sequence[Value]) -> tuple[tuple[Value, ...], dict[Node, Value]]:
    """The heads, and each auxiliary variable with the value a training forward leaves in it.

    Where several nodes share a state, the later reads what the earlier left, as in one call after another.
    """
    left: dict[Node, Value] = {}

    def visit(node: Node, inputs: tuple[Value, ...]) -> Node:
        bound = node.bound
        if not isinstance(bound, BoundOp) or not bound.op.aux or not bound.input_names:
            return with_inputs(node, inputs)
        positions = {bound.input_names.index(name): bound.op.writes[name] for name in bound.op.aux}
        chained = [left.get(v.node, v) if i in positions else v for i, v in enumerate(inputs)]
        made = with_inputs(node, tuple(chained))
        left.update({inputs[i].node: Value(made, output) for i, output in positions.items()})
        return made

    return rebuild(heads, visit), left
