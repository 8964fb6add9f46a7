"""A whole graph as one operator.

A bound symbol and a hybridized block are called like any operator: one node in the list of waiting calls,
however many operators are inside.  That is what the declarative style buys on the host: one call to
record where the imperative style records hundreds.  Its gradient is a composite too, of the nodes that
differentiating the graph adds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from workbench.graph.bind import BoundOp, bind
from workbench.graph.bound import Bound, Gradient, Kept, Types
from workbench.graph.gradient import differentiate
from workbench.graph.node import Graph, Node, Value, auxiliary, rebuild, topological, with_inputs
from workbench.ops import registry
from workbench.types import TensorType, tensor_type

Mask = tuple[bool, ...]
KEYS = "_keys"


class Composite(Bound):
    """A graph as an operator; made by `composite`.

    Its inputs are the graph's variables in order; the random keys, one a random node, come last.

    Attributes:
        program: its nodes as (operator, numbers, slots read), inputs first, and the slots of its outputs.
    """

    def __init__(self, graph: Graph, nodes: Sequence[Node], name: str, text: str) -> None:
        super().__init__()
        self.graph = graph
        self.name = name
        self.text = text
        self.input_names = tuple(n.name for n in graph.inputs if n.name != KEYS)
        self.key_type = _key_type(graph)
        self._nodes = nodes
        states = auxiliary(self._nodes)
        self._states = {i for i, n in enumerate(graph.inputs) if id(n) in states}
        self.program = _instructions(graph, nodes)
        self._recorded: dict[tuple[Types, Mask], Composite] = {}

    @property
    def output_count(self) -> int:
        return len(self.graph.heads)

    @cached_property
    def operators(self) -> int:
        """How many operators are inside, those of inner composites counted."""
        return sum(n.bound.operators if isinstance(n.bound, Composite) else 1 for n in self._nodes)

    def call(self, inputs: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        slots: list[Any] = list(inputs)
        instructions, outputs = self.program
        for bound, numbers, arguments in instructions:
            slots.extend(bound.call([slots[i] for i in arguments], numbers))
        return tuple(slots[i] for i in outputs)

    def differentiable(self, index: int, type_: TensorType) -> bool:
        return type_.is_float and index not in self._states

    def _infer(self, types: Types, name: str) -> Types:
        """Node by node, so that a mismatch is reported where it is and not as one of the whole graph."""
        found = self.types_of(types)
        return tuple(found[h] for h in self.graph.heads)

    def types_of(self, types: Types) -> dict[Value, TensorType]:
        """The type of every value inside, for these input types."""
        return value_types(self.graph, dict(zip(self.graph.inputs, types, strict=True)), self._nodes)

    def recorded(self, types: Types, wanted: Mask) -> Bound:
        """This graph with the values its gradient will read as further outputs."""
        key = (types, wanted)
        made = self._recorded.get(key)
        if made is None:
            made = self._recorded[key] = self._with_residuals(types, wanted)
        return made

    def _with_residuals(self, types: Types, wanted: Mask) -> Composite:
        cots = tuple(t.is_float for t in self.infer(types))
        made, marks = self._differentiated(types, cots, wanted)
        _, kept = _detached(made, set(map(id, self._nodes)), marks)
        have = set(self.graph.heads)
        extra = tuple(v for v in kept if not v.node.is_variable and v not in have)
        return composite(Graph((*self.graph.heads, *extra), self.graph.inputs), self.name)

    def _gradient(self, types: Types, cotangents: Mask, wanted: Mask) -> Gradient:
        made, marks = self._differentiated(types, cotangents, wanted)
        graph, kept = _detached(made, set(map(id, self._nodes)), marks)
        at = {v: Kept(True, i) for i, v in reversed(list(enumerate(self.graph.heads)))}
        at.update({Value(n): Kept(False, i) for i, n in enumerate(self.graph.inputs)})
        if any(v not in at for v in kept):
            # Called without `recorded`: nothing inside was kept, so the gradient runs forward again.
            graph = Graph(made, (*self.graph.inputs, *marks))
            kept = [Value(n) for n in self.graph.inputs]
            nodes = graph.nodes
        else:
            # As they were written: each sum of gradients then follows its last term, which can be let go.
            nodes = sorted(graph.nodes, key=lambda n: n.serial)
        return Gradient(composite(graph, f"_backward_{self.name}", nodes), tuple(at[v] for v in kept))

    def _differentiated(
        self, types: Types, cotangents: Mask, wanted: Mask
    ) -> tuple[tuple[Value, ...], list[Node]]:
        """The gradients, on the forward graph, and the variables that stand for the cotangents."""
        found = self.types_of(types)
        heads = [h for h, there in zip(self.graph.heads, cotangents, strict=True) if there]
        marks = [Node(None, name=f"_cotangent{i}") for i in range(len(heads))]
        found.update({Value(m): found[h] for m, h in zip(marks, heads, strict=True)})
        starts: dict[Value, Value] = {}
        for head, mark in zip(heads, marks, strict=True):
            starts[head] = _sum(starts[head], Value(mark)) if head in starts else Value(mark)
        targets = [Value(n) for n, want in zip(self.graph.inputs, wanted, strict=True) if want]
        grads = differentiate(starts, targets, found.__getitem__)
        made = tuple(g if g is not None else _zeros(found[t]) for g, t in zip(grads, targets, strict=True))
        return made, marks

    def __repr__(self) -> str:
        return f"{self.name}({len(self._nodes)} nodes)"


def value_types(
    graph: Graph, inputs: Mapping[Node, TensorType], nodes: Sequence[Node] | None = None
) -> dict[Value, TensorType]:
    """The type of every value of a graph, from those of its inputs; `nodes` are its nodes, if known."""
    found = {Value(node): type_ for node, type_ in inputs.items()}
    for node in graph.nodes if nodes is None else nodes:
        assert node.bound is not None
        outputs = node.bound.infer(tuple(found[v] for v in node.inputs), node.name)
        found.update({Value(node, i): t for i, t in enumerate(outputs)})
    return found


def _key_type(graph: Graph) -> TensorType | None:
    if not graph.inputs or graph.inputs[-1].name != KEYS:
        return None
    rows = int(graph.inputs[-1].attrs["__rows__"])
    return tensor_type((rows, 2), np.uint32)


def _sum(a: Value, b: Value) -> Value:
    add, _ = bind(registry.get("elemwise_add"), {})
    return Value(Node(add, (a, b), (), "cotangent_sum"))


def filled(type_: TensorType, value: float) -> tuple[BoundOp, tuple[float, ...]]:
    """The bound operator that fills a tensor of this type with one number, and that number."""
    attrs = {"shape": type_.shape, "value": value, "dtype": type_.dtype}
    return bind(registry.get("_full"), attrs)


def _zeros(type_: TensorType) -> Value:
    bound, scalars = filled(type_, 0.0)
    return Value(Node(bound, (), scalars, "zero_gradient"))


def _detached(heads: tuple[Value, ...], forward: set[int], marks: list[Node]) -> tuple[Graph, list[Value]]:
    """Cuts the backward nodes off: each forward value they read becomes a variable."""
    marked = set(map(id, marks))
    kept: dict[Value, Node] = {}

    def inside(value: Value) -> bool:
        return id(value.node) not in forward and not (value.node.is_variable and id(value.node) not in marked)

    def stand_in(value: Value) -> Value:
        if inside(value):
            return value
        if value not in kept:
            kept[value] = Node(None, name=f"_kept{len(kept)}")
        return Value(kept[value])

    done: dict[Value, Value] = {}
    for node in _backward_order(heads, inside):
        if node.is_variable:
            continue
        inputs = tuple(done.get(v) or stand_in(v) for v in node.inputs)
        fresh = with_inputs(node, inputs)
        assert node.bound is not None
        done.update({Value(node, i): Value(fresh, i) for i in range(node.bound.output_count)})
    outputs = tuple(done.get(h) or stand_in(h) for h in heads)
    return Graph(outputs, (*kept.values(), *marks)), list(kept)


def _backward_order(heads: tuple[Value, ...], inside: Any) -> list[Node]:
    return [n for n in topological(heads) if inside(Value(n))]


def _instructions(graph: Graph, nodes: Sequence[Node]) -> tuple[list[Any], list[int]]:
    slots = {Value(n): i for i, n in enumerate(graph.inputs)}
    count = len(graph.inputs)
    program = []
    for node in nodes:
        assert node.bound is not None
        program.append((node.bound, node.scalars, tuple(slots[v] for v in node.inputs)))
        for i in range(node.bound.output_count):
            slots[Value(node, i)] = count
            count += 1
    return program, [slots[h] for h in graph.heads]


_INTERNED: dict[str, Composite] = {}


def composite(graph: Graph, name: str, nodes: Sequence[Node] | None = None) -> Composite:
    """The operator of a graph; equal graphs give the same one, so that they share executables.

    The first of equal graphs gives the name that errors and traces show.  `nodes` are the graph's in the order to
    run them, by default that of `graph.nodes`.
    """
    nodes = graph.nodes if nodes is None else nodes
    program, outputs = _instructions(graph, nodes)
    lines = [f"{bound.text}{list(numbers)} {arguments}" for bound, numbers, arguments in program]
    names = [n.name for n in graph.inputs if n.name == KEYS]
    text = "{" + "; ".join([str(len(graph.inputs)), *names, *lines, str(outputs)]) + "}"
    made = _INTERNED.get(text)
    if made is None:
        made = _INTERNED[text] = Composite(graph, nodes, name, text)
    return made


def prepared(graph: Graph, train: bool) -> Graph:
    """The graph as it runs: training or not, and every random node with its key.

    The keys are rows of one more input, in the order in which the nodes were written down, so a graph of n
    random nodes draws what the same n calls would draw imperatively.  (A random call whose result nobody uses
    takes a key imperatively; in a graph it is not there.)
    """
    drawing = [n for n in graph.nodes if n.bound is not None and n.bound.key_type is not None]
    keys = Node(None, name=KEYS, attrs={"__rows__": str(len(drawing))})
    rows = {id(n): i for i, n in enumerate(sorted(drawing, key=lambda n: n.serial))}

    def visit(node: Node, inputs: tuple[Value, ...]) -> Node:
        assert node.bound is not None
        bound = node.bound.in_mode(train)
        if bound.key_type is not None:
            inputs = (*inputs, _row(keys, rows[id(node)]))
        if bound is node.bound:
            return with_inputs(node, inputs)
        return node.replaced(bound=bound, inputs=inputs)

    heads = rebuild(graph.heads, visit)
    return Graph(heads, (*graph.inputs, keys) if drawing else graph.inputs)


def _row(keys: Node, index: int) -> Value:
    # The place is a number and not an attribute, so that layers which draw at different places are equal blocks.
    row, place = bind(registry.get("_row"), {"index": index})
    return Value(Node(row, (Value(keys),), place, f"key{index}"))
