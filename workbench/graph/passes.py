"""Passes: what can be simplified once the whole graph is there.

Each pass takes a graph and gives a new one with a list of what it changed, so that before and after can be
shown.  They do what op-by-op execution can't: drop what nobody asks for, compute once what is
written twice, compute now what does not depend on any input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import jax
import numpy as np

from workbench.graph.bind import BoundOp, bind
from workbench.graph.node import Graph, Node, Value, rebuild, with_inputs
from workbench.ops import registry

__all__ = ["Change", "Outcome", "common_subexpressions", "dead_code", "fold_constants", "optimise"]

Fate = Literal["removed", "merged", "folded"]
FOLD_LIMIT = 1024  # elements; larger constants are left to the compiler


@dataclass(frozen=True)
class Change:
    """What became of a node, and why."""

    node: Node
    fate: Fate
    note: str


@dataclass(frozen=True)
class Outcome:
    """A graph after passes, with every change in order."""

    graph: Graph
    changes: list[Change] = field(default_factory=list)


def dead_code(graph: Graph, written: Sequence[Node]) -> Outcome:
    """Drops the nodes of `written` (all that was called) that no head depends on."""
    live = set(map(id, graph.nodes))
    dropped = [n for n in written if not n.is_variable and id(n) not in live]
    return Outcome(graph, [Change(n, "removed", "nothing that was asked for depends on it") for n in dropped])


def common_subexpressions(graph: Graph) -> Outcome:
    """Computes once what several nodes compute from the same values."""
    seen: dict[object, Node] = {}
    changes: list[Change] = []

    def visit(node: Node, inputs: tuple[Value, ...]) -> Node:
        node = with_inputs(node, inputs)
        assert node.bound is not None
        if node.bound.key_type is not None or _is_loss(node):
            return node
        first = seen.setdefault((node.bound, inputs, node.scalars), node)
        if first is not node:
            changes.append(Change(node, "merged", f"computes the same as {first.name}"))
        return first

    return Outcome(Graph(rebuild(graph.heads, visit), graph.inputs), changes)


def fold_constants(graph: Graph) -> Outcome:
    """Computes what depends on no input, and drops what changes nothing (``x * 1``, ``x + 0``)."""
    changes: list[Change] = []

    def visit(node: Node, inputs: tuple[Value, ...]) -> Node | tuple[Value, ...]:
        if _is_neutral(node):
            changes.append(Change(node, "removed", "changes nothing"))
            return inputs
        if inputs and all(_is_source(v.node) for v in inputs) and _foldable(node):
            made = _evaluated(node, inputs)
            if made is not None:
                changes.append(Change(node, "folded", "does not depend on any input: computed once"))
                return made
        return with_inputs(node, inputs)

    return Outcome(Graph(rebuild(graph.heads, visit), graph.inputs), changes)


def optimise(graph: Graph, written: Sequence[Node] | None = None) -> Outcome:
    """All passes; `written` is everything that was called, for the dead code."""
    dead = dead_code(graph, graph.nodes if written is None else written)
    folded = fold_constants(dead.graph)
    merged = common_subexpressions(folded.graph)
    return Outcome(merged.graph, dead.changes + folded.changes + merged.changes)


_NEUTRAL = {"_mul_scalar": 1.0, "_div_scalar": 1.0, "_plus_scalar": 0.0, "_minus_scalar": 0.0}


def _is_loss(node: Node) -> bool:
    """Two equal losses push twice: merged, the second push would be lost, as a loss ignores its cotangent."""
    return isinstance(node.bound, BoundOp) and node.bound.op.loss


def _is_neutral(node: Node) -> bool:
    return node.op in _NEUTRAL and node.scalars == (_NEUTRAL[node.op],)


def _is_source(node: Node) -> bool:
    return isinstance(node.bound, BoundOp) and not node.inputs and node.bound.key_type is None


def _foldable(node: Node) -> bool:
    return isinstance(node.bound, BoundOp) and node.bound.key_type is None and not node.bound.op.aux


def _evaluated(node: Node, inputs: tuple[Value, ...]) -> tuple[Value, ...] | None:
    assert node.bound is not None
    sources = [v.node.bound for v in inputs if v.node.bound]
    types = tuple(source.infer(())[0] for source in sources)
    if any(t.size > FOLD_LIMIT for t in (*types, *node.bound.infer(types, node.name))):
        return None
    with jax.enable_x64(True):
        arrays = [v.node.bound.call((), v.node.scalars)[v.index] for v in inputs if v.node.bound]
        results = [np.asarray(r) for r in node.bound.call(arrays, node.scalars)]
    return tuple(Value(_constant(r, node.name)) for r in results)


def _constant(array: np.ndarray, name: str) -> Node:
    attrs = {"data": array.tobytes().hex(), "shape": array.shape, "dtype": array.dtype.name}
    bound, _ = bind(registry.get("_constant"), attrs)
    return Node(bound, (), (), name)


def __dir__() -> list[str]:
    return __all__
