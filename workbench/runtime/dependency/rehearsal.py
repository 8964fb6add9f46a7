"""Rehearsals: the same program under any schedule that its declared dependencies allow, on one thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.errors import ArgumentError
from workbench.runtime import random
from workbench.runtime.dependency.executor import Executor
from workbench.runtime.dependency.operation import Operation, Variables, Wait
from workbench.runtime.dependency.running import here, run
from workbench.runtime.dependency.variable import Variable
from workbench.runtime.own_state import AsNewThread


class Rehearsal(Executor):
    """Runs nothing until the program waits; then, of all that can start, always the operation of the least rank.

    Waits are ranked as operations are: what is pushed after a wait comes after it, and what the wait does not need may
    come later still.  Every order that the dependencies allow is that of some ranks: of the places in it.

    Args:
        ranks: a number for each place in program order; places without one come in program order.
        ties: pairs of places; the second waits for the first, as if that were declared.

    Attributes:
        operations: all of them, waits included, in program order.
        order: places in program order, as they ran.
        refused: an operation pushed another; raised there, it is only that operation's failure.
    """

    def __init__(self, ranks: Sequence[float] = (), ties: Iterable[tuple[int, int]] = ()) -> None:
        super().__init__()
        self.operations: list[Operation] = []
        self.order: list[int] = []
        self.refused: ArgumentError | None = None
        self._ranks = ranks
        self._ready: list[Operation] = []
        self._named: set[Variable] | None = None  # since all was waited for, if anything was pushed
        self._places: dict[Operation, int] = {}
        self._before: dict[int, list[Variable]] = {}
        self._after: dict[int, list[Variable]] = {}
        for first, second in ties:
            tie = Variable("tie")
            self._before.setdefault(first, []).append(tie)
            self._after.setdefault(second, []).append(tie)

    def enter(self, operation: Operation) -> None:
        if here.operation is not None:
            self.refused = ArgumentError(
                f"race_check(): {operation} was pushed inside {here.operation}; only operations that the "
                "program itself pushes can be put in another order"
            )
            raise self.refused
        place = self._places[operation] = len(self.operations)
        operation.shared = (*operation.shared, *self._before.get(place, ()))  # no failure comes from a read
        operation.exclusive = (*operation.exclusive, *self._after.get(place, ()))
        self.operations.append(operation)
        if operation.gate is None:
            self._named = {*(self._named or ()), *operation.reads, *operation.writes}
        elif self.everything in operation.writes:
            self._named = None
        super().enter(operation)

    def sees(self, variable: Variable, outside: bool) -> bool:
        return self._named is not None and (outside or variable in self._named)

    def goes_on(self) -> None:
        """The program does something, which what was pushed may come before or after."""
        if self._named is not None and here.operation is None:
            self.until(self._enter_wait("a call", (), ()))

    def is_free(self, reads: Variables, writes: Variables) -> bool:
        return True  # a program runs on values that never change; to read or write an array is what comes in order

    def hold(self, program: Operation) -> bool:
        program.serial = next(self._serial)
        return False

    def admit(self, operation: Operation) -> None:
        self._ready.append(operation)

    def schedule(self, operation: Operation) -> None:
        raise AssertionError("every operation is admitted to the same list")

    def until(self, wait: Wait) -> None:
        while self._step() is not wait:
            pass

    def _step(self) -> Operation:
        operation = min(self._ready, key=self._rank)
        self._ready.remove(operation)
        self.order.append(self._places[operation])
        try:
            if operation.gate is None:
                stream = random.own()
                with AsNewThread(), operation.device:
                    random.draw_from(stream)  # of the rehearsal, whatever runs in it
                    run(operation)
        finally:
            self.change(operation)
        return operation

    def _rank(self, operation: Operation) -> float:
        place = self._places[operation]
        return self._ranks[place] if place < len(self._ranks) else place
