"""The exercises of lesson 06: when operations can run, what they must declare, and loading ahead."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from checks.exercise import Answer, exercise, expect
from workbench import cpu, engine
from workbench.parallel.engine_study import EngineStudy

Uses = tuple[tuple[str, ...], tuple[str, ...]]


def ticks_of(program: Callable[[], Any]) -> list[int]:
    """The tick at which the library lets each operation of a program run."""
    study = EngineStudy(program)
    at = {one: tick for tick, frame in enumerate(study.frames("threaded")) for one in frame.running}
    return [at[place] for place in range(len(study.operations))]


def by_the_library(operations: list[Uses]) -> list[int]:
    """The same of operations that do nothing, each on a device of its own."""

    def program() -> None:
        names = {name for reads, writes in operations for name in (*reads, *writes)}
        variables = {name: engine.new_variable(name) for name in sorted(names)}
        for number, (reads, writes) in enumerate(operations):
            const, mutable = ([variables[name] for name in each] for each in (reads, writes))
            engine.push(lambda: None, const, mutable, device=cpu(number))

    return ticks_of(program)


@exercise(1)
def exercise_1(answer: Answer) -> None:
    """Judges ``earliest(operations)``."""
    draw = random.Random(0)
    programs: list[list[Uses]] = [
        [((), ("x",)), (("x",), ("y",)), (("x",), ("z",))],
        [(("x",), ()), ((), ("x",)), (("x",), ())],
        [((), ("x",)), ((), ("x",))],
        [((), ("x",)), ((), ("y",)), (("x", "y"), ("z",)), (("z",), ("x",)), (("y",), ("w",))],
    ]
    for size in range(4, 12):
        names = [draw.sample("abcde", draw.randint(1, 3)) for _ in range(size)]
        cuts = [draw.randint(0, len(each)) for each in names]
        programs.append([(tuple(n[:c]), tuple(n[c:])) for n, c in zip(names, cuts, strict=True)])
    for operations in programs:
        right, came = by_the_library(operations), answer(operations)
        expect(came == right, f"the ticks {right} of {operations}", repr(came))


@exercise(2)
def exercise_2(answer: Answer) -> None:
    """Judges ``push_centre(arrays, variables)``."""
    start = np.arange(12.0).reshape(4, 3)

    def program() -> dict[str, np.ndarray[Any, Any]]:
        arrays = {"x": start.copy(), "mean": np.zeros(3), "spread": np.zeros(3), "centred": np.zeros((4, 3))}
        answer(arrays, {name: engine.new_variable(name) for name in arrays})
        return arrays

    arrays = _finished(program)
    asked = {
        "x": np.zeros_like(start),
        "mean": start.mean(axis=0),
        "spread": start.std(axis=0),
        "centred": start - start.mean(axis=0),
    }
    for name, right in asked.items():
        expect(np.allclose(arrays[name], right), f"{name} = {right.tolist()}", arrays[name].tolist())
    races = engine.race_check(program)
    what = "; ".join(f"the order of {race.first.name} and {race.second.name} matters" for race in races)
    expect(not races, "an order of all that must have one", f"a race: {what}")
    at_once = ticks_of(program).count(1)
    expect(
        at_once >= 2, "mean and spread worked out at once, in the first tick", f"{at_once} operation there"
    )


def _finished(program: Callable[[], Any]) -> Any:
    with engine.engine_type("naive"):
        result = program()
        engine.wait_for_all()
    return result


@exercise(3)
def exercise_3(answer: Answer) -> None:
    """Judges ``push_loop(load, train, count)``."""
    for count in 1, 2, 7:
        program = partial(_loop, answer, count)
        seen = _finished(program)["seen"]
        expect(seen == list(range(count)), f"the batches 0 to {count - 1} trained on in order", repr(seen))
        races = engine.race_check(program)
        what = "; ".join(f"{race.first.name} and {race.second.name}, {race.difference}" for race in races)
        expect(not races, "no race", what)
        ticks = len(EngineStudy(program).frames("threaded")) - 2
        expect(
            ticks == count + 1,
            f"{count + 1} ticks for {count} batches, each loaded in the tick before",
            str(ticks),
        )


def _loop(answer: Answer, count: int) -> dict[str, list[Any]]:
    slots: dict[int, int] = {}
    seen: list[Any] = []

    def load(slot: int, batch: int) -> None:
        if slot not in (0, 1):
            raise ValueError(f"there are slots 0 and 1, got {slot!r}")
        slots[slot] = batch

    def train(slot: int) -> None:
        seen.append(slots.get(slot))

    answer(load, train, count)
    return {"seen": seen}
