"""The graph: nodes that apply an operator to the outputs of other nodes.

Both styles make these nodes.  A symbol's nodes wait for shapes; an imperative call's nodes know
them at once and carry, in a subclass of the runtime's, the arrays they turn into.  A node never
changes: passes build new ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.graph.bind import BoundOp
from workbench.graph.bound import Bound

NO_ATTRS: Mapping[str, str] = {}
_serials = itertools.count()


class Value:
    """One output of a node."""

    __slots__ = ("index", "node")

    def __init__(self, node: Node, index: int = 0) -> None:
        self.node = node
        self.index = index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and self.node is other.node and self.index == other.index

    def __hash__(self) -> int:
        return hash((id(self.node), self.index))

    def __repr__(self) -> str:
        return f"{self.node.name}[{self.index}]"


class Node:
    """An operator applied to values; without an operator it is a variable.

    `serial` grows in the order in which nodes are written down, which need not be the order in which a graph needs
    them; a node that stands for another keeps its serial.  `given` are the names of the operator's attributes that
    were written down; a node that nobody wrote has none.
    """

    __slots__ = ("attrs", "bound", "given", "inputs", "name", "scalars", "serial", "source")

    given: frozenset[str]

    def __init__(
        self,
        bound: Bound | None,
        inputs: tuple[Value, ...] = (),
        scalars: tuple[float, ...] = (),
        name: str = "",
        attrs: Mapping[str, str] = NO_ATTRS,
        source: Any = None,
    ) -> None:
        self.serial = next(_serials)
        self.bound = bound
        self.inputs = inputs
        self.scalars = scalars
        self.name = name
        self.attrs = attrs
        self.source = source

    @property
    def is_variable(self) -> bool:
        """Whether this is an input of the graph."""
        return self.bound is None

    @property
    def op(self) -> str:
        """The operator's name; ``"null"`` for a variable, as in saved files."""
        return self.bound.name if self.bound else "null"

    def replaced(self, **parts: Any) -> Node:
        """The same node with some parts (bound, inputs, scalars, name, attrs, source) replaced."""
        kept = {n: getattr(self, n) for n in ("bound", "inputs", "scalars", "name", "attrs", "source")}
        made = Node(**{**kept, **parts})
        made.serial = self.serial
        if "bound" not in parts and hasattr(self, "given"):
            made.given = self.given
        return made

    def value(self, index: int = 0) -> Value:
        """The node's output `index`."""
        return Value(self, index)

    def __repr__(self) -> str:
        return f"Node({self.op} {self.name!r})"


def topological(heads: Iterable[Value]) -> list[Node]:
    """Every node the heads depend on, inputs before users, in order of first use."""
    seen: set[int] = set()
    order: list[Node] = []
    stack = [(head.node, iter(head.node.inputs)) for head in reversed(list(heads))]
    while stack:
        node, rest = stack[-1]
        if id(node) in seen:
            stack.pop()
            continue
        for value in rest:
            if id(value.node) not in seen:
                stack.append((value.node, iter(value.node.inputs)))
                break
        else:
            seen.add(id(node))
            order.append(node)
            stack.pop()
    return order


@dataclass(frozen=True)
class Graph:
    """Heads, and the order in which the graph's inputs are passed."""

    heads: tuple[Value, ...]
    inputs: tuple[Node, ...]

    @property
    def nodes(self) -> list[Node]:
        """The operator nodes in execution order."""
        return [n for n in topological(self.heads) if not n.is_variable]


def rebuild(
    heads: Iterable[Value], change: Callable[[Node, tuple[Value, ...]], Node | tuple[Value, ...]]
) -> tuple[Value, ...]:
    """New heads with every operator node passed through `change`.

    `change` gets a node and its already rebuilt inputs; it returns the node to use, or the values
    that stand for the node's outputs.
    """
    heads = tuple(heads)
    new: dict[Value, Value] = {}

    def now(value: Value) -> Value:
        return new.get(value, value)

    for node in topological(heads):
        if node.is_variable:
            continue
        inputs = tuple(now(v) for v in node.inputs)
        made = change(node, inputs)
        if made is node:
            continue
        if isinstance(made, Node):
            assert node.bound is not None
            for index in range(node.bound.output_count):
                new[Value(node, index)] = Value(made, index)
        else:
            new.update({Value(node, i): v for i, v in enumerate(made)})
    return tuple(now(h) for h in heads)


def with_inputs(node: Node, inputs: tuple[Value, ...]) -> Node:
    """The same node on other inputs; the node itself where they are the same."""
    if inputs == node.inputs:
        return node
    return node.replaced(inputs=inputs)


def auxiliary(nodes: Sequence[Node]) -> set[int]:
    """ids of the variables that are auxiliary states of some node."""
    return {
        id(value.node)
        for node in nodes
        if isinstance(node.bound, BoundOp) and node.bound.op.aux and node.bound.input_names
        for name, value in zip(node.bound.input_names, node.inputs, strict=False)
        if name in node.bound.op.aux
    }
