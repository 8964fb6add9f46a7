"""Memory: what plans are predicted to take and what they take, and what it costs to plan.

Each network is planned and measured in a process of its own, with no compiled program from an earlier run, so that
the seconds are those of a first time and the memory is its own.  What it compiles is kept for the process that runs the
plan once more, and for no other.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from chart import chart

import workbench as mx
from workbench.memory.measure import Compiled, compiled, running
from workbench.memory.plan import Plan
from workbench.memory.process import process
from workbench.networks import Network, deep_mlp, resnet, unrolled_lstm
from workbench.runtime.compile import cache
from workbench.runtime.program import planned_workspace
from workbench.symbolic.memory import training_pass

DEVIATION_TARGET = 0.10  # of what is measured from what is predicted after calibration
SECONDS_TARGET = 120.0
RAM_TARGET = 6 * 2**30
GROWTH_TARGET = 1.2
RUN_BYTES, RUN_FLOP = 5 * 2**30, 3e12  # up to here a step is run for real too

NETWORKS: dict[str, Callable[[], Network]] = {
    "ResNet-998": lambda: resnet(998),
    "ResNet-50": lambda: resnet(50),
    "MLP": lambda: deep_mlp(depth=64, batch=512),
    "LSTM": lambda: unrolled_lstm(steps=100),
}
PLANS = ("none", "segments")
GROWING = (16, 32, 64, 128, 256)  # units of a residual network
PLANNED = ("chen", "segments", "dynamic programme", "recursive", "online")
NAMES = {"dynamic programme": "chain"}  # so that each has a letter of its own


def measure() -> list[str]:
    """Prints all of it; what fell short."""
    print("\nmemory: predicted from the graph, predicted after calibration, measured (GiB)")
    head = f"{'network and plan':<24}{'graph':>8}{'calibr.':>9}{'XLA':>8}{'live':>8}{'process':>9}{'GPU':>8}"
    print(f"{head}   extra forwards, pieces (distinct), first measurement")
    short = []
    for network in NETWORKS:
        for strategy in PLANS:
            short += _row(network, strategy, _child("of", network, strategy))
    return short + _growth()


def _child(*arguments: str) -> Any:
    command = [sys.executable, __file__, *arguments]
    with tempfile.TemporaryDirectory() as empty:
        kept = {"JAX_COMPILATION_CACHE_DIR": empty, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
        done = subprocess.run(
            command, env={**os.environ, **kept}, stdout=subprocess.PIPE, text=True, check=True
        )
    return json.loads(done.stdout)


def _row(network: str, strategy: str, found: dict[str, Any]) -> list[str]:
    columns = ((8, "graph"), (9, "calibrated"), (8, "assigned"), (8, "live"), (9, "process"), (8, "gpu"))
    cells = "".join(
        f"{found[name] / 2**30:>{width}.3f}" if name in found else " " * (width - 1) + "–"
        for width, name in columns
    )
    pieces = f"{found['extra']:.2f}, {found['pieces']} ({found['distinct']})"
    first = f"{found['s']:.0f} s, {found['processor']:.0f} s of processor, {found['ram'] / 2**30:.2f} GiB"
    print(f"{network + ', ' + strategy:<24}{cells}   {pieces}, {first}")
    deviation = found["assigned"] / found["calibrated"] - 1
    graph, maps, programs = (found["assigned"] / found[k] - 1 for k in ("graph", "maps", "programs"))
    print(
        f"{'':<24}XLA's is {deviation:+.1%} from the calibrated, {graph:+.1%} from the graph's ({maps:+.1%} without "
        f"workspace), {programs:+.1%} from what its programs hold until they end, none fused: {found['why']}"
    )
    name = f"{network}, {strategy}: measured {{}} (≤ {{}})"
    bounds = (
        (abs(deviation), DEVIATION_TARGET, "{:.1%} from the calibrated prediction"),
        (found["s"], SECONDS_TARGET, "{:.0f} s"),
        (found["ram"], RAM_TARGET, "{:.3g} bytes of RAM"),
    )
    return [name.format(said.format(v), said.format(most)) for v, most, said in bounds if v > most]


def _growth() -> list[str]:
    """Seconds to plan residual networks of growing length, how they grow, and a chart of it."""
    print(f"\nplanning residual networks of {', '.join(map(str, GROWING))} units")
    names = [NAMES.get(strategy, strategy) for strategy in PLANNED]
    seconds = [_child("planning", str(units), *names) for units in GROWING]
    short, curves = [], {}
    for strategy in PLANNED:
        name = NAMES.get(strategy, strategy)
        times = [found[name] for found in seconds]
        curves[strategy] = dict(zip(GROWING, times, strict=True))
        growth = math.log(times[-1] / times[0]) / math.log(GROWING[-1] / GROWING[0])
        line = f"{strategy:<24}{' '.join(f'{t:.2f}' for t in times)} s, n^{growth:.2f}"
        print(f"{line}  (≤ n^{GROWTH_TARGET})")
        short += [f"planning by {line}"] if growth > GROWTH_TARGET else []
    print("\n".join(chart(curves, "s")))
    return short


# -- in the process of its own --------------------------------------------------------------------


def of(network: str, strategy: str) -> dict[str, Any]:
    """One network by one plan: bytes by each way, seconds and RAM of the first measurement."""
    made = NETWORKS[network]()
    start, processor = time.perf_counter(), time.process_time()
    plan = mx.memory.plan(made.symbol, made.shapes, strategy)
    first = compiled(plan, mx.cpu())
    assert first is not None
    found = {
        "s": time.perf_counter() - start,
        "processor": time.process_time() - processor,
        "ram": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "graph": plan.peak.value,
        "maps": plan.timeline.most_maps + plan.timeline.fixed_bytes,
        "programs": plan.lowered(mx.cpu()).program.peak_bytes(),
        "calibrated": first.calibrated.value,
        "assigned": first.assigned.value,
        "why": _why(plan, first),
        "extra": plan.extra_forwards,
        "distinct": first.distinct,
        "pieces": plan.lowered(mx.cpu()).program.dispatches,
    }
    if first.assigned.value < RUN_BYTES and plan.lowered(mx.cpu()).program.flops < RUN_FLOP:
        live = running(plan, mx.cpu())
        assert live is not None
        taken = process(plan, mx.cpu())
        assert taken is not None
        found |= {"live": live.value, "process": taken.value}
    if mx.num_gpus():
        on_gpu = process(plan, mx.gpu())
        assert on_gpu is not None
        found["gpu"] = on_gpu.value
    return found


def _why(plan: Plan, found: Compiled) -> str:
    """Where the graph alone is mistaken."""
    lowered = plan.lowered(mx.cpu())
    program = lowered.program
    ends = list(accumulate(map(len, lowered.operations)))
    at = bisect_right(ends, plan.timeline.peak_place)
    there = {v for piece in program.pieces[: at + 1] for v in piece.gives}
    later = sum(program.type_of(h).nbytes for h in set(program.graph.heads) - there)
    segment = program.segments[found.place]
    workspace = cache.get(segment).workspace_bytes
    return (
        f"where the graph has its peak, {later / 2**20:.0f} MiB of results that it counts from the start are not "
        f"there yet; where XLA has its own, a piece takes {workspace / 2**20:.0f} MiB of workspace, "
        f"{planned_workspace(segment) / 2**20:.0f} by its operations alone"
    )


def planning(units: str, *strategies: str) -> dict[str, float]:
    """Seconds to plan a residual network by each strategy, its graph at hand."""
    made = resnet([1, int(units) // 2, int(units) // 2, 1])
    found = {}
    for strategy in strategies:
        network = training_pass(made.symbol, made.shapes)  # anew, so that none finds what another worked out
        assert network.workload.flops  # XLA's cost analysis of each operation
        start = time.perf_counter()
        mx.memory.planner(strategy).plan(network)
        found[strategy] = time.perf_counter() - start
    return found


if __name__ == "__main__":
    print(json.dumps({"of": of, "planning": planning}[sys.argv[1]](*sys.argv[2:])))
