"""The race checker: finds dependencies that a program has and did not declare.

Where all dependencies are declared, every schedule that they allow gives the same.  So the program is run again and
again, on one thread, in orders drawn at random from those, and what it gives is compared with what it gives in program
order.  Where they differ, two operations touch the same thing and one of them did not say so.

Which two?  From program order to the order that differs leads a chain of orders, each allowed, in which neighbours
differ by an exchange of two operations that follow each other: sort one into the other, as bubble sort does.  Somewhere
on it the result changes, and bisection finds the place in a few runs more.  The two exchanged there are the race.

In each run one operation is held back until nothing else can start, the others come in random order.  With every
operation held back once, each two operations that are not ordered have been seen both ways.

Source: S. Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010:
random priorities, of which the lowest finds an ordering bug among n operations with a probability of at least 1/n.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from workbench.errors import ArgumentError
from workbench.runtime import random as generator
from workbench.runtime.dependency.current import using
from workbench.runtime.dependency.operation import Operation
from workbench.runtime.dependency.outcome import difference, kept
from workbench.runtime.dependency.rehearsal import Rehearsal

Program = Callable[[], Any]
Pair = tuple[int, int]


class Race(NamedTuple):
    """Two operations whose order matters and was not declared.

    Attributes:
        first, second: in program order; one of them may be a wait, where the program goes on too early.
        difference: what the program gives in program order, and with the two exchanged.
    """

    first: Operation
    second: Operation
    difference: str

    def __str__(self) -> str:
        return (
            f"the order of two operations matters, and no variable that both name says so: {self.difference}\n"
            f"  {_declared(self.first)}\n  {_declared(self.second)}"
        )


def _declared(operation: Operation) -> str:
    reads = ", ".join(v.name for v in operation.reads) or "nothing"
    writes = ", ".join(v.name for v in operation.writes) or "nothing"
    return f"{operation} (reads {reads}; writes {writes})"


class _Run(NamedTuple):
    """What the program pushed, the order in which it ran, and what it gave."""

    operations: list[Operation]
    order: list[int]
    outcome: Any


def race_check(program: Program, runs: int | None = None, seed: int = 0) -> list[Race]:
    """Looks for undeclared dependencies in a program that pushes operations.

    Args:
        program: makes all that it works on afresh, pushes operations, and returns what is to be compared: numbers,
            arrays, text, and lists, tuples and dicts of them.  It is read when all operations have run.
        runs: schedules to try, besides those that locate a race; as many as there are operations where none is given,
            which exchanges each two that are not ordered at least once.
        seed: of the schedules, and of the workbench's random numbers in each run.

    Returns:
        One race for each pair of operations, in the order found; empty where there is none.  A race is found where it
        changes what the program returns.

    Raises:
        ArgumentError: the program is no function, returns nothing, gives different results in one and the same
            order, pushes inside operations, or pushes other operations in another order; or `runs` is not positive.
    """
    _check(program, runs)
    rehearse = _Rehearse(program, seed)
    plain = rehearse()
    unstable = difference(plain.outcome, rehearse().outcome)
    if unstable:
        raise ArgumentError(
            "race_check() compares what the program gives in different orders; this one gives something else each "
            f"time, in one and the same order: {unstable}"
        )
    rehearse.expected = plain
    races: list[Race] = []
    while (found := _differing(rehearse, runs or len(plain.operations), seed)) is not None:
        races.append(_locate(rehearse, *found))
    return races


def _check(program: Any, runs: Any) -> None:
    if not callable(program):
        raise ArgumentError(f"race_check() takes a function that pushes operations, got {program!r}")
    if runs is not None and (type(runs) is not int or runs < 1):
        raise ArgumentError(f"race_check(): runs must be 1 or more, got {runs!r}")


class _Rehearse:
    """Runs the program under given ranks; a race, once found, counts as declared."""

    def __init__(self, program: Program, seed: int) -> None:
        self.program = program
        self.seed = seed
        self.ties: list[Pair] = []
        self.expected: _Run | None = None

    def __call__(self, ranks: Sequence[float] = ()) -> _Run:
        rehearsal = Rehearsal(ranks, self.ties)
        outcome = self._outcome(rehearsal)
        if rehearsal.refused is not None:
            raise rehearsal.refused
        return _Run(rehearsal.operations, rehearsal.order, outcome)

    def _outcome(self, rehearsal: Rehearsal) -> Any:
        from workbench.runtime.seen import seen_by  # which knows the framework's arrays

        with using(rehearsal), seen_by(rehearsal), generator.own_stream(self.seed, shared=True):
            try:
                result = self.program()
                failures = [str(error) for error in rehearsal.settle()]
            except Exception as error:
                if self.expected is None:
                    raise
                return f"raised: {error!r}"  # in program order it did not
            if result is None:
                raise ArgumentError("race_check() compares what the program returns, and it returned None")
            self._same_operations(rehearsal.operations)
            return {"result": kept(result), "failures": failures}

    def _same_operations(self, operations: Sequence[Operation]) -> None:
        if self.expected is None:
            return
        before, now = (
            [(o.name if o.gate is None else "", len(o.reads), len(o.writes)) for o in each]
            for each in (self.expected.operations, operations)
        )
        if before != now:
            raise ArgumentError(
                "race_check(): in another order the program pushed other operations; what it pushes must not "
                "hang on what operations give before they are waited for"
            )

    def differs(self, run: _Run) -> str | None:
        """What is not as in program order."""
        assert self.expected is not None
        return difference(self.expected.outcome, run.outcome)


def _differing(rehearse: _Rehearse, runs: int, seed: int) -> tuple[list[int], str] | None:
    """An order that gives something else than program order, and what is different."""
    assert rehearse.expected is not None
    size = len(rehearse.expected.operations)
    draw = random.Random(seed)
    held_back = draw.sample(range(size), size)
    for turn in range(runs if size else 0):
        ranks = [draw.random() for _ in range(size)]
        ranks[held_back[turn % size]] = 2.0
        run = rehearse(ranks)
        differs = rehearse.differs(run)
        if differs:
            rest = set(range(size)).difference(run.order)  # where the program raised an error
            return [*run.order, *sorted(rest)], differs
    return None


def _locate(rehearse: _Rehearse, order: Sequence[int], found: str) -> Race:
    """The exchange on the way from program order to this order at which the result changes; ties its operations."""
    assert rehearse.expected is not None
    exchanges = _exchanges(order)
    same, other = 0, len(exchanges)
    while other - same > 1:
        middle = (same + other) // 2
        differs = rehearse.differs(rehearse(_ranks(exchanges[:middle], len(order))))
        if differs:
            other, found = middle, differs
        else:
            same = middle
    first, second = exchanges[other - 1]
    rehearse.ties.append((first, second))
    operations = rehearse.expected.operations
    return Race(operations[first], operations[second], found)


def _exchanges(order: Sequence[int]) -> list[Pair]:
    """Exchanges of neighbours that lead from program order to this one; each pair is exchanged at most once."""
    current = sorted(order)
    exchanges = []
    for place, wanted in enumerate(order):
        for at in range(current.index(wanted), place, -1):
            exchanges.append((current[at - 1], current[at]))
            current[at - 1], current[at] = current[at], current[at - 1]
    return exchanges


def _ranks(exchanges: Sequence[Pair], size: int) -> list[int]:
    """Each operation's place in the order that these exchanges make of program order."""
    places = list(range(size))
    for first, second in exchanges:
        places[first], places[second] = places[second], places[first]
    return places
