"""`autograd.get_symbol`: the calls recorded behind an array, as a symbol.

The tape is a graph already.  What it takes from outside becomes a variable: ``var0`` for a marked array, ``null1``
for any other, numbered together as they are met; a hybridized block's call becomes the operators inside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.errors import ArgumentError, AutogradError, NotSupportedError
from workbench.graph.bind import BoundOp, bind
from workbench.graph.composite import Composite
from workbench.graph.node import Node, Value
from workbench.imperative.crossing import Crossing
from workbench.imperative.function import FunctionCall
from workbench.imperative.ndarray import NDArray
from workbench.imperative.overwrite import OVERWRITE
from workbench.runtime.call import Call, Cell
from workbench.runtime.source import called_at
from workbench.symbolic.symbol import Symbol


def get_symbol(x: NDArray) -> Symbol:
    """The recorded computation of `x` as a symbol.

    Raises:
        AutogradError: `x` was neither recorded nor marked, or its graph was freed by `backward`.
        NotSupportedError: an `autograd.Function` is on the way, whose Python code is no graph.
    """
    if not isinstance(x, NDArray):
        raise ArgumentError(f"autograd.get_symbol() takes an NDArray, got {type(x).__name__}")
    shown = x._shown()
    entry = x._tape(shown.cell)
    if entry is None:
        raise AutogradError(
            "autograd.get_symbol() of an array that was not recorded: compute it inside `with autograd.record():` "
            f"from an array with attach_grad(), and before backward(){called_at()}"
        )
    return Symbol([_History().value(shown.cell, entry)])


class _History:
    """Turns cells into a graph's values, each once."""

    def __init__(self) -> None:
        self._values: dict[Any, Value] = {}
        self._count = 0

    def value(self, cell: Cell, entry: Any) -> Value:
        if entry is not True:
            return self._variable(cell, entry)
        stack = [cell.node]
        while stack:
            call: Any = stack[-1]
            waiting = [c.node for c, t in _inputs(call) if t is True and c not in self._values]
            if waiting and call.outputs[0] not in self._values:
                stack.extend(waiting)
                continue
            stack.pop()
            if call.outputs[0] not in self._values:
                self._write(call)
        return self._values[cell]

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count - 1}"

    def _variable(self, cell: Cell, slot: Any) -> Value:
        key = cell if slot is None else slot
        if key not in self._values:
            self._values[key] = Value(Node(None, name=self._name("null" if slot is None else "var")))
        return self._values[key]

    def _read(self, call: Call) -> tuple[Value, ...]:
        return tuple([self._values[c] if t is True else self._variable(c, t) for c, t in _inputs(call)])

    def _write(self, call: Call) -> None:
        # A symbol has no devices, and nothing is written in it.
        if isinstance(call, Crossing) or call.bound is OVERWRITE:
            self._values[call.outputs[0]] = self._read(call)[0]
            return
        if isinstance(call, FunctionCall):
            raise NotSupportedError(
                f"autograd.get_symbol() through the Function {type(call.function).__name__}: Python code is no graph"
            )
        inputs = self._read(call)
        bound: Any = call.bound
        if isinstance(bound, Composite):
            self._write_inside(call, bound, inputs)
            return
        node = self._node(bound, inputs, call.scalars, call.source)
        self._values.update({cell: Value(node, i) for i, cell in enumerate(call.outputs)})

    def _write_inside(self, call: Call, composite: Composite, inputs: tuple[Value, ...]) -> None:
        known = {Value(n): v for n, v in zip(composite.graph.inputs, inputs, strict=False)}
        for node in composite.graph.nodes:
            assert node.bound is not None
            arguments = node.inputs[: _arity(node)]
            if not all(v in known for v in arguments):
                continue  # a row of the random keys
            made = self._node(node.bound, tuple(known[v] for v in arguments), node.scalars, node.source)
            known.update({Value(node, i): Value(made, i) for i in range(node.bound.output_count)})
        heads = zip(call.outputs, composite.graph.heads, strict=True)
        self._values.update({cell: known[head] for cell, head in heads if head in known})

    def _node(self, bound: Any, inputs: tuple[Value, ...], scalars: Any, source: Any) -> Node:
        if isinstance(bound, BoundOp) and bound.op.train_aware:
            bound, _ = bind(bound.op, {**bound.attrs, **bound.unpack(scalars), "_train": False})
        return Node(bound, inputs, scalars, self._name("node_"), {}, source)


def _arity(node: Node) -> int:
    assert node.bound is not None
    return len(node.inputs) - (node.bound.key_type is not None)


def _inputs(call: Call) -> Iterator[tuple[Cell, Any]]:
    """A call's inputs and how their gradients go on; the random keys are no input of a symbol's node."""
    assert call.bound is not None and call.tape is not None
    count = len(call.inputs) - (call.bound.key_type is not None)
    return zip(call.inputs[:count], call.tape[:count], strict=True)
