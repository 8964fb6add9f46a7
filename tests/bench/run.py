"""`make bench`: what a training step costs in each style, as ratios to its peers; then smaller measurements.

Every style trains the same network on the same batch with plain SGD.  Rounds of all styles are interleaved, those of
MXNet in a process of its own included, so that a busy machine disturbs all of them alike; in each round they come in
another order, after turns that are not measured, so that none always follows the same one.  A ratio is the median over
rounds of this style's time over the peer's in the same round.  The host's part is what the thread that calls works
itself; programs run beside it.  Nothing here asserts a time.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import random
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import convolutions
import jax
import memory
import mxnet_styles
import networks
import peers
import scaling
import small
import tensors
from clock import Took, fixed_loop, timed
from targets import BY_HAND, MXNET, PYTORCH, TARGETS

import workbench
from workbench.runtime import pages

Measure = Callable[[int], Took]
Times = dict[str, list[Took]]
LEAST_TURNS = 10  # the host works on a step while the one before runs; the first finds nothing to run beside
MOST_TURNS = 60
UNMEASURED = 2  # turns before those that are measured, so that the cores are at work
GROUPS: dict[str, Callable[[], list[str]]] = {
    "small": small.measure,
    "memory": memory.measure,
    "scaling": scaling.measure,
    "tensor": lambda: [*tensors.measure(), *convolutions.measure()],
}


@contextmanager
def styles(key: str) -> Iterator[dict[str, Measure]]:
    """What measures each style: a function of the number of turns."""
    network = networks.ALL[key]
    made: dict[str, Measure] = {}

    def add(name: str, steps: peers.Steps) -> None:
        made[name] = lambda turns: timed(*steps, turns)

    add(BY_HAND, peers.hand_written(network))
    for name, style in mxnet_styles.ALL.items():
        add(name, style(workbench, network))
    if peers.torch_available():
        add(PYTORCH, peers.pytorch(network))
    python = peers.mxnet_python()
    if not python:
        yield made
        return
    with peers.MXNet(python, key) as process:
        for name in MXNET:
            made[f"MXNet {name}"] = lambda turns, name=name: process.timed(name, turns)  # type: ignore[misc]
        yield made


def measure(made: dict[str, Measure], rounds: int, budget_s: float) -> tuple[Times, list[float]]:
    """What a step of each style took, one figure a round; and the machine's pace between them."""
    turns = {}
    for name, style in made.items():
        style(4)  # compile, and see every segment twice
        turns[name] = max(LEAST_TURNS, min(MOST_TURNS, int(budget_s / style(2).step)))
    times: Times = {name: [] for name in made}
    pace = []
    gc.collect()
    order = list(made)
    for number in range(rounds):
        random.Random(number).shuffle(order)
        for name in order:
            pace.append(fixed_loop())
            made[name](UNMEASURED)
            times[name].append(made[name](turns[name]))
    return times, pace


def ratio(times: Times, name: str, peer: str) -> float:
    """The median over rounds of the ratio within a round."""
    return statistics.median(a.step / b.step for a, b in zip(times[name], times[peer], strict=True))


def table(key: str, times: Times, pace: Sequence[float]) -> list[str]:
    """Prints the table of one network; what fell short, and where its time went."""
    network = networks.ALL[key]
    print(f"\n{network.name}, batch {network.batch}: measured, {len(times[BY_HAND])} interleaved rounds")
    print(f"{'style':<34}{'ms a step':>10}{'spread':>18}{'host':>9}   ratio to its peers, and the target")
    step = {name: statistics.median(took.step for took in values) for name, values in times.items()}
    host = {name: statistics.median(took.host for took in values) for name, values in times.items()}
    short = []
    for name in sorted(times, key=step.__getitem__):
        values = [took.step for took in times[name]]
        spread = f"{min(values) * 1e3:.3f}–{max(values) * 1e3:.3f}"
        cells = []
        for peer, target in compared(key, name).items():
            if peer not in times:
                continue
            found = ratio(times, name, peer)
            bound = "" if target is None else f" (≤ {target:.2f})"
            cells.append(f"{found:.2f} × {peer}{bound}")
            if target is not None and found > target:
                allowed = target * step[peer]
                short.append(
                    f"{network.name}: {name}: {cells[-1]}; of {step[name] * 1e3:.3f} ms the host works "
                    f"{host[name] * 1e3:.3f}, of {allowed * 1e3:.3f} allowed"
                )
        figures = f"{step[name] * 1e3:>10.3f}{spread:>18}{host[name] * 1e3:>9.3f}"
        print(f"{name:<34}{figures}   {', '.join(cells)}")
    low, *_, high = statistics.quantiles(pace, n=10)
    print(
        f"{'a fixed loop in Python':<34}{statistics.median(pace) * 1e3:>10.3f}   {high / low:.2f} × between tenths"
    )
    return short


def compared(key: str, name: str) -> dict[str, float | None]:
    """The peers of a style and its targets: a number, or one by network."""
    found: dict[str, float | None] = {BY_HAND: None} if name != BY_HAND else {}
    for peer, target in TARGETS.get(name, {}).items():
        found[peer] = target.get(key) if isinstance(target, dict) else target
    return found


def as_the_lab_starts() -> None:
    """Begins anew with the variables that `workbench lab` gives its kernels: a process reads them when it starts."""
    told = pages.environment()
    if told:
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | told)


def main() -> None:
    """Reads the options and measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21, help="interleaved rounds a network (21)")
    parser.add_argument(
        "--seconds",
        type=float,
        default=0.05,
        help="time a style gets in a round, where ten steps don't take longer (0.05)",
    )
    parser.add_argument("--only", choices=[*networks.ALL, *GROUPS], action="append", help="measure just this")
    options = parser.parse_args()
    as_the_lab_starts()
    workbench.num_gpus()  # its way of starting JAX's threads, which hand-written steps share (`runtime.threads`)
    device = jax.devices()[0]
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    print(
        f"{device.platform} {device.device_kind}, {platform.machine()}, {os.cpu_count()} cores, load {load}"
    )
    print(f"JAX {jax.__version__}, {pages.VARIABLE}={os.environ.get(pages.VARIABLE, '')}")
    short: list[str] = []
    chosen = options.only or [*networks.ALL, *GROUPS]
    for key in networks.ALL:
        if key in chosen:
            with styles(key) as made:
                times, pace = measure(made, options.rounds, options.seconds)
            short += table(key, times, pace)
    for key, group in GROUPS.items():
        if key in chosen:
            short += group()
    print("\nfell short:" if short else "\nnothing measured fell short")
    for line in short:
        print(f"  {line}")
    if not peers.torch_available():
        print("not compared with PyTorch: not installed (pip install torch)")
    if not peers.mxnet_python():
        print("not compared with MXNet: WORKBENCH_MXNET_PYTHON names no Python that has it")


if __name__ == "__main__":
    main()
