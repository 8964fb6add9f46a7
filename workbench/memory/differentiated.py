"""A network with its gradients, as one graph and as the numbers that planners read.

Differentiating adds the backward operations to the forward graph, so that a plan sees every value of both.  The
numbers (`workload`) and the nodes stand in the same order: operation i is ``nodes[i]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from workbench.errors import ArgumentError, did_you_mean
from workbench.graph.bind import BoundOp
from workbench.graph.bound import Bound, GradientOp, Types
from workbench.graph.composite import KEYS, prepared, value_types
from workbench.graph.gradient import differentiate
from workbench.graph.node import Graph, Node, Value, topological
from workbench.graph.passes import optimise
from workbench.graph.serialize import dumps, loads
from workbench.graph.states import with_state_updates
from workbench.memory.in_place import overlays
from workbench.memory.scratch import scratch
from workbench.memory.workload import Operation, Workload
from workbench.runtime.cost import operation_flops, operation_workspace
from workbench.runtime.device import current_context
from workbench.types import TensorType, tensor_type

T = TypeVar("T")
COTANGENT = "_cotangent"
CHEAP = ("BatchNorm", "Activation", "LeakyReLU", "Pooling", "Dropout", "LayerNorm", "InstanceNorm", "Concat")


@dataclass(frozen=True)
class Differentiated:
    """A training pass over a network.

    Attributes:
        graph: its inputs are the network's variables in order, the random keys if it draws any, and a cotangent
            for
            each floating-point output; its heads the outputs, the moved states, then the gradients.
        forward: how many of `nodes` are the forward pass.
        nodes: the operations in the order of execution.
        types: the type of every value.
        outputs: how many outputs there are.
        states: names of the states that move, in the order of the heads.
        wanted: names of the inputs whose gradients are asked for, in the order of the heads.
        origins: the forward node that each gradient's node differentiates.
        heads: the network's outputs as they were given.
        seconds: what each operation took in a recorded run (`costs.timed`); None where FLOP are what they cost.
    """

    graph: Graph
    forward: int
    nodes: tuple[Node, ...]
    types: Mapping[Value, TensorType]
    outputs: int
    states: tuple[str, ...]
    wanted: tuple[str, ...]
    origins: Mapping[Node, Node]
    heads: tuple[Value, ...]
    seconds: tuple[float, ...] | None = None

    @cached_property
    def written(self) -> str:
        """The network, so that two can be compared."""
        return written(self.heads)

    def __reduce__(self) -> tuple[Any, ...]:
        types = {n.name: self.types[Value(n)] for n in self.variables}
        return restored, (dumps(self.heads), types, self.wanted, self.seconds)

    @property
    def variables(self) -> tuple[Node, ...]:
        """The network's own variables."""
        return tuple(n for n in self.graph.inputs if n.name != KEYS and n not in self.cotangents)

    @property
    def cotangents(self) -> tuple[Node, ...]:
        """The inputs that stand for the gradients of the outputs."""
        return tuple(n for n in self.graph.inputs if n.name.startswith(COTANGENT))

    @property
    def keys(self) -> TensorType | None:
        """The type of the random keys; None where nothing is drawn."""
        return next((self.types[Value(n)] for n in self.graph.inputs if n.name == KEYS), None)

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """The values in the order of their numbers: inputs, then what each operation gives."""
        made = [Value(n, i) for n in self.nodes if n.bound for i in range(n.bound.output_count)]
        return (*map(Value, self.graph.inputs), *made)

    @cached_property
    def workload(self) -> Workload:
        """The pass as numbers."""
        number = {value: i for i, value in enumerate(self.values)}
        place = {n: i for i, n in enumerate(self.nodes[: self.forward])}
        origins = [place.get(self.origins.get(node, node)) for node in self.nodes]
        over = overlays(self.nodes, self.types)
        return Workload(
            [
                _operation(node, number, of, over.get(node, ()))
                for node, of in zip(self.nodes, origins, strict=True)
            ],
            self.forward,
            [self.types[v].nbytes for v in self.values],
            range(len(self.graph.inputs)),
            [number[h] for h in self.graph.heads],
            self._cost,
            self._scratch,
        )

    @property
    def _scratch(self) -> Sequence[int]:
        """What each operation takes beside its values, where the device is one of which that is known."""
        if current_context().device_type != "cpu":
            return ()
        return [self._ask(scratch, number) for number in range(len(self.nodes))]

    @cached_property
    def workspace(self) -> tuple[int, ...]:
        """Bytes that each operation takes while it runs: predicted, by compiling each distinct one for itself."""
        return tuple(self._ask(operation_workspace, number) for number in range(len(self.nodes)))

    def _cost(self, operation: int) -> float:
        return self._ask(operation_flops, operation) if self.seconds is None else self.seconds[operation]

    def _ask(self, what: Callable[[Bound, Types], T], operation: int) -> T:
        node = self.nodes[operation]
        assert node.bound is not None
        return what(node.bound, tuple(self.types[v] for v in node.inputs))


