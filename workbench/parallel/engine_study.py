"""A study of one program of the dependency engine: what it pushes, what waits for what, and what a run of it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from workbench.errors import ArgumentError
from workbench.parallel.engine_runs import KINDS, Measurement, measure
from workbench.runtime import engine
from workbench.runtime.dependency.current import using
from workbench.runtime.dependency.forgetting import Declaration
from workbench.runtime.dependency.operation import Operation
from workbench.runtime.dependency.race import Race, race_check
from workbench.runtime.dependency.rehearsal import Rehearsal
from workbench.runtime.dependency.replay import Frame, replay, variables
from workbench.runtime.progress import Asked, Report
from workbench.types import Quantity

TICKS = (
    "the operations put in the engine's queues once more, as if each took one tick, two at a time on a device"
)


class EngineStudy:
    """What an explorer of the engine asks.

    Args:
        program: as `engine.race_check` takes it.
        forgotten: declarations that are left out, by names of the operation and the variable.
        large: the same program with more to compute, for a measurement; the same one where none is given.

    Attributes:
        operations: in program order, as declared.
        forgotten: as given.

    Raises:
        ArgumentError: nothing of the names is declared, or the program is none that can be checked for races.
    """

    def __init__(
        self,
        program: Callable[[], Any],
        forgotten: Sequence[Declaration] = (),
        large: Callable[[], Any] | None = None,
    ) -> None:
        self.forgotten = tuple(forgotten)
        self._program = self._forgetful(program)
        self._large = self._forgetful(large or program)
        self.operations = _pushed_by(self._program)
        self._places = {operation.serial: place for place, operation in enumerate(self.operations)}

    def _forgetful(self, program: Callable[[], Any]) -> Callable[[], Any]:
        def forgetful() -> Any:
            with engine.forgetting(*self.forgotten):
                return program()

        return forgetful

    @property
    def variables(self) -> list[str]:
        """Names of what the operations declare, in the order in which they come."""
        return [variable.name for variable in variables(self.operations)]

    @property
    def edges(self) -> list[dict[str, Any]]:
        """Dependencies: ``first`` and ``second`` (places in program order), ``kind`` and ``variable``."""
        return [
            {
                "first": self.place(e.first),
                "second": self.place(e.second),
                "kind": e.kind,
                "variable": e.variable.name,
            }
            for e in engine.graph(self.operations).edges
        ]

    def frames(self, kind: str) -> list[Frame]:
        """The moments of a run, if each operation took equally long."""
        return replay(self.operations, "naive" if kind == "naive" else "threaded")

    @property
    def figures(self) -> list[Quantity]:
        """What can be said without running it."""
        ticks = [
            Quantity(len(self.frames(kind)) - 2, "1", "predicted", TICKS, f"ticks, {kind}") for kind in KINDS
        ]
        how = "pairs of which one must wait for the other, counted in the dependency graph"
        return [
            Quantity(len(self.operations), "1", "predicted", "counted as they are pushed", "operations"),
            Quantity(len(self.edges), "1", "predicted", how, "dependencies"),
            *ticks,
        ]

    def races(self) -> list[Race]:
        """What the race checker finds."""
        return race_check(self._program) if self.operations else []

    def place(self, operation: Operation) -> int | None:
        """Where an operation stands in `operations`; None for a wait."""
        return self._places.get(operation.serial) if operation.gate is None else None

    def measure(self, report: Report, cancelled: Asked) -> Measurement | None:
        """Runs the program on both types of engine, turn by turn; None if it was cancelled.

        Raises:
            ExecutionError: an operation failed.
            ArgumentError: it pushes nothing.
        """
        if not self.operations:
            raise ArgumentError("there is nothing to measure: no operation was pushed")
        names = [operation.name for operation in self.operations]
        return measure(self._large, names, report, cancelled)


def _pushed_by(program: Callable[[], Any]) -> list[Operation]:
    """What a program pushes, run once in program order."""
    rehearsal = Rehearsal()
    with using(rehearsal):
        program()
        rehearsal.settle()
    if rehearsal.refused is not None:
        raise rehearsal.refused
    return [operation for operation in rehearsal.operations if operation.gate is None]
