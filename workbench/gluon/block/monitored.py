"""Watching the operators inside a hybridized block: `Block.register_op_hook`.

A program gives only what is asked for, so a watched graph is another one, whose outputs are the block's own and
after them every value inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from workbench.graph.node import Node, Value
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context
from workbench.runtime.source import users_code
from workbench.symbolic.cached_op import CachedOp
from workbench.symbolic.symbol import Symbol, output_name, outputs_of

OpHook = Callable[[str, str, NDArray], Any]


class _Watched(NamedTuple):
    """A value inside the graph, with the names it is shown under."""

    name: str
    operator: str
    value: Value


class Monitored:
    """A graph that shows what its operators give (and take).

    Args:
        symbol: the graph.
        inputs: its variables, in the order in which arrays are passed.
        take: show the operators' inputs too.
    """

    def __init__(self, symbol: Symbol, inputs: Sequence[Node], take: bool) -> None:
        self._heads = len(symbol.values)
        self._watched = [w for node in symbol.nodes if not node.is_variable for w in _around(node, take)]
        self._op = CachedOp(Symbol((*symbol.values, *[w.value for w in self._watched])), inputs)

    def __call__(self, arrays: Sequence[NDArray], context: Context, hook: OpHook) -> list[NDArray]:
        """The outputs of the graph, after ``hook(name, operator, array)`` for each value inside."""
        results = self._op(arrays, context)
        with users_code():
            for watched, array in zip(self._watched, results[self._heads :], strict=True):
                hook(watched.name, watched.operator, array)
        return results[: self._heads]


def _around(node: Node, take: bool) -> Iterator[_Watched]:
    bound = node.bound
    assert bound is not None
    if take:
        names = bound.input_names or [f"arg{i}" for i in range(len(node.inputs))]
        for name, value in zip(names, node.inputs, strict=False):
            yield _Watched(f"{node.name}_{name}", bound.name, value)
    for value in outputs_of(node):
        yield _Watched(output_name(value), bound.name, value)
