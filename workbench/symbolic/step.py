"""One training step as one graph: forward, backward and update.

A symbol says how outputs follow from inputs.  Differentiating adds the backward nodes, one update node a
parameter adds the rest, and then a whole turn of the training loop is a single graph, to be cut and run
like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.errors import ArgumentError
from workbench.graph.bind import bind
from workbench.graph.bound import GradientOp
from workbench.graph.composite import KEYS, filled, prepared, value_types
from workbench.graph.gradient import differentiate
from workbench.graph.node import Graph, Node, Value, rebuild, with_inputs
from workbench.graph.states import with_state_updates
from workbench.ops import registry
from workbench.symbolic.network import check_names, input_types, is_loss, labels_of
from workbench.symbolic.symbol import Symbol
from workbench.types import Shape, TensorType, tensor_type

Phase = Literal["forward", "backward", "update"]
PHASES: tuple[Phase, ...] = ("forward", "backward", "update")


@dataclass(frozen=True)
class Step:
    """A training step of a network.

    Attributes:
        graph: its inputs are the symbol's, in the symbol's order, then the random keys; its heads the
            outputs, the new parameters and the new auxiliary states.
        nodes: the operations in order of execution, phase after phase.  Their names differ.
        phases: phase of each operation by its name.
        types: type of every value.
        gradients: value of the backward phase → the value whose gradient it is.
        data: names of the inputs a batch brings, labels included.
        labels: name of each label → the prediction it belongs to.
        params: names of what is trained.
        states: names of the auxiliary states.
    """

    graph: Graph
    nodes: tuple[Node, ...]
    phases: Mapping[str, Phase]
    types: Mapping[Value, TensorType]
    gradients: Mapping[Value, Value]
    data: tuple[str, ...]
    labels: Mapping[str, Value]
    params: tuple[str, ...]
    states: tuple[str, ...]

    def in_order(self, nodes: Iterable[Node]) -> list[Node]:
        """Nodes of this step, or of one made of it by passes, phase after phase."""
        return _sorted(nodes, self.phases)


def training_step(
    symbol: Symbol,
    shapes: Mapping[str, Shape],
    lr: float = 0.1,
    dtypes: Mapping[str, Any] | None = None,
) -> Step:
    """One step of stochastic gradient descent on a symbol that ends in a loss.

    The gradient of every head starts from ones, which loss layers ignore, and is divided by the batch
    size, as MXNet's `Module` does.

    Args:
        symbol: the network with its loss.
        shapes: shape of each input that a batch brings; all others are taken for parameters, and their
            shapes must follow (or be stated by ``sym.var(shape=…)``).
        lr: learning rate.
        dtypes: dtypes by name, where they are not float32.

    Raises:
        ArgumentError: a name is unknown, a shape does not follow, or there is no loss or no parameter.
        ShapeError: the shapes contradict the graph.
    """
    check_names(symbol, shapes)
    _check_loss(symbol)
    types = input_types(symbol, shapes, dtypes)
    labels = labels_of(symbol.nodes)
    params = [n for n in symbol.list_arguments() if n not in shapes and n not in labels and types[n].is_float]
    if not params:
        raise ArgumentError(
            f"a training step needs a parameter to train; {', '.join(symbol.list_arguments())} all are data"
        )
    batch = next((shape[0] for shape in shapes.values() if shape), 1)
    return _Writer(symbol, types, params).step(lr, 1.0 / batch)


def _check_loss(symbol: Symbol) -> None:
    if not any(is_loss(value.node) for value in symbol.values):
        outputs = ", ".join(symbol.list_outputs())
        raise ArgumentError(
            f"a training step needs a loss, and none of the outputs {outputs} is one; the network in "
            "SoftmaxOutput, LinearRegressionOutput, MakeLoss or another loss layer"
        )


class _Writer:
    """Writes the three phases and keeps what each node is there for."""

    def __init__(self, symbol: Symbol, types: Mapping[str, TensorType], params: Sequence[str]) -> None:
        variables = tuple(n for n in symbol.nodes if n.is_variable)
        values, moves = with_state_updates(symbol.values)
        written = Graph((*values, *moves.values()), variables)
        self.forward, _ = _apart(prepared(written, train=True))
        self.inputs = {n.name: types.get(n.name) or _key_type(n) for n in self.forward.inputs}
        self.types = self._value_types(self.forward)
        self.outputs = self.forward.heads[: len(values)]
        self.params = tuple(params)
        self.states = tuple(n.name for n in moves)
        self.learning = _depending(self.forward, self.params)

    def step(self, lr: float, scale: float) -> Step:
        starts = {h: _ones(h, self.types[h]) for h in self.outputs if self.types[h].is_float}
        variables = {n.name: Value(n) for n in self.forward.inputs}
        weights = [variables[name] for name in self.params]
        grads = differentiate(starts, weights, self.types.__getitem__)
        # A parameter the loss does not depend on stays as it is.
        new = [w if g is None else _update(w, g, lr, scale) for w, g in zip(weights, grads, strict=True)]
        states = self.forward.heads[len(self.outputs) :]
        graph, written = _apart(Graph((*self.outputs, *new, *states), self.forward.inputs))
        phases = self._phases(written, new)
        return Step(
            graph=graph,
            nodes=tuple(_sorted(graph.nodes, phases)),
            phases=phases,
            types=self._value_types(graph),
            gradients=self._gradients(graph, written, phases, starts),
            data=tuple(n for n in variables if n not in (KEYS, *self.params, *self.states)),
            labels=labels_of(self.forward.nodes),
            params=self.params,
            states=self.states,
        )

    def _value_types(self, graph: Graph) -> dict[Value, TensorType]:
        return value_types(graph, {n: self.inputs[n.name] for n in graph.inputs})

    def _phases(self, written: Mapping[str, Node], new: Sequence[Value]) -> dict[str, Phase]:
        forward = {id(n) for n in self.forward.nodes}
        updates = {id(v.node) for v in new}

        def phase(node: Node) -> Phase:
            if id(node) in forward:
                return "forward"
            return "update" if id(node) in updates else "backward"

        return {name: phase(node) for name, node in written.items()}

    def _gradients(
        self,
        graph: Graph,
        written: Mapping[str, Node],
        phases: Mapping[str, Phase],
        starts: Mapping[Value, Value],
    ) -> dict[Value, Value]:
        """What each value of the backward phase is the gradient of."""
        made: dict[Value, Value] = {}
        begun = {id(ones.node): head for head, ones in starts.items()}
        differentiated = {f"{n.name}_backward": n for n in self.forward.nodes}
        for node in graph.nodes:
            origin = written[node.name]
            if phases[node.name] != "backward":
                continue
            if id(origin) in begun:
                made[Value(node)] = begun[id(origin)]
            elif isinstance(node.bound, GradientOp):
                receivers = self._receivers(differentiated[origin.name])
                made.update({Value(node, i): v for i, v in enumerate(receivers)})
            else:  # a sum of gradients of the same value
                made[Value(node)] = made[node.inputs[0]]
        return made

    def _receivers(self, node: Node) -> list[Value]:
        """The inputs of a forward node that its gradient node gives gradients of, in order."""
        assert node.bound is not None
        mask = node.bound.differentiable_inputs(tuple(self.types[v] for v in node.inputs))
        return [v for v, there in zip(node.inputs, mask, strict=True) if there and v.node in self.learning]


def _depending(graph: Graph, names: Sequence[str]) -> set[Node]:
    """The variables named, and every node that depends on one."""
    found = {node for node in graph.inputs if node.name in names}
    for node in graph.nodes:
        if any(value.node in found for value in node.inputs):
            found.add(node)
    return found


def _apart(graph: Graph) -> tuple[Graph, dict[str, Node]]:
    """The graph with a name of its own for every node, and the node each name stands for."""
    written: dict[str, Node] = {}
    taken = {node.name for node in graph.inputs}

    def visit(node: Node, inputs: tuple[Value, ...]) -> Node:
        stem = name = node.name or node.op
        count = 1
        while name in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(name)
        written[name] = node
        if name == node.name:
            return with_inputs(node, inputs)
        return node.replaced(inputs=inputs, name=name)

    return Graph(rebuild(graph.heads, visit), graph.inputs), written


def _key_type(keys: Node) -> TensorType:
    return tensor_type((int(keys.attrs["__rows__"]), 2), "uint32")


def _sorted(nodes: Iterable[Node], phases: Mapping[str, Phase]) -> list[Node]:
    return sorted(nodes, key=lambda node: PHASES.index(phases[node.name]))


def _ones(head: Value, type_: TensorType) -> Value:
    bound, scalars = filled(type_, 1.0)
    return Value(Node(bound, (), scalars, f"{head.node.name}_ones", {}, head.node.source))


def _update(weight: Value, grad: Value, lr: float, scale: float) -> Value:
    bound, scalars = bind(registry.get("sgd_update"), {"lr": lr, "rescale_grad": scale})
    return Value(Node(bound, (weight, grad), scalars, f"{weight.node.name}_update"))
