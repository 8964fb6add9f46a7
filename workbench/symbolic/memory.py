"""`memory`: plans for the memory of a training step, of the user's own network.

    plan = mx.memory.plan(net, {"data": (32, 3, 224, 224)}, budget="4GB")
    executor = net.simple_bind(plan=plan, data=(32, 3, 224, 224))

A plan says what the forward keeps for the backward and what is computed again, and what that is predicted to
take. ``simple_bind``, ``Module`` and ``hybridize`` take one and run it for real.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import unknown_name as _unknown_name
from workbench.memory.differentiated import Differentiated, differentiated
from workbench.memory.plan import Plan as Plan
from workbench.memory.plan import Planner as Planner
from workbench.memory.plan import planner as planner
from workbench.symbolic.network import check_names, default_shapes, input_types, labels_of, symbol_of
from workbench.types import Shape

__all__ = ["Plan", "Planner", "plan", "planner"]


def plan(
    network: Any,
    shapes: Mapping[str, Shape] | None = None,
    strategy: str | None = None,
    budget: Any = None,
    *,
    dtypes: Mapping[str, Any] | None = None,
    wanted: Sequence[str] | None = None,
    **options: Any,
) -> Plan:
    """A plan for the memory of one training step; nothing is allocated or run.

    Args:
        network: a Symbol, a Module, or a hybrid Gluon block.
        shapes: shape of each input that a batch brings, by name.
        strategy: how to plan; None takes the cheapest plan that keeps to the budget.
        budget: the most bytes at once, parameters and all: ``"4GB"``, ``"512 MiB"`` or a number.
        dtypes: dtypes by name, where they are not float32.
        wanted: the arguments whose gradients are asked for; by default all but the inputs in `shapes` and
            labels.
        options: the strategy's own.

    Raises:
        ArgumentError: the network, a name, the strategy or the budget is none; or a shape does not follow.
        BudgetError: nothing keeps to the budget; the message says what the least is.
    """
    made = planner(strategy, budget, **options)
    return made.plan(training_pass(network, shapes, dtypes, wanted))


def training_pass(
    network: Any,
    shapes: Mapping[str, Shape] | None = None,
    dtypes: Mapping[str, Any] | None = None,
    wanted: Sequence[str] | None = None,
) -> Differentiated:
    """A network with its gradients, as planners see it; arguments and errors as `plan`."""
    symbol, _ = symbol_of(network, "memory.plan()")
    given = default_shapes(symbol) if shapes is None else {name: tuple(s) for name, s in shapes.items()}
    check_names(symbol, given)
    types = input_types(symbol, given, dtypes)
    if wanted is None:
        known = {*given, *labels_of(symbol.nodes)}
        wanted = [n for n in symbol.list_arguments() if n not in known and types[n].is_float]
    inputs = [n for n in symbol.nodes if n.is_variable]
    return differentiated(symbol.values, inputs, types, wanted)


def __getattr__(name: str) -> Any:
    raise _unknown_name("memory", name, __all__)
