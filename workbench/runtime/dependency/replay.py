"""Replays: how operations stand in their queues, moment by moment, if each took equally long.

A recorded run says when each operation ran, and not why not before.  That is seen in the queues; so what was pushed is
put into queues once more, by the rules of the engine itself (`queues`), with a clock that ticks once an operation.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from workbench.runtime.dependency.operation import Operation
from workbench.runtime.dependency.queues import enter, leave
from workbench.runtime.dependency.threaded import WORKERS
from workbench.runtime.dependency.variable import Variable
from workbench.runtime.device import Context

Kind = Literal["naive", "threaded"]


class Place(NamedTuple):
    """An operation in the queue of a variable.

    Attributes:
        operation: its place in program order.
        writes: whether it writes the variable.
        turn: whether its turn has come there.
    """

    operation: int
    writes: bool
    turn: bool


class Frame(NamedTuple):
    """One moment; operations are given by their places in program order.

    Attributes:
        pushed: how many are in the engine's hands, finished or not.
        done, running, ready: which have finished, run, and could start if a thread of their device were free.
        queues: by the index of the variable in `variables`, whose queue is not empty: who stands there, in front first.
    """

    pushed: int
    done: tuple[int, ...]
    running: tuple[int, ...]
    ready: tuple[int, ...]
    queues: dict[int, tuple[Place, ...]]


def variables(operations: Sequence[Operation]) -> list[Variable]:
    """What operations name, each once, in the order in which they come."""
    return list(dict.fromkeys(v for operation in operations for v in (*operation.reads, *operation.writes)))


def replay(operations: Sequence[Operation], kind: Kind) -> list[Frame]:
    """The moments of a run, from before the first operation to after the last.

    Args:
        operations: in program order; they are left as they are.
        kind: ``"naive"``: one at a time, each pushed when the one before has finished.  ``"threaded"``: all pushed at
            once, and as many at a time as a device has threads (2) and queues let through.
    """
    return _Replay(operations).run(kind)


class _Replay:
    def __init__(self, operations: Sequence[Operation]) -> None:
        self.variables = {v: Variable(v.name) for v in variables(operations)}
        self.operations = [self._copy(place, each) for place, each in enumerate(operations)]
        self.pushed = 0
        self.done: list[int] = []
        self.running: list[Operation] = []
        self.ready: list[Operation] = []  # a heap
        self.frames: list[Frame] = []

    def _copy(self, place: int, operation: Operation) -> Operation:
        reads, writes = (
            tuple(self.variables[v] for v in each) for each in (operation.reads, operation.writes)
        )
        copy = Operation(None, operation.name, reads, writes, operation.device, operation.priority, None)
        copy.serial = place
        return copy

    def run(self, kind: Kind) -> list[Frame]:
        if kind == "naive":
            self._note()
        for operation in self.operations:
            self._push(operation)
            if kind == "naive":
                self._tick()
        if kind == "threaded":
            self._note()
        while self.ready:
            self._tick()
        self._note()
        return self.frames

    def _push(self, operation: Operation) -> None:
        self.pushed += 1
        if enter(operation):
            heapq.heappush(self.ready, operation)

    def _tick(self) -> None:
        """Starts what can, is seen, and finishes it."""
        busy: Counter[Context] = Counter()
        kept: list[Operation] = []
        while self.ready:
            operation = heapq.heappop(self.ready)
            free = busy[operation.device] < WORKERS
            (self.running if free else kept).append(operation)
            busy[operation.device] += 1
        self.ready = kept  # in order, so a heap
        self._note()
        finished, self.running = self.running, []
        for operation in finished:
            self.done.append(operation.serial)
            for other in leave(operation):
                heapq.heappush(self.ready, other)

    def _note(self) -> None:
        queues = {at: _queue(v) for at, v in enumerate(self.variables.values()) if v.held or v.waiting}
        done, running, ready = (
            tuple(sorted(each))
            for each in (self.done, [o.serial for o in self.running], [o.serial for o in self.ready])
        )
        self.frames.append(Frame(self.pushed, done, running, ready, queues))


def _queue(variable: Variable) -> tuple[Place, ...]:
    held = [Place(operation.serial, variable.writing, True) for operation in variable.held]
    return (*held, *(Place(operation.serial, writes, False) for operation, writes in variable.waiting))
