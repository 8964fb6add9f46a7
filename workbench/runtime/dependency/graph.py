"""The dependency graph: which operation had to wait for which, and on account of what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from workbench.runtime.dependency.operation import Operation
from workbench.runtime.dependency.variable import Variable

Kind = Literal["read after write", "write after read", "write after write"]


class Edge(NamedTuple):
    """`second` waits for `first`, since both name the variable and one of them writes it."""

    first: Operation
    second: Operation
    kind: Kind
    variable: Variable


class Graph(NamedTuple):
    """Operations in program order, and the dependencies between them."""

    nodes: tuple[Operation, ...]
    edges: tuple[Edge, ...]


def graph(operations: Iterable[Operation]) -> Graph:
    """The graph of what was pushed, in any order.

    An edge that others imply is left out where it costs nothing to see: a write after a write has none
    where reads came between, as it waits for those reads and they for the first write.
    """
    nodes = tuple(sorted(operations, key=lambda operation: operation.serial))
    writer: dict[Variable, Operation] = {}
    readers: dict[Variable, list[Operation]] = {}
    edges: list[Edge] = []
    for node in nodes:
        for variable in node.reads:
            if variable in writer:
                edges.append(Edge(writer[variable], node, "read after write", variable))
            readers.setdefault(variable, []).append(node)
        for variable in node.writes:
            between = readers.pop(variable, [])
            edges += [Edge(reader, node, "write after read", variable) for reader in between]
            if variable in writer and not between:
                edges.append(Edge(writer[variable], node, "write after write", variable))
            writer[variable] = node
    return Graph(nodes, tuple(edges))
