"""Reverse-mode differentiation as a transformation of the graph.

Differentiating adds nodes to the same graph: for each node on the way, the gradient operator its definition
declares.  So a backward pass is cut, compiled, traced and planned like any other piece of graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from workbench.graph.bind import bind
from workbench.graph.node import Node, Value, topological
from workbench.ops import registry
from workbench.types import TensorType


def differentiate(
    cotangents: Mapping[Value, Value],
    wanted: Sequence[Value],
    type_of: Callable[[Value], TensorType],
    origins: dict[Node, Node] | None = None,
) -> list[Value | None]:
    """The gradients of some values with respect to others.

    Args:
        cotangents: value to differentiate → its cotangent, a value of the same type.
        wanted: the values (usually variables) whose gradients are asked for.
        type_of: the type of any value of the graph.
        origins: where given, filled with the node that each gradient's node differentiates.

    Returns:
        For each wanted value its gradient, None where nothing depends on it.
    """
    order = topological(cotangents)
    needed = {v.node for v in wanted}
    for node in order:
        if any(v.node in needed for v in node.inputs):
            needed.add(node)
    sums: dict[Value, Value] = dict(cotangents)
    for node in reversed(order):
        if node.bound is None or node not in needed:
            continue
        given = [sums.get(Value(node, i)) for i in range(node.bound.output_count)]
        types = tuple(type_of(v) for v in node.inputs)
        mask = node.bound.differentiable_inputs(types)
        want = tuple(m and v.node in needed for m, v in zip(mask, node.inputs, strict=True))
        if not any(want) or all(g is None for g in given):
            continue
        rule = node.bound.gradient(types, tuple(g is not None for g in given), want)
        kept = [Value(node, k.place) if k.is_output else node.inputs[k.place] for k in rule.kept]
        inputs = (*kept, *(g for g in given if g is not None))
        back = Node(rule.bound, inputs, node.scalars, f"{node.name}_backward", {}, node.source)
        if origins is not None:
            origins[back] = node
        receivers = [v for v, w in zip(node.inputs, want, strict=True) if w]
        for index, value in enumerate(receivers):
            _accumulate(sums, value, Value(back, index))
    return [sums.get(v) for v in wanted]


def _accumulate(sums: dict[Value, Value], value: Value, gradient: Value) -> None:
    before = sums.get(value)
    if before is None:
        sums[value] = gradient
        return
    add, _ = bind(registry.get("elemwise_add"), {})
    name = f"{value.node.name}_gradient_sum"
    sums[value] = Value(Node(add, (before, gradient), (), name, {}, value.node.source), 0)
