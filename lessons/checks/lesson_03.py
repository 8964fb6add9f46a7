"""The exercises of lesson 03: √n by experiment, a planner of one's own, the largest batch for a budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import workbench as mx
from checks.exercise import Answer, exercise, expect
from workbench import networks
from workbench.errors import ArgumentError, BudgetError
from workbench.memory.liveness import peak
from workbench.memory.schedule import Schedule
from workbench.memory.stages import Stages
from workbench.memory.workload import Operation, Workload

MOST_ASKED = 24  # networks that exercise 3 may build


def chain(sizes: Sequence[int]) -> Workload:
    """A chain of layers whose values have these sizes in bytes; each gradient reads its layer's value."""
    count = len(sizes)
    operations = [Operation(f"layer{i}", (i,), (i + 1,)) for i in range(count)]
    bytes_of = [0, *sizes, 0]
    cotangent = count + 1
    for i in reversed(range(count)):
        bytes_of.append(sizes[i - 1] if i else 0)
        made = len(bytes_of) - 1
        operations.append(Operation(f"layer{i}_backward", (i + 1, cotangent), (made,), of=i))
        cotangent = made
    return Workload(operations, count, bytes_of, [0, count + 1], [cotangent])


def equal_segments(work: Workload, size: int) -> Schedule:
    """The schedule that keeps what crosses a cut after every `size` operations."""
    return Stages(work, range(work.forward + 1)).segmented(range(size, work.forward, size))


@exercise(1)
def exercise_1(answer: Answer) -> None:
    """Judges ``best_segment(work)``."""
    for n in 16, 36, 64, 100:
        work = chain([1] * n)
        peaks = {size: peak(work, equal_segments(work, size)) for size in range(1, n + 1)}
        least = min(peaks.values())
        right = min(size for size, found in peaks.items() if found == least)
        came = answer(work)
        takes = f", which takes {peaks[came]}" if came in peaks else ""
        asked = f"{right} layers a segment, the smallest size that takes {least}, for a chain of {n}"
        expect(came == right, asked, f"{came!r}{takes}")


@exercise(2)
def exercise_2(answer: Answer) -> None:
    """Judges ``my_strategy(workload, budget)``."""
    rng = np.random.default_rng(0)
    for n in 12, 40, 90:
        work = chain([int(size) for size in rng.integers(1, 9, n)])
        least = min(peak(work, equal_segments(work, size)) for size in range(1, n + 1))
        for budget in (None, least, 2 * least, sum(work.sizes)):
            _judge_plan(answer(work, budget), work, budget)


def _judge_plan(came: Any, work: Workload, budget: int | None) -> None:
    n = work.forward
    expect(isinstance(came, Schedule), "a Schedule", type(came).__name__)
    wrong = None
    try:
        came.check(work)
    except ArgumentError as error:
        wrong = str(error)
    expect(wrong is None, f"a schedule that computes a chain of {n} layers", wrong)
    again = came.recomputed_flops(work)
    expect(again <= n, f"at most {n} layers computed again, one forward", f"{again:.0f}")
    if budget is not None:
        takes = peak(work, came)
        expect(takes <= budget, f"at most {budget} bytes for a chain of {n} layers", f"{takes} bytes")


@exercise(3)
def exercise_3(answer: Answer) -> None:
    """Judges ``largest_batch(build, budget)``."""
    for depth, budget in (6, 1_000_000), (10, 2_000_000), (4, 50_000):
        asked_for: list[int] = []

        def build(batch: int, depth: int = depth, asked_for: list[int] = asked_for) -> Any:
            asked_for.append(batch)
            return networks.deep_mlp(depth, 64, batch=batch)

        came = answer(build, budget)
        expect(isinstance(came, int) and came >= 0, "a whole number, 0 or more", repr(came))
        fits = came == 0 or _fits(networks.deep_mlp(depth, 64, batch=came), budget)
        what = f"a batch for which a plan keeps to {budget} bytes ({depth} layers)"
        expect(fits, what, f"{came}, for which none does")
        more = _fits(networks.deep_mlp(depth, 64, batch=came + 1), budget)
        expect(not more, f"the largest such batch for {budget} bytes", f"{came}; {came + 1} fits too")
        count = len(asked_for)
        expect(count <= MOST_ASKED, f"at most {MOST_ASKED} networks to be built", f"{count}")


def _fits(network: Any, budget: int) -> bool:
    try:
        mx.memory.plan(network.symbol, network.shapes, budget=budget)
    except BudgetError:
        return False
    return True
