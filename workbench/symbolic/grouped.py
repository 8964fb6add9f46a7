"""`GroupedOp`: a symbol that runs on several devices, one after another.

A program runs on one device, so the nodes, in the order in which they run, are cut wherever the next one has another
place; each run of nodes is an ordinary `CachedOp`.  Between them values are copied, and a recorded copy has a gradient
that goes back the same way: backward needs no code of its own.  A device begins when its inputs are there, so what does
not depend on one another still overlaps.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from workbench.errors import AutogradError
from workbench.graph.node import Node, Value, auxiliary
from workbench.imperative import autograd
from workbench.imperative.heads import cotangents
from workbench.imperative.ndarray import NDArray
from workbench.imperative.tape import Scope
from workbench.runtime import engine, random
from workbench.runtime.device import Context
from workbench.runtime.source import called_at
from workbench.symbolic.cached_op import CachedOp, Ran
from workbench.symbolic.placement import Places
from workbench.symbolic.replay import WRITTEN_SINCE
from workbench.symbolic.symbol import Symbol


class Section(NamedTuple):
    """Nodes that run one after another on one device.

    Attributes:
        reads: the values from outside that it is called on.
        gives: those of its values that others read, or that are heads.
    """

    device: Context
    reads: tuple[Value, ...]
    gives: tuple[Value, ...]
    op: CachedOp


class GroupedOp(CachedOp):
    """Calls a symbol on arrays that live on its nodes' devices.

    Args:
        symbol: the graph.
        places: the device of each node.

    Attributes:
        states: those of its inputs that a training forward moves.
    """

    def __init__(self, symbol: Symbol, places: Places) -> None:
        super().__init__(symbol)
        states = auxiliary(symbol.nodes)
        self.states = frozenset(node for node in self.inputs if id(node) in states)
        self._sections = sections(symbol, places)

    def run(self, arrays: Sequence[NDArray], ctx: Context | None = None) -> Ran:
        """The outputs, each on its node's device; no random keys, for backward is not run again."""
        known = {Value(n): a for n, a in zip(self.inputs, arrays, strict=True)}
        copies: dict[tuple[Value, Context], NDArray] = {}
        for device, reads, gives, op in self._sections:
            for value in reads:
                if (value, device) not in copies:
                    copies[value, device] = known[value].as_in_context(device)
            known.update(zip(gives, op([copies[value, device] for value in reads], device), strict=True))
        heads = self.symbol.values
        return Ran([known[v].copy() if v.node.is_variable else known[v] for v in heads], None)


def sections(symbol: Symbol, places: Places) -> list[Section]:
    """The symbol's operators, cut where the device changes."""
    nodes = as_written(node for node in symbol.nodes if not node.is_variable)
    runs = [(device, list(run)) for device, run in groupby(nodes, places.__getitem__)]
    at = {node: number for number, (_, run) in enumerate(runs) for node in run}
    crossing = [value for node in nodes for value in node.inputs if at.get(value.node) != at[node]]
    asked = dict.fromkeys([*crossing, *symbol.values])
    return [
        _section(device, run, tuple(value for value in asked if at.get(value.node) == number))
        for number, (device, run) in enumerate(runs)
    ]


def as_written(nodes: Iterable[Node]) -> list[Node]:
    """Nodes in the order in which they were written down, as far as inputs come before users.

    Random numbers are drawn in that order, so that a seed gives the same ones as on one device.

    Args:
        nodes: inputs before users.
    """
    turn: dict[Node, int] = {}
    for node in nodes:
        turn[node] = max([node.serial, *(turn.get(value.node, 0) for value in node.inputs)])
    return sorted(turn, key=turn.__getitem__)


def _section(device: Context, nodes: Sequence[Node], gives: tuple[Value, ...]) -> Section:
    """These nodes as an operator of their own, whose variables stand for what they read from outside."""
    own: dict[Node, Node] = {}
    outer: dict[Value, Node] = {}

    def inner(value: Value) -> Value:
        if value.node in own:
            return Value(own[value.node], value.index)
        if value not in outer:
            node = value.node
            outer[value] = node if node.is_variable else Node(None, name=f"{node.name}_{value.index}")
        return Value(outer[value])

    for node in nodes:
        own[node] = node.replaced(inputs=tuple(map(inner, node.inputs)))
    return Section(
        device, tuple(outer), gives, CachedOp(Symbol(list(map(inner, gives))), list(outer.values()))
    )


class Rerun:
    """A forward that can run again, for a backward that finds no tape: the last one freed it, or none was written.

    Args:
        op: what ran, in training or not.
        inputs: the arrays it is to be called on; they are remembered weakly, so that an update can free them.
    """

    def __init__(self, op: GroupedOp, inputs: Sequence[NDArray], train: bool) -> None:
        self._op = op
        self._inputs = inputs
        self._train = train
        self._cells = [weakref.ref(array._storage.cell) for array in inputs]
        self._drawn = random.state()

    def heads(self) -> list[NDArray]:
        """The outputs once more, recorded, with the same random numbers; auxiliary states stay as they are.

        Raises:
            AutogradError: an input was written since.
        """
        moved = self._op.states if self._train else frozenset()
        for node, array, then in zip(self._op.inputs, self._inputs, self._cells, strict=True):
            if node not in moved and array._storage.cell is not then():
                raise AutogradError(WRITTEN_SINCE + called_at())
        states = [a for node, a in zip(self._op.inputs, self._inputs, strict=True) if node in moved]
        kept = [a._cell() for a in states]
        for cell in kept:
            engine.read(cell)
        drawn = random.state()
        random.set_state(self._drawn)
        try:
            with Scope(True, self._train):
                return self._op.run(self._inputs).outputs
        finally:
            random.set_state(drawn)
            for array, cell in zip(states, kept, strict=True):
                array._take(cell)


def backward(heads: Sequence[NDArray], out_grads: Any) -> None:
    """As `autograd.backward`, from those heads that depend on an array with a gradient.

    Heads of one program are recorded together; of several, one may have nothing to differentiate.

    Raises:
        AutogradError: none depends on one.
    """
    floats = [head for head in heads if head._type.is_float]
    pairs = zip(floats, cotangents(heads, out_grads), strict=True)
    recorded = [(head, grad) for head, grad in pairs if head._tape(head._cell()) is not None]
    if not recorded:
        raise AutogradError(f"backward(): no output depends on an array with a gradient{called_at()}")
    found, grads = zip(*recorded, strict=True)
    autograd.backward(found, list(grads))
