"""A forward that shows what is inside: every node's output is an output, and a callback sees each.

Names are MXNet's: ``fc1_output``; with `monitor_all` also what a node reads, ``fc1_data``, and each variable
under its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from workbench.graph.bind import BoundOp
from workbench.graph.node import Node, Value
from workbench.imperative.ndarray import NDArray
from workbench.runtime.call import Cell
from workbench.runtime.device import Context
from workbench.symbolic.cached_op import CachedOp
from workbench.symbolic.grouped import GroupedOp
from workbench.symbolic.outputs import Outputs
from workbench.symbolic.placement import ON_ONE, Places
from workbench.symbolic.symbol import Symbol, output_name

Callback = Callable[[str, NDArray], object]


class MonitoredOp:
    """Runs a symbol and shows its internals to a callback, in the order in which they are computed."""

    def __init__(
        self, symbol: Symbol, callback: Callback, monitor_all: bool, places: Places = ON_ONE
    ) -> None:
        self._callback = callback
        self._heads = len(symbol.values)
        self._watched = [named for node in symbol.nodes for named in _watched(node, monitor_all)]
        inside = {value for _, value in self._watched if not value.node.is_variable}
        values = [*symbol.values, *inside]
        self._inputs = [n for n in symbol.nodes if n.is_variable]
        self._at = {value: i for i, value in reversed(list(enumerate(values)))}
        watched = Symbol(values)
        self._op = GroupedOp(watched, places) if places else CachedOp(watched, self._inputs)

    def run(self, arrays: Sequence[NDArray], ctx: Context, outputs: Outputs) -> Cell | None:
        """Writes the symbol's outputs, and gives the random keys; the callback sees each value before this returns."""
        made, keys = self._op.run(arrays, ctx)
        shown = [*outputs.hold(made[: self._heads]), *made[self._heads :]]
        variables = {Value(n): a for n, a in zip(self._inputs, arrays, strict=True)}
        for name, value in self._watched:
            found = variables.get(value)
            self._callback(name, shown[self._at[value]] if found is None else found)
        return keys


def _watched(node: Node, inputs_too: bool) -> Iterator[tuple[str, Value]]:
    if node.is_variable:
        return
    if inputs_too:
        yield from _inputs(node)
    yield from ((output_name(v), v) for v in _outputs(node))


def _inputs(node: Node) -> Iterator[tuple[str, Value]]:
    assert node.bound is not None
    names = node.bound.input_names or tuple(f"arg{i}" for i in range(len(node.inputs)))
    for name, value in zip(names, node.inputs, strict=False):
        if value.node.is_variable:
            yield value.node.name, value
        yield f"{node.name}_{name}", value


def _outputs(node: Node) -> list[Value]:
    """All but those that only move a state on."""
    assert node.bound is not None
    moved = {output for _, output in node.bound.writes} if isinstance(node.bound, BoundOp) else set()
    return [Value(node, i) for i in range(node.bound.output_count) if i not in moved]
