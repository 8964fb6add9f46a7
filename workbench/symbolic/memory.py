"""`memory`: plans for the memory of a training step, of the user's own network.

    plan = mx.memory.plan(net, {"data": (32, 3, 224, 224)}, budget="4GB")
    executor = net.simple_bind(plan=plan, data=(32, 3, 224, 224))

A plan says what the forward keeps for the backward and what is computed again, and what that is predicted to
take. ``simple_bind``, ``Module`` and ``hybridize`` take one and run it for real.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, cast

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError, did_you_mean
from workbench.errors import unknown_name as _unknown_name
from workbench.memory import front
from workbench.memory import measure as measuring
from workbench.memory import process as measured_process
from workbench.memory.costs import timed
from workbench.memory.differentiated import Differentiated, differentiated
from workbench.memory.front import SOURCES
from workbench.memory.plan import Plan as Plan
from workbench.memory.plan import Planner as Planner
from workbench.memory.plan import planner as planner
from workbench.memory.size import nbytes
from workbench.memory.strategies import Strategy
from workbench.runtime import engine
from workbench.runtime.device import Context, current_context
from workbench.runtime.eviction import Evictor
from workbench.runtime.trace import Event
from workbench.symbolic.network import check_names, default_shapes, input_types, labels_of, symbol_of
from workbench.symbolic.symbol import Symbol
from workbench.types import Quantity, Shape, as_dtype

__all__ = ["Candidate", "Plan", "Planner", "measure", "online", "pareto", "plan", "planner"]


class Candidate(NamedTuple):
    """A plan among others.

    Attributes:
        plan: the plan.
        dominated: whether another takes no more memory and recomputes no more, and is better in one of the two.
    """

    plan: Plan
    dominated: bool


@checked
def plan(
    network: Any,
    shapes: Mapping[str, Shape] | None = None,
    strategy: str | Strategy | None = None,
    budget: Any = None,
    *,
    dtypes: Mapping[str, Any] | None = None,
    wanted: str | Sequence[str] | None = None,
    costs: Sequence[Event] | None = None,
    **options: Any,
) -> Plan:
    """A plan for the memory of one training step; nothing is allocated or run.

    Args:
        network: a Symbol, a Module, or a hybrid Gluon block.
        shapes: shape of each input that a batch brings, by name.
        strategy: how to plan: a name, or a function of your own that takes a workload and a budget in bytes of
            feature maps (or None) and gives a schedule; None takes the cheapest plan that keeps to the budget.
        budget: the most bytes at once, parameters and all: ``"4GB"``, ``"512 MiB"`` or a number.
        dtypes: dtypes by name, where they are not float32.
        wanted: the arguments whose gradients are asked for; by default all but the inputs in `shapes` and
            labels.
        costs: events of a recorded step (`trace.record`): operations are then weighed by the seconds they took, not
            by FLOP; see `memory/costs.py`.
        options: the strategy's own.

    Raises:
        ArgumentError: the network, a name, the strategy or the budget is none; or a shape does not follow.
        BudgetError: nothing keeps to the budget; the message says what the least is.
    """
    made = planner(strategy, budget, **options)
    return made.plan(training_pass(network, shapes, dtypes, wanted, costs))


@checked
def pareto(
    network: Any,
    shapes: Mapping[str, Shape] | None = None,
    strategies: Sequence[str] | None = None,
    *,
    dtypes: Mapping[str, Any] | None = None,
    wanted: str | Sequence[str] | None = None,
    costs: Sequence[Event] | None = None,
) -> list[Candidate]:
    """What can be had for memory, and for work: plans of the strategies, sorted by the memory they take.

    Those that are not dominated are the front.

    Args:
        strategies: names of those to ask; by default all but `milp`, which is for small networks, and `offload`, which
            not every device can run.
        network, shapes, dtypes, wanted, costs: as `plan`.

    Raises:
        ArgumentError: a strategy is unknown, or as `plan`.
    """
    for name in strategies or ():
        if name not in SOURCES:
            raise ArgumentError(
                f"pareto(strategies=…): there is no {name!r}.{did_you_mean(str(name), SOURCES)} "
                f"There are {', '.join(SOURCES)}"
            )
    made = training_pass(network, shapes, dtypes, wanted, costs)
    points = front.pareto(made.workload, strategies)
    fixed = made.workload.fixed_bytes
    return [
        Candidate(Plan(planner(p.strategy, max(1, p.peak + fixed)), made, p.schedule), p.dominated)
        for p in points
    ]


@checked
def measure(
    plan: Plan, run: bool = False, process: bool = False, ctx: Context | None = None
) -> list[Quantity]:
    """What a plan takes: predicted twice, and measured in up to three ways that share little.

    The predictions are of the graph alone, and calibrated by the compiler's workspace in each distinct piece.  XLA's
    buffer assignment is measured always: that takes no run, so that a network of any size can be asked.

    Args:
        run: run one step too, and count the arrays that are alive.
        process: run one step in a process of its own, and see what the system or the device says that it took.
        ctx: the device; the current one by default.

    Raises:
        DeviceError: the device is not there.
        WorkbenchError: the process failed, as it does where memory is short.
    """
    device = ctx or current_context()
    found = measuring.compiled(plan, device)
    assert found is not None  # nobody cancels
    figures = [plan.peak, found.calibrated, found.assigned]
    if run:
        figures.append(cast(Quantity, measuring.running(plan, device)))
    if process:
        figures.append(cast(Quantity, measured_process.process(plan, device)))
    return figures


@checked
def online(budget: Any, bulk: Positive = 1) -> AbstractContextManager[Evictor]:
    """``with memory.online("64MB"):`` imperative code whose recorded values keep to a budget, decided as it runs.

    Whenever they exceed it, some are let go, and computed again when backward reads them.  What an operation at hand
    reads stays, so that a budget below that is exceeded.  The context gives a record: `peak` bytes that were kept,
    `evictions` and `recomputations`.

    Args:
        budget: the most bytes of recorded values: ``"64MB"`` or a number.
        bulk: how many operations run as one program; all that one program gives stays at first, whatever the budget.

    Raises:
        ArgumentError: the budget is no size, or `bulk` is not a positive whole number.
    """
    return engine.evicting(Evictor(nbytes(budget)), bulk)


def training_pass(
    network: Any,
    shapes: Mapping[str, Shape] | None = None,
    dtypes: Mapping[str, Any] | None = None,
    wanted: str | Sequence[str] | None = None,
    costs: Sequence[Event] | None = None,
) -> Differentiated:
    """A network with its gradients, as planners see it; arguments and errors as `plan`."""
    symbol, _ = symbol_of(network, "memory.plan()")
    given = default_shapes(symbol) if shapes is None else _shapes(shapes)
    check_names(symbol, given)
    if dtypes is not None:
        dtypes = _dtypes(symbol, dtypes)
    types = input_types(symbol, given, dtypes)
    if wanted is None:
        known = {*given, *labels_of(symbol.nodes)}
        wanted = [n for n in symbol.list_arguments() if n not in known and types[n].is_float]
    inputs = [n for n in symbol.nodes if n.is_variable]
    made = differentiated(symbol.values, inputs, types, [wanted] if isinstance(wanted, str) else wanted)
    return made if costs is None else timed(made, costs)


def _shapes(shapes: Any) -> dict[str, Shape]:
    if not isinstance(shapes, Mapping):
        raise ArgumentError(f"shapes must map names of inputs to their shapes, got {shapes!r:.80}")
    for name, shape in shapes.items():
        if not isinstance(name, str) or not isinstance(shape, (tuple, list)):
            raise ArgumentError(
                f"shapes: the shape of {name!r} must be a tuple of integers, got {shape!r:.80}"
            )
    return {name: tuple(shape) for name, shape in shapes.items()}


def _dtypes(symbol: Symbol, dtypes: Any) -> dict[str, Any]:
    if not isinstance(dtypes, Mapping):
        raise ArgumentError(f"dtypes must map names of inputs to their dtypes, got {dtypes!r:.80}")
    check_names(symbol, dtypes)
    return {name: as_dtype(dtype) for name, dtype in dtypes.items()}


def __getattr__(name: str) -> Any:
    raise _unknown_name("memory", name, __all__)
