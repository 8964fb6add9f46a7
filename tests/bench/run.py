"""`make bench`: what a training step costs in each style, as ratios to one written by hand.

Every style trains the same network on the same batch with plain SGD, in one process.  Rounds of all styles are
interleaved, so that a busy machine disturbs all of them alike; a ratio is the median over rounds of this
style's time over the hand-written program's in the same round.  Nothing here asserts a time.
"""

from __future__ import annotations

import argparse
import gc
import platform
import statistics
import time
from collections.abc import Callable

import jax
import networks
import styles

TARGETS = {"symbolic (Executor)": 1.15, "bulked imperative (nd)": 2.0}


def seconds(step: Callable[[], None], wait: Callable[[], None], turns: int) -> float:
    """Time of one step, over some that are waited for together."""
    start = time.perf_counter()
    for _ in range(turns):
        step()
    wait()
    return (time.perf_counter() - start) / turns


def measure(network: networks.Network, rounds: int, budget_s: float) -> None:
    """Prints the table of one network."""
    made = {name: make(network) for name, make in styles.ALL.items() if styles.available(name)}
    turns = {}
    for name, (step, wait) in made.items():
        seconds(step, wait, 4)  # compile, and see every segment twice
        turns[name] = max(1, min(60, int(budget_s / seconds(step, wait, 2))))
    times: dict[str, list[float]] = {name: [] for name in made}
    gc.collect()
    for _ in range(rounds):
        for name, (step, wait) in made.items():
            times[name].append(seconds(step, wait, turns[name]))
    base = times[styles.BASE]
    print(f"\n{network.name}, batch {network.batch}: measured, {rounds} interleaved rounds")
    print(f"{'style':<28}{'ms a step':>10}{'spread':>18}{'ratio':>8}{'spread':>16}{'target':>8}")
    for name, values in sorted(times.items(), key=lambda item: statistics.median(item[1])):
        ratios = sorted(a / b for a, b in zip(values, base, strict=True))
        target = f"≤ {TARGETS[name]:.2f}" if name in TARGETS else ""
        print(
            f"{name:<28}{statistics.median(values) * 1e3:>10.3f}"
            f"{f'{min(values) * 1e3:.3f}–{max(values) * 1e3:.3f}':>18}"
            f"{statistics.median(ratios):>8.2f}{f'{ratios[0]:.2f}–{ratios[-1]:.2f}':>16}{target:>8}"
        )


def main() -> None:
    """Reads the options and measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21, help="interleaved rounds a network (21)")
    parser.add_argument("--seconds", type=float, default=0.05, help="time a style gets in a round (0.05)")
    parser.add_argument("--network", choices=[*networks.ALL, "all"], default="all")
    options = parser.parse_args()
    device = jax.devices()[0]
    print(f"{device.platform} {device.device_kind}, {platform.machine()}, JAX {jax.__version__}")
    for name, network in networks.ALL.items():
        if options.network in (name, "all"):
            measure(network, options.rounds, options.seconds)
    missing = [name for name in styles.ALL if not styles.available(name)]
    if missing:
        print(f"\nnot installed: {', '.join(missing)} (pip install torch)")


if __name__ == "__main__":
    main()
