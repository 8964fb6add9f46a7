"""The strategies by name: each a function of a workload and a budget in bytes of feature maps to a schedule.

With a budget none ever gives a schedule whose peak (`liveness.peak`) is above it; where it has none it raises a
BudgetError that says what its least is.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.memory.chain import chain
from workbench.memory.chen import chen
from workbench.memory.fit import within
from workbench.memory.milp import milp
from workbench.memory.offload import offload
from workbench.memory.online import online
from workbench.memory.recursive import recursive
from workbench.memory.revolve import revolve
from workbench.memory.schedule import Schedule, unplanned
from workbench.memory.segments import segments
from workbench.memory.workload import Workload

Strategy = Callable[..., Schedule]  # (workload, budget, **its own options)


def none(workload: Workload, budget: int | None = None) -> Schedule:
    """Everything once, all that backward reads kept.

    Raises:
        BudgetError: that takes more than the budget.
    """
    everything = unplanned(workload)
    if budget is None:
        return everything
    return within(workload, budget, lambda _: everything, lambda: everything, "none")


STRATEGIES: dict[str, Strategy] = {
    "none": none,
    "chen": chen,
    "segments": segments,
    "recursive": recursive,
    "revolve": revolve,
    "chain": chain,
    "milp": milp,
    "online": online,
    "offload": offload,
}

MEANINGS = {  # in a few words, for who meets the name in a picture
    "none": "everything that backward reads is kept, nothing is computed twice",
    "chen": "a value is kept wherever the bytes since the last one pass a threshold; the rest is computed again",
    "segments": "the network is cut where it is best for one extra forward pass, and each piece is computed again",
    "recursive": "the value in the middle is kept, and each half is treated alike: log n values for n layers",
    "revolve": "a few values are kept where a chain of equal layers then runs forward least often",
    "chain": "each stage is kept, or computed again as often as it pays: dynamic programming finds the best",
    "milp": "a solver of integer programs searches for the least work within the budget; for small networks",
    "online": "nothing is planned: where memory runs out, what is large, long unused and cheap to make goes",
    "offload": "what backward reads waits in the host's memory, for devices with memory of their own",
}
