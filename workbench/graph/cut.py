"""Cut policies: where a style divides the graph into segments.

A style *is* its cut.  Op-by-op imperative cuts at every node, bulking every n nodes, a symbolic program
nowhere; a memory planner cuts where values are dropped.  A policy maps nodes in execution order to
consecutive groups, so any two policies compute the same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workbench.errors import ArgumentError, did_you_mean
from workbench.graph.node import Node

__all__ = ["Cut", "after", "every", "into", "whole"]

Groups = list[list[Node]]


@dataclass(frozen=True)
class Cut:
    """A policy with the label it is shown by."""

    label: str
    groups: Callable[[Sequence[Node]], Groups]

    def __call__(self, nodes: Sequence[Node]) -> Groups:
        return self.groups(nodes)

    def __repr__(self) -> str:
        return f"Cut({self.label})"


def whole() -> Cut:
    """One segment: the symbolic style."""
    return Cut("one segment", lambda nodes: [list(nodes)] if nodes else [])


def every(size: int) -> Cut:
    """A cut after every `size` nodes; 1 is op-by-op imperative.

    Raises:
        ArgumentError: the size is not a positive integer.
    """
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise ArgumentError(f"cut.every() takes 1 node or more a segment, got {size!r}")
    label = "every op" if size == 1 else f"every {size} ops"
    return Cut(label, lambda nodes: [list(nodes[i : i + size]) for i in range(0, len(nodes), size)])


def after(names: Iterable[str]) -> Cut:
    """A cut after each node named.

    Raises:
        ArgumentError: (when applied) a name is not in the graph.
    """
    chosen = tuple(names)

    def groups(nodes: Sequence[Node]) -> Groups:
        known = {node.name for node in nodes}
        for name in chosen:
            if name not in known:
                raise ArgumentError(
                    f"cut.after(): the graph has no node {name!r}.{did_you_mean(name, known)}"
                )
        out: Groups = [[]]
        for node in nodes:
            out[-1].append(node)
            if node.name in chosen:
                out.append([])
        return [group for group in out if group]

    return Cut(f"after {', '.join(chosen)}", groups)


def into(count: int) -> Cut:
    """About `count` segments of equal length.

    Raises:
        ArgumentError: the count is not a positive integer.
    """
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ArgumentError(f"cut.into() takes 1 segment or more, got {count!r}")

    def groups(nodes: Sequence[Node]) -> Groups:
        parts = min(count, len(nodes))
        bounds = [len(nodes) * i // parts for i in range(parts + 1)] if parts else []
        return [list(nodes[a:b]) for a, b in pairwise(bounds)]

    return Cut(f"{count} segments", groups)


def __dir__() -> list[str]:
    return __all__
