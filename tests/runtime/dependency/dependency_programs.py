"""Random programs for the dependency engine, and what each must give, worked out step by step without it."""

from __future__ import annotations

import random
import time
from typing import Any, NamedTuple

from workbench import cpu, engine
from workbench.errors import ExecutionError

MODULUS = 2**61 - 1


class Step(NamedTuple):
    """An operation on numbered variables; it writes a digest of all that it read, so that nothing is lost."""

    reads: tuple[int, ...]
    writes: tuple[int, ...]
    device: int = 0
    priority: int = 0
    micros: int = 0
    fails: bool = False

    @property
    def names(self) -> set[int]:
        return {*self.reads, *self.writes}


class Program(NamedTuple):
    """Steps in program order; `hidden` is the step and the variable whose declaration is left out."""

    steps: tuple[Step, ...]
    size: int
    hidden: tuple[int, int] | None = None

    def __call__(self) -> dict[str, Any]:
        """Pushes all steps; the state they work on."""
        variables = [engine.new_variable(str(v)) for v in range(self.size)]
        state = {"values": list(range(self.size)), "seen": [0] * len(self.steps)}
        for number, step in enumerate(self.steps):
            reads, writes = (
                [variables[v] for v in names if (number, v) != self.hidden]
                for names in (step.reads, step.writes)
            )
            engine.push(
                lambda number=number, step=step: act(state, number, step),
                reads,
                writes,
                device=cpu(step.device),
                priority=step.priority,
                name=f"step {number}",
            )
        state["variables"] = variables
        return state


def act(state: dict[str, Any], number: int, step: Step) -> None:
    values = state["values"]
    digest = number + 1
    for v in (*step.reads, *step.writes):
        digest = (digest * 1_000_003 + values[v]) % MODULUS
    if step.micros:
        time.sleep(step.micros / 1e6)
    if step.fails:
        raise ValueError(f"refused by step {number}")
    state["seen"][number] = digest
    for v in step.writes:
        values[v] = (values[v] * 31 + digest + v) % MODULUS


def outcome(program: Program) -> tuple[list[int], list[int], list[int | None]]:
    """Values, digests, and for each variable the step whose failure a wait for it tells of, on the engine in force."""
    state = program()
    told = []
    for variable in state["variables"]:
        try:
            engine.wait_for_var(variable)
            told.append(None)
        except ExecutionError as error:
            told.append(int(str(error).rpartition(" ")[2]))
    try:
        engine.wait_for_all()  # those that write nothing, and failures that were written over
    except ExecutionError:
        engine.wait_for_all()
    return state["values"], state["seen"], told


def expected(program: Program) -> tuple[list[int], list[int], list[int | None]]:
    """The same, one step after the other."""
    state: dict[str, Any] = {"values": list(range(program.size)), "seen": [0] * len(program.steps)}
    broken: list[int | None] = [None] * program.size
    for number, step in enumerate(program.steps):
        cause = min((c for v in step.names if (c := broken[v]) is not None), default=None)
        if cause is None and not step.fails:
            act(state, number, step)
            continue
        for v in step.writes:
            broken[v] = cause if cause is not None else number
    return state["values"], state["seen"], broken


def conflicts(one: Step, other: Step) -> set[int]:
    return (set(one.writes) & other.names) | (set(other.writes) & one.names)


def damaged(seed: int, size: int = 5, length: int = 12) -> tuple[Program, set[tuple[int, int]]]:
    """A program with one declaration left out, and the pairs of steps that nothing orders any more."""
    draw = random.Random(seed)
    while True:
        steps = []
        for _ in range(length):
            names = draw.sample(range(size), draw.randint(1, 3))
            writes = draw.randint(0, len(names))
            steps.append(Step(tuple(names[writes:]), tuple(names[:writes]), draw.randrange(2)))
        number = draw.randrange(length)
        hidden = (number, draw.choice(sorted(steps[number].names)))
        program = Program(tuple(steps), size, hidden)
        pairs = unordered(program)
        if pairs:
            return program, pairs


def unordered(program: Program) -> set[tuple[int, int]]:
    """Pairs of steps, in program order, that share what was left out and that nothing declared orders."""
    assert program.hidden is not None
    number, lost = program.hidden
    declared = [
        step
        if i != number
        else step._replace(
            reads=tuple(v for v in step.reads if v != lost), writes=tuple(v for v in step.writes if v != lost)
        )
        for i, step in enumerate(program.steps)
    ]
    after: list[set[int]] = []  # of each step, all that must come before it
    for j, step in enumerate(declared):
        direct = {i for i in range(j) if conflicts(declared[i], step)}
        after.append(direct.union(*(after[i] for i in direct)))
    real = program.steps
    return {
        (i, j)
        for j in range(len(real))
        for i in range(j)
        if number in (i, j) and lost in conflicts(real[i], real[j]) and i not in after[j]
    }
