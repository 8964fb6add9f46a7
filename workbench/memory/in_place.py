"""Values of a graph that need no memory of their own: results written over an input, and inputs passed on as they are.

Memory sharing of this kind is the first of the two in T. Chen et al., "Training Deep Nets with Sublinear Memory Cost",
arXiv:1604.06174, Section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from workbench.graph.node import Node, Value
from workbench.memory.elementwise import in_place, unchanged
from workbench.types import TensorType


def overlays(
    nodes: Sequence[Node], types: Mapping[Value, TensorType]
) -> dict[Node, list[tuple[Value, Value]]]:
    """For operations in the order of execution, pairs (result, input) to lie in the same memory.

    No value stands in two pairs of an operation, and an input that the operation is the last to read comes before
    one that is read again.  Inputs of the graph belong to the caller and are never written over.

    Args:
        nodes: the operations.
        types: the type of every value.
    """
    last = {v: node for node in nodes for v in node.inputs}
    found = {}
    for node in nodes:
        assert node.bound is not None
        pairs = in_place(node.bound, tuple(types[v] for v in node.inputs))
        values = [(Value(node, g), node.inputs[r]) for g, r in pairs if not node.inputs[r].node.is_variable]
        if values:
            found[node] = _matched(sorted(values, key=lambda pair: last[pair[1]] is not node))
    return found


def _matched(pairs: Iterable[tuple[Value, Value]]) -> list[tuple[Value, Value]]:
    """The first of the pairs that leave no value in two."""
    kept: list[tuple[Value, Value]] = []
    taken: set[Value] = set()
    for pair in pairs:
        if taken.isdisjoint(pair):
            taken.update(pair)
            kept.append(pair)
    return kept


def passed_on(nodes: Iterable[Node], types: Mapping[Value, TensorType]) -> set[Value]:
    """Results that are an input of their operation unchanged, but perhaps for the shape.

    Args:
        nodes: the operations.
        types: the type of every value.
    """
    found: set[Value] = set()
    for node in nodes:
        assert node.bound is not None
        known = tuple(types[v] for v in node.inputs)
        found.update(Value(node, given) for given in unchanged(node.bound, known))
    return found
