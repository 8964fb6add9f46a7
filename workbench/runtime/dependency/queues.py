"""Queues: whose turn it is on each variable.

An operation *enters* the queues of all its variables at once and *leaves* them when it has finished.  A queue is
served in order: a read is let through when no write is in front of it, a write when nothing is.  Whoever
calls these functions holds the engine's lock, so that to enter is one step.

A failure travels the same way.  A variable whose write failed hands the failure to each operation whose turn comes, and
an operation that has one is not run and leaves it on all that it would have written.  What an operation inherits is
thereby settled by its place in the queues and by nothing else, whichever thread is faster.
"""

from __future__ import annotations

from workbench.runtime.dependency.operation import Operation
from workbench.runtime.dependency.variable import Variable


def enter(operation: Operation) -> bool:
    """Takes its place in all its queues; whether it can start."""
    missing = 0
    for variable in operation.shared:
        if variable.writing or variable.waiting:
            variable.waiting.append((operation, False))
            missing += 1
        else:
            _hand_over(variable, operation)
    for variable in operation.exclusive:
        if variable.held or variable.waiting:
            variable.waiting.append((operation, True))
            missing += 1
        else:
            variable.writing = True
            _hand_over(variable, operation)
    operation.missing = missing
    return not missing


def leave(operation: Operation) -> list[Operation]:
    """Leaves all its queues; those that can start now, in program order."""
    ready: list[Operation] = []
    for variable in operation.shared:
        del variable.held[operation]
        if variable.waiting:
            _serve(variable, ready)
    for variable in operation.exclusive:
        del variable.held[operation]
        variable.writing = False
        variable.failure = operation.left_on(variable)
        if variable.waiting:
            _serve(variable, ready)
    if len(ready) > 1:
        ready.sort(key=lambda other: other.serial)
    return ready


def _serve(variable: Variable, ready: list[Operation]) -> None:
    """Lets through whose turn has come."""
    waiting = variable.waiting
    while waiting and not variable.writing:
        operation, writes = waiting[0]
        if writes and variable.held:
            return
        waiting.popleft()
        variable.writing = writes
        _hand_over(variable, operation)
        operation.missing -= 1
        if not operation.missing:
            ready.append(operation)


def _hand_over(variable: Variable, operation: Operation) -> None:
    variable.held[operation] = None
    if variable.failure is not None:
        operation.inherit(variable.failure, variable)
