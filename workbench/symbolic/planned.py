"""A symbol that runs by a memory plan.

In training its forward runs the plan's forward programs and keeps just what the plan keeps; when the tape is
walked, its backward runs the rest, recomputing what the plan says.  To autograd the whole is one call whose
gradient is written by hand.  Where nothing is trained it is an ordinary `CachedOp`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.graph.composite import KEYS
from workbench.graph.node import Node, Value
from workbench.imperative.function import Function
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage
from workbench.imperative.tape import state
from workbench.memory.plan import Plan
from workbench.runtime import random
from workbench.runtime.call import Cell
from workbench.runtime.device import Context
from workbench.runtime.program import Running
from workbench.symbolic.cached_op import CachedOp, Ran
from workbench.symbolic.symbol import Symbol
from workbench.types import TensorType

PlanFor = Callable[[Sequence[TensorType], Sequence[bool]], Plan]


class PlannedOp(CachedOp):
    """Calls a symbol on arrays, in training by a plan.

    Args:
        symbol, inputs: as `CachedOp`.
        plan_for: the plan for inputs of these types and for gradients of the inputs so marked.
    """

    def __init__(self, symbol: Symbol, plan_for: PlanFor, inputs: Sequence[Node] | None = None) -> None:
        super().__init__(symbol, inputs)
        self._plan_for = plan_for

    def run(self, arrays: Sequence[NDArray], ctx: Context | None = None) -> Ran:
        if not (state.recording and state.training):
            return super().run(arrays, ctx)
        types = [a._type for a in arrays]
        wanted = [a._tape(a._cell()) is not None for a in arrays]
        if not any(wanted):
            return super().run(arrays, ctx)
        plan = self._plan_for(types, wanted)
        step = PlannedStep(plan, [n.name for n in self.inputs], arrays[0].context)
        outputs = step(*arrays)
        for name, moved in step.moved.items():
            arrays[step.names.index(name)]._take(moved._cell())
        return Ran(list(outputs), step.keys)


class PlannedStep(Function):
    """One forward and backward of a plan; called once.

    Attributes:
        names: of the inputs, in order.
        moved: the states that the forward moved, by name.
        keys: the random keys it drew, if it draws any.
    """

    def __init__(self, plan: Plan, names: Sequence[str], context: Context) -> None:
        self._plan = plan
        self._context = context
        self._lowered = plan.lowered(context)
        self._running: Running | None = None
        self.names = list(names)
        self.moved: dict[str, NDArray] = {}
        self.keys: Cell | None = None

    def forward(self, *inputs: NDArray) -> Any:
        network = self._plan.network
        held = dict(zip(network.graph.inputs, [a.jax for a in inputs], strict=False))
        if network.keys is not None:
            self.keys = Cell(None, 0, network.keys, random.next_keys(network.keys.shape))
            held[next(n for n in network.graph.inputs if n.name == KEYS)] = self.keys.array
        self._running = Running(self._lowered.program, held)
        self._running.advance(self._lowered.forward)
        arrays = [self._array(v) for v in self._heads[: network.outputs + len(network.states)]]
        self.moved = dict(zip(network.states, arrays[network.outputs :], strict=True))
        return arrays[: network.outputs]

    @property
    def _heads(self) -> tuple[Value, ...]:
        return self._lowered.program.graph.heads

    def _array(self, value: Value) -> NDArray:
        assert self._running is not None
        type_ = self._lowered.program.type_of(value)
        return NDArray(Storage(Cell(None, 0, type_, self._running.live[value]), self._context))

    def backward(self, *output_grads: NDArray) -> Any:
        network, running = self._plan.network, self._running
        assert running is not None
        floats = [g for g in output_grads if g._type.is_float]
        running.take(dict(zip(network.cotangents, [g.jax for g in floats], strict=True)))
        running.advance(len(self._lowered.program.pieces))
        found = self._heads[network.outputs + len(network.states) :]
        grads = {name: self._array(v) for name, v in zip(network.wanted, found, strict=True)}
        self._running = None
        return [grads.get(name) for name in self.names]