def written(heads: Sequence[Value]) -> str:
    """A network as text: equal for networks that compute the same in the same way, whatever their nodes are called."""
    number: dict[Value, int] = {}
    lines = []
    for node in topological(heads):
        what = node.name if node.bound is None else f"{node.bound.text}{list(node.scalars)}"
        lines.append(f"{what} {[number[v] for v in node.inputs]}")
        count = 1 if node.bound is None else node.bound.output_count
        number.update({Value(node, i): len(number) + i for i in range(count)})
    return "\n".join([*lines, str([number[h] for h in heads])])


def differentiated(
    heads: Sequence[Value], inputs: Sequence[Node], types: Mapping[str, TensorType], wanted: Iterable[str]
) -> Differentiated:
    """The training pass over a network.

    Args:
        heads: the network's outputs.
        inputs: its variables, in the order in which arrays will be passed.
        types: the type of each by name.
        wanted: names of those whose gradients are asked for.

    Raises:
        ArgumentError: a gradient is asked for that there is none of.
    """
    values, moves = with_state_updates(heads)
    forward = prepared(optimise(Graph((*values, *moves.values()), tuple(inputs))).graph, train=True)
    found = {n: types.get(n.name) or _keys(n) for n in forward.inputs}
    nodes = forward.nodes
    known = value_types(forward, found, nodes)
    outputs = forward.heads[: len(values)]
    marks = {h: Node(None, name=f"{COTANGENT}{i}") for i, h in enumerate(outputs) if known[h].is_float}
    known.update({Value(m): known[h] for h, m in marks.items()})
    targets = _targets(forward.inputs, wanted, {n.name for n in moves})
    starts = {h: Value(m) for h, m in marks.items()}
    origins: dict[Node, Node] = {}
    grads = differentiate(starts, [Value(n) for n in targets], known.__getitem__, origins)
    kept = [(n.name, g) for n, g in zip(targets, grads, strict=True) if g is not None]
    graph = Graph((*forward.heads, *[g for _, g in kept]), (*forward.inputs, *marks.values()))
    backward = _backward(graph, nodes)
    _add_types(known, backward)
    return Differentiated(
        graph=graph,
        forward=len(nodes),
        nodes=(*nodes, *backward),
        types=known,
        outputs=len(values),
        states=tuple(n.name for n in moves),
        wanted=tuple(name for name, _ in kept),
        origins=origins,
        heads=tuple(heads),
    )


def restored(
    text: str,
    types: Mapping[str, TensorType],
    wanted: Iterable[str],
    seconds: tuple[float, ...] | None = None,
) -> Differentiated:
    """The training pass over a network that `serialize.dumps` wrote; the other arguments as `differentiated`.

    Raises:
        SymbolFileError: the text is no network.
    """
    heads = loads(text)
    found = {n.name: n for n in topological(heads) if n.is_variable}
    return replace(differentiated(heads, [found[name] for name in types], types, wanted), seconds=seconds)


def _keys(node: Node) -> TensorType:
    return tensor_type((int(node.attrs["__rows__"]), 2), "uint32")


def _targets(inputs: Sequence[Node], wanted: Iterable[str], states: set[str]) -> list[Node]:
    asked = set(wanted)
    names = {n.name for n in inputs} - states
    for name in asked - names:
        raise ArgumentError(
            f"the network has no argument {name!r} to differentiate by.{did_you_mean(name, names)}"
        )
    return [n for n in inputs if n.name in asked]


def _backward(graph: Graph, forward: Sequence[Node]) -> list[Node]:
    """The nodes that differentiating added, as they were written: each sum then follows its last term."""
    there = set(map(id, forward))
    return sorted((n for n in graph.nodes if id(n) not in there), key=lambda n: n.serial)


def _add_types(known: dict[Value, TensorType], nodes: Iterable[Node]) -> None:
    for node in nodes:
        assert node.bound is not None
        outputs = node.bound.infer(tuple(known[v] for v in node.inputs), node.name)
        known.update({Value(node, i): t for i, t in enumerate(outputs)})


def _operation(
    node: Node, number: Mapping[Value, int], place: int | None, over: Iterable[tuple[Value, Value]]
) -> Operation:
    assert node.bound is not None
    mirror = _mark(node, "force_mirroring")
    return Operation(
        name=node.name,
        reads=tuple(number[v] for v in node.inputs),
        gives=tuple(number[Value(node, i)] for i in range(node.bound.output_count)),
        of=place if isinstance(node.bound, GradientOp) else None,
        in_place=tuple((number[given], number[read]) for given, read in over),
        mirror=None if mirror is None else mirror == "True",
        stage=_mark(node, "mirror_stage") == "True",
        cheap=isinstance(node.bound, BoundOp) and node.bound.name in CHEAP,
    )


def _mark(node: Node, name: str) -> str | None:
    return node.attrs.get(name, node.attrs.get(f"__{name}__"))
