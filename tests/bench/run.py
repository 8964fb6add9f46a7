"""`make bench`: what a training step costs in each style, as ratios to its peers; then smaller measurements.

Every style trains the same network on the same batch with plain SGD.  Rounds of all styles are interleaved, those of
MXNet in a process of its own included, so that a busy machine disturbs all of them alike; in each round they come in
another order, after turns that are not measured, so that none always follows the same one.  A ratio is the median over
rounds of this style's time over the peer's in the same round.  Nothing here asserts a time.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import random
import statistics
from collections.abc import Callable, Iterator
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
from clock import seconds
from targets import BY_HAND, MXNET, PYTORCH, TARGETS

import workbench

Measure = Callable[[int], float]
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
        made[name] = lambda turns: seconds(*steps, turns)

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
            made[f"MXNet {name}"] = lambda turns, name=name: process.seconds(name, turns)  # type: ignore[misc]
        yield made


def measure(made: dict[str, Measure], rounds: int, budget_s: float) -> dict[str, list[float]]:
    """Seconds a step of each style, one figure a round."""
    turns = {}
    for name, style in made.items():
        style(4)  # compile, and see every segment twice
        turns[name] = max(1, min(MOST_TURNS, int(budget_s / style(2))))
    times: dict[str, list[float]] = {name: [] for name in made}
    gc.collect()
    order = list(made)
    for number in range(rounds):
        random.Random(number).shuffle(order)
        for name in order:
            made[name](UNMEASURED)
            times[name].append(made[name](turns[name]))
    return times


def ratio(times: dict[str, list[float]], name: str, peer: str) -> float:
    """The median over rounds of the ratio within a round."""
    return statistics.median(a / b for a, b in zip(times[name], times[peer], strict=True))


def table(key: str, times: dict[str, list[float]]) -> list[str]:
    """Prints the table of one network; what fell short."""
    network = networks.ALL[key]
    print(f"\n{network.name}, batch {network.batch}: measured, {len(times[BY_HAND])} interleaved rounds")
    print(f"{'style':<34}{'ms a step':>10}{'spread':>18}   ratio to its peers, and the target")
    short = []
    for name, values in sorted(times.items(), key=lambda item: statistics.median(item[1])):
        spread = f"{min(values) * 1e3:.3f}–{max(values) * 1e3:.3f}"
        cells = []
        for peer, target in compared(key, name).items():
            if peer not in times:
                continue
            found = ratio(times, name, peer)
            bound = "" if target is None else f" (≤ {target:.2f})"
            cells.append(f"{found:.2f} × {peer}{bound}")
            if target is not None and found > target:
                short.append(f"{network.name}: {name}: {cells[-1]}")
        print(f"{name:<34}{statistics.median(values) * 1e3:>10.3f}{spread:>18}   {', '.join(cells)}")
    return short


def compared(key: str, name: str) -> dict[str, float | None]:
    """The peers of a style and its targets: a number, or one by network."""
    found: dict[str, float | None] = {BY_HAND: None} if name != BY_HAND else {}
    for peer, target in TARGETS.get(name, {}).items():
        found[peer] = target.get(key) if isinstance(target, dict) else target
    return found


def main() -> None:
    """Reads the options and measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21, help="interleaved rounds a network (21)")
    parser.add_argument("--seconds", type=float, default=0.05, help="time a style gets in a round (0.05)")
    parser.add_argument("--only", choices=[*networks.ALL, *GROUPS], action="append", help="measure just this")
    options = parser.parse_args()
    workbench.num_gpus()  # its way of starting JAX's threads, which hand-written steps share (`runtime.threads`)
    device = jax.devices()[0]
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    print(
        f"{device.platform} {device.device_kind}, {platform.machine()}, {os.cpu_count()} cores, load {load}"
    )
    print(f"JAX {jax.__version__}")
    short: list[str] = []
    chosen = options.only or [*networks.ALL, *GROUPS]
    for key in networks.ALL:
        if key in chosen:
            with styles(key) as made:
                times = measure(made, options.rounds, options.seconds)
            short += table(key, times)
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
