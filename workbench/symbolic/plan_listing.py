"""An executor's listing: what forward and backward run, and the memory they take, as MXNet's ``debug_str``.

The memory is planned, not measured: feature maps that share one arena, under the plan that was bound, else as the
marks in the symbol say.  Nothing is compiled or allocated for it, so a program may bind a network of a thousand layers
again and again to compare plans.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.memory.allocate import allocate
from workbench.memory.differentiated import Differentiated, differentiated
from workbench.memory.mirror import mirrored
from workbench.memory.schedule import Schedule
from workbench.symbolic import listing as nodes
from workbench.symbolic.planned import PlannedOp

if TYPE_CHECKING:
    from workbench.symbolic.executor import Executor


def listing(executor: Executor) -> str:
    """The nodes of forward and backward, and two lines on memory."""
    network, schedule = planned(executor)
    heads, states = network.graph.heads, len(network.states)
    shown = [*heads[: network.outputs], *heads[network.outputs + states :]]
    return nodes.listing(shown) + "".join(f"{line}\n" for line in _memory(network, schedule))


def planned(executor: Executor) -> tuple[Differentiated, Schedule]:
    """The executor's training pass, and how it runs: by the plan bound, else as the symbol's marks say."""
    op = executor._op
    types = {n.name: a._type for n, a in zip(op.inputs, executor._inputs, strict=True)}
    wanted = [n.name for n in op.inputs if n.name in executor._grads]
    if isinstance(op, PlannedOp) and wanted:
        plan = op.plan_for(types, wanted)
        return plan.network, plan.schedule
    network = differentiated(op.symbol.values, op.inputs, types, wanted)
    return network, mirrored(network.workload)


def _memory(network: Differentiated, schedule: Schedule) -> Iterator[str]:
    """The size of the arena, what the caller holds apart, and how many there are: programs take turns in one."""
    arena = allocate(network.workload, schedule)
    yield f"Total {arena.size // 2**20} MB allocated"
    yield f"Total {int(arena.size > 0)} TempSpace resource requested"
