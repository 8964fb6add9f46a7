"""Graphs out of graphs: variables replaced by other graphs, and copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.graph.node import Node, Value, rebuild, topological, with_inputs


def replaced(
    heads: Sequence[Value], given: Mapping[str, Value], name: str | None = None
) -> tuple[Value, ...]:
    """The heads with each variable named in `given` replaced by its value; `name` renames the first head's node."""
    heads = tuple(heads)
    swap = {Value(n): given[n.name] for n in topological(heads) if n.is_variable and n.name in given}

    def visit(node: Node, inputs: tuple[Value, ...]) -> Node:
        made = with_inputs(node, tuple(swap.get(v, v) for v in inputs))
        return made.replaced(name=name) if name and node is heads[0].node else made

    return tuple(swap.get(h, h) for h in rebuild(heads, visit))


def copied(heads: Sequence[Value]) -> tuple[Value, ...]:
    """The same heads on nodes of their own, variables included."""
    copies: dict[int, Node] = {}
    for node in topological(heads):
        inputs = tuple(Value(copies[id(v.node)], v.index) for v in node.inputs)
        copies[id(node)] = node.replaced(inputs=inputs, attrs=dict(node.attrs))
    return tuple(Value(copies[id(h.node)], h.index) for h in heads)
