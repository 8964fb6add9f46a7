"""A symbol that runs by a memory plan.

In training its forward runs the plan's forward programs and keeps just what the plan keeps; when the tape is
walked, its backward runs the rest, recomputing what the plan says.  To autograd the whole is one call whose
gradient is written by hand.  Where nothing is trained it is an ordinary `CachedOp`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import ArgumentError
from workbench.graph.composite import KEYS
from workbench.graph.node import Node, Value
from workbench.imperative.function import Function
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage
from workbench.imperative.tape import state
from workbench.memory.differentiated import differentiated, written
from workbench.memory.part import of_part
from workbench.memory.plan import Plan, Planner
from workbench.runtime import random
from workbench.runtime.call import Cell
from workbench.runtime.device import Context
from workbench.runtime.program import Running
from workbench.symbolic.cached_op import CachedOp, Ran
from workbench.symbolic.symbol import Symbol
from workbench.types import TensorType


class PlannedOp(CachedOp):
    """Calls a symbol on arrays, in training by a plan.

    Args:
        symbol, inputs: as `CachedOp`.
        spec: a `Plan`, taken where it fits, or what `Planner.of` takes; other shapes are planned for when they
            come.
        own: whether a `Plan` must have been made for this symbol, a loss at its end or not.

    Raises:
        ArgumentError: it must, and was not.
    """

    def __init__(
        self, symbol: Symbol, spec: Any, inputs: Sequence[Node] | None = None, own: bool = False
    ) -> None:
        super().__init__(symbol, inputs)
        self._planner = Planner.of(spec)
        self._given = spec if isinstance(spec, Plan) else None
        self._written = written(symbol.values) if self._given is not None else ""
        self._plans: dict[Any, Plan] = {}
        if own and self._given is not None:
            _check_network(self._given, self._written)

    def plan_for(self, types: Mapping[str, TensorType], wanted: Sequence[str]) -> Plan:
        """The plan for inputs of these types and gradients of the inputs named; made once.

        Raises:
            BudgetError: nothing keeps to the budget.
        """
        if self._given is not None and self._given.serves(self._written, types, wanted):
            return self._given
        key = (tuple(types.values()), tuple(wanted))
        made = self._plans.get(key)
        if made is None:
            made = self._plans[key] = self._of_part(types, wanted) or self._planned(types, wanted)
        return made

    def _planned(self, types: Mapping[str, TensorType], wanted: Sequence[str]) -> Plan:
        return self._planner.plan(differentiated(self.symbol.values, self.inputs, types, wanted))

    def _of_part(self, types: Mapping[str, TensorType], wanted: Sequence[str]) -> Plan | None:
        """The schedule given, where this is what it is for but for the loss at the end."""
        given = self._given
        if given is None or given.schedule.moved:
            return None
        network = given.network
        planned = {n.name: network.types[Value(n)] for n in network.variables}
        if not types.items() <= planned.items() or not set(wanted) <= set(network.wanted):
            return None
        asked = [name for name in network.wanted if name in types]
        return of_part(given, differentiated(self.symbol.values, self.inputs, types, asked))

    def run(self, arrays: Sequence[NDArray], ctx: Context | None = None) -> Ran:
        if not (state.recording and state.training):
            return super().run(arrays, ctx)
        names = [n.name for n in self.inputs]
        wanted = [n for n, a in zip(names, arrays, strict=True) if a._tape(a._cell()) is not None]
        if not wanted:
            return super().run(arrays, ctx)
        plan = self.plan_for({n: a._type for n, a in zip(names, arrays, strict=True)}, wanted)
        step = PlannedStep(plan, names, arrays[0].context)
        outputs = step(*arrays)
        for name, moved in step.moved.items():
            arrays[step.names.index(name)]._take(moved._cell())
        return Ran(list(outputs), step.keys)


def _check_network(plan: Plan, wanted: str) -> None:
    """Makes sure that a plan is for this network, or for one that goes on with a loss."""
    planned, own = plan.network.written.splitlines(), wanted.splitlines()
    if planned == own:
        return
    for number, line in enumerate(own[:-1]):  # the last names the outputs
        other = planned[number] if number < len(planned) - 1 else "nothing more"
        if line != other:
            raise ArgumentError(
                f"hybridize(plan=…): the plan was made for another network: number {number} of what it is made of is "
                f"{other:.60} in the plan and {line:.60} here; memory.plan(block, shapes, …) makes one for a block"
            )


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
        self._held: dict[Node, Any] = {}
        self._running: Running | None = None
        self.names = list(names)
        self.moved: dict[str, NDArray] = {}
        self.keys: Cell | None = None

    def forward(self, *inputs: NDArray) -> Any:
        network = self._plan.network
        arrays_by_name = dict(zip(self.names, inputs, strict=True))
        held = {n: arrays_by_name[n.name].jax for n in network.graph.inputs if n.name in arrays_by_name}
        if network.keys is not None:
            self.keys = Cell(None, 0, network.keys, random.next_keys(network.keys.shape))
            held[next(n for n in network.graph.inputs if n.name == KEYS)] = self.keys.array
        self._held = held
        self._running = self._forward()
        arrays = [self._array(v) for v in self._heads[: network.outputs + len(network.states)]]
        self.moved = dict(zip(network.states, arrays[network.outputs :], strict=True))
        return arrays[: network.outputs]

    def _forward(self) -> Running:
        """The program, run up to where backward begins."""
        running = Running(self._lowered.program, self._held)
        running.advance(self._lowered.forward)
        return running

    def _cotangents(self, output_grads: Sequence[NDArray]) -> Sequence[Any]:
        """One for each output that is a fraction; where a network gives the same value twice, their sum."""
        found: dict[Value, Any] = {}
        for head, grad in zip(self._plan.network.graph.heads, output_grads, strict=False):
            if grad._type.is_float:
                found[head] = found[head] + grad.jax if head in found else grad.jax
        return list(found.values())

    @property
    def _heads(self) -> tuple[Value, ...]:
        return self._lowered.program.graph.heads

    def _array(self, value: Value) -> NDArray:
        assert self._running is not None
        type_ = self._lowered.program.type_of(value)
        return NDArray(Storage(Cell(None, 0, type_, self._running.live[value]), self._context))

    def backward(self, *output_grads: NDArray) -> Any:
        network = self._plan.network
        running = self._running = self._running or self._forward()  # once more, after retain_graph=True
        running.take(dict(zip(network.cotangents, self._cotangents(output_grads), strict=True)))
        running.advance(len(self._lowered.program.pieces))
        found = self._heads[network.outputs + len(network.states) :]
        grads = {name: self._array(v) for name, v in zip(network.wanted, found, strict=True)}
        self._running = None
        return [grads.get(name) for name in self.names]
