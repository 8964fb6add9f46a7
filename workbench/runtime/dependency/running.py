"""Running one operation on this thread: its function is called, a failure kept, and an event left."""

from __future__ import annotations

import threading
from typing import Any

from workbench.runtime.dependency import events
from workbench.runtime.dependency.bulk import Bulk
from workbench.runtime.dependency.failure import Failure, execution_error
from workbench.runtime.dependency.operation import Operation
from workbench.runtime.trace import now


class _Here(threading.local):
    """The operation that this thread is running, and how it pushes others."""

    operation: Operation | None = None
    bulk = 0  # how many functions it joins to one operation, where it does that


here = _Here()


def run(operation: Operation, caught: type[BaseException] = Exception) -> KeyboardInterrupt | None:
    """Runs an operation on this thread, unless what it depends on failed, and leaves an event.

    What it raises becomes its failure if it is `caught`.  An interrupt that is caught is given back; of a bulk it
    leaves the members behind the one that was interrupted.
    """
    if isinstance(operation, Bulk):
        return _run_members(operation, caught)
    skipped = operation.failure is not None and not operation.always
    interrupt = None
    start = end = now()
    if not skipped:
        fn: Any = operation.fn
        outer, here.operation = here.operation, operation
        try:
            fn()
        except caught as error:
            failed = execution_error(operation.name, "pushed", operation.source, error)
            operation.failure = Failure(operation.serial, failed)
            interrupt = error if isinstance(error, KeyboardInterrupt) else None
        finally:
            here.operation = outer
        end = now()
    operation.fn = None  # the trace keeps the operation, not what its function holds
    events.add(events.Event(operation, start, end, threading.current_thread().name, skipped))
    return interrupt


def _run_members(bulk: Bulk, caught: type[BaseException]) -> KeyboardInterrupt | None:
    while (member := bulk.next()) is not None:
        interrupt = run(member, caught)
        bulk.ran(member)
        if interrupt is not None:
            return interrupt
    return None
