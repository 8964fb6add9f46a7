"""`CachedOp`: a symbol as one call.

A bound symbol and a hybridized block do the same thing: simplify the graph, make it one operator
(`graph.composite`), call that on arrays, and write the auxiliary states it moved back.  This is the one
place that does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.graph.composite import Composite, composite, prepared
from workbench.graph.node import Graph, Node
from workbench.graph.passes import optimise
from workbench.graph.states import with_state_updates
from workbench.imperative.invoke import record
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage
from workbench.imperative.tape import state
from workbench.runtime import engine
from workbench.runtime.call import Cell
from workbench.runtime.device import Context
from workbench.symbolic.symbol import Symbol


class Program(NamedTuple):
    """A symbol as an operator, for training or not.

    `states` are the positions of the inputs that its outputs after the first `heads` are written to.
    """

    operator: Composite
    heads: int
    states: tuple[int, ...]


class Ran(NamedTuple):
    """What a call gave: its outputs, and the random keys it drew."""

    outputs: list[NDArray]
    keys: Cell | None


class CachedOp:
    """Calls a symbol on arrays; made once, called often.

    Args:
        symbol: the graph.
        inputs: its variables in the order in which the arrays are passed, one that the graph does not need
            included; by default those of `symbol.list_inputs`.
    """

    def __init__(self, symbol: Symbol, inputs: Sequence[Node] | None = None) -> None:
        self.symbol = symbol
        self.inputs = tuple(n for n in symbol.nodes if n.is_variable) if inputs is None else tuple(inputs)
        self._programs: dict[bool, Program] = {}

    def program(self, train: bool) -> Program:
        """The operator for training or for prediction, made at its first use."""
        made = self._programs.get(train)
        if made is None:
            made = self._programs[train] = self._compose(train)
        return made

    def _compose(self, train: bool) -> Program:
        values, moves = with_state_updates(self.symbol.values) if train else (self.symbol.values, {})
        graph = Graph((*values, *moves.values()), self.inputs)
        operator = composite(prepared(optimise(graph).graph, train), self.symbol.name or "group")
        at = {id(n): i for i, n in enumerate(self.inputs)}
        return Program(operator, len(values), tuple(at[id(v)] for v in moves))

    def __call__(self, arrays: Sequence[NDArray], ctx: Context | None = None) -> list[NDArray]:
        """The outputs; training and recording are as `autograd` says."""
        return self.run(arrays, ctx).outputs

    def run(self, arrays: Sequence[NDArray], ctx: Context | None = None) -> Ran:
        """The outputs, and what must be known to compute them again."""
        program = self.program(state.training)
        with engine.waiting.lock:  # another thread's flush would free what is called and not yet held
            call = record(program.operator, arrays, (), ctx)
            keys = call.inputs[-1] if program.operator.key_type is not None else None
            moved = call.outputs[program.heads : program.heads + len(program.states)]
            for position, cell in zip(program.states, moved, strict=True):
                arrays[position]._take(cell)
            results = [NDArray(Storage(cell, call.context)) for cell in call.outputs[: program.heads]]
            engine.settle()
        return Ran(results, keys)
