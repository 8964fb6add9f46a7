"""The exercises of lesson 02: find the peak, share buffers, name the layer that holds most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import workbench as mx
from checks.exercise import Answer, exercise, expect
from workbench import networks

Operations = list[tuple[str, list[str]]]


def _chain(depth: int) -> Operations:
    """A chain of layers and its gradients, as the lesson writes them."""
    forward = [(f"h{i + 1}", [f"h{i}"]) for i in range(depth)]
    backward = [(f"g{depth - 1}", [f"h{depth}"])]
    backward += [(f"g{i - 1}", [f"g{i}", f"h{i}"]) for i in range(depth - 1, 0, -1)]
    return forward + backward


def _lives(operations: Operations) -> dict[str, tuple[int, int]]:
    made = {name: step for step, (name, _) in enumerate(operations)}
    ends = dict(made)
    for step, (_, read) in enumerate(operations):
        ends.update({name: step for name in read if name in made})
    return {name: (start, ends[name]) for name, start in made.items()}


def _alive(lives: Mapping[str, tuple[int, int]], sizes: Mapping[str, int], step: int) -> int:
    return sum(sizes[name] for name, (start, end) in lives.items() if start <= step <= end)


def _drawn(depth: int, seed: int) -> tuple[Operations, dict[str, int]]:
    operations = _chain(depth)
    drawn = np.random.default_rng(seed).integers(1, 100, len(operations))
    return operations, {name: int(size) for (name, _), size in zip(operations, drawn, strict=True)}


@exercise(1)
def exercise_1(answer: Answer) -> None:
    """Judges ``peak_of(operations, sizes)``."""
    for depth, seed in (1, 0), (4, 1), (9, 2), (30, 3):
        operations, sizes = _drawn(depth, seed)
        lives = _lives(operations)
        totals = [_alive(lives, sizes, step) for step in range(len(operations))]
        right = (max(totals), totals.index(max(totals)))
        came = answer(list(operations), dict(sizes))
        asked = f"{right}, the most bytes and the first step that has them, for a chain of {depth} layers"
        expect(isinstance(came, tuple) and came == right, asked, came)


def _judge_shared(
    came: Any, lives: Mapping[str, tuple[int, int]], sizes: Mapping[str, int], bound: int
) -> None:
    expect(isinstance(came, dict), "a dict, value → number of its buffer", type(came).__name__)
    missing = sorted(lives.keys() - came.keys())
    expect(not missing, "a buffer for every value", f"none for {', '.join(missing)}")
    for one, (start, end) in lives.items():
        for other, (first, last) in lives.items():
            clash = one < other and came[one] == came[other] and start <= last and first <= end
            steps = f"alive at steps {start} to {end} and {first} to {last}"
            expect(not clash, f"two buffers for {one} and {other}, {steps}", f"buffer {came[one]!r} for both")
    buffers: dict[Any, int] = {}
    for name in lives:
        buffers[came[name]] = max(buffers.get(came[name], 0), sizes[name])
    total = sum(buffers.values())
    expect(
        total <= bound,
        f"buffers of at most {bound} bytes together",
        f"{total} bytes in {len(buffers)} buffers",
    )


@exercise(2)
def exercise_2(answer: Answer) -> None:
    """Judges ``share(lives, sizes)``."""
    for depth in 3, 8, 20:
        operations = _chain(depth)
        lives = _lives(operations)
        equal = dict.fromkeys(lives, 10)
        most = max(_alive(lives, equal, step) for step in range(len(operations)))
        _judge_shared(answer(dict(lives), dict(equal)), lives, equal, most)
        sizes = _drawn(depth, depth)[1]
        _judge_shared(answer(dict(lives), dict(sizes)), lives, sizes, sum(sizes.values()) * 9 // 10)


@exercise(3)
def exercise_3(answer: Answer) -> None:
    """Judges ``heaviest_layer(plan)``."""
    for made in networks.deep_mlp(6, 32, batch=16), networks.resnet(50, batch=2, image=(3, 64, 64)):
        plan = mx.memory.plan(made.symbol, made.shapes, "none")
        arena = plan.arena("share")
        number = next(iter(arena.by_layer(arena.peak_place)))
        right = plan.network.workload.operations[number].name
        came = answer(plan)
        held = arena.by_layer(arena.peak_place)
        names = {plan.network.workload.operations[layer].name: size for layer, size in held.items()}
        asked = f"the layer whose values take most at the peak, such as {right!r} with {held[number]} bytes"
        expect(
            names.get(came) == held[number], asked, f"{came!r}, which has {names.get(came, 0)} bytes there"
        )
