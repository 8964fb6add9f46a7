"""Steps on 1 to 8 CPU devices and in 2 processes by `Module`, beside what the cost model says before they are run.

The devices share the machine's cores.  By the clock, a prediction is right where the machine gives this process as many
cores during a step as it gave to threads that did as much work just before or after; the processor time is the same on
a busy machine, but for processes that wait for each other.  Short of the aim is what is more than 20 % off by both.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench import parallel
from workbench.networks import deep_mlp
from workbench.scaling import Here, Run, measure_processes
from workbench.scaling import measure as steps
from workbench.viz.quantity_text import write, write_quantity

AIM = 0.2


def measure() -> list[str]:
    """Prints the table; what fell short."""
    net = deep_mlp(depth=3, width=1024, batch=256)
    print(
        f"\n{net.name}, batch {net.shapes['data'][0]} a device, on devices that share the cores of this CPU"
    )
    here = steps(net.symbol, net.shapes)
    assert here is not None  # nobody cancels it
    print("measured on one device, from which the rest is predicted:")
    for figure in (here.job.step, here.job.busy, here.link.latency, here.link.bandwidth):
        print(f"  {figure.name}: {write_quantity(figure)}, {figure.how}")
    short = _table(here)
    print("\nin two processes, which exchange gradients by dist_sync:")
    with parallel.cluster(n=2) as processes:
        return short + _rows([measure_processes(processes, net.symbol, net.shapes)])


def _table(here: Here) -> list[str]:
    print(f"{'number':>7}  {'step, measured':<32}{'predicted':>10}{'off':>7}", end="  ")
    print(f"{'processor time':<32}{'predicted':>10}{'off':>7}  cores given")
    return _rows(here.runs)


def _rows(runs: Sequence[Run]) -> list[str]:
    short = []
    for run in runs:
        processor = run.predicted_processor.value / run.processor.value - 1
        print(
            f"{run.devices:>7}  {write_quantity(run.step):<32}{write(run.predicted.value, 's'):>10}", end=""
        )
        print(f"{run.off:>+7.0%}  {write_quantity(run.processor):<32}", end="")
        print(
            f"{write(run.predicted_processor.value, 's'):>10}{processor:>+7.0%}  {write_quantity(run.cores)}"
        )
        if min(abs(run.off), abs(processor)) > AIM:
            short.append(f"{run.devices} together: step {run.off:+.0%}, processor time {processor:+.0%}")
    return short
