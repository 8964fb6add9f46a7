"""The framework's own programs, as operations of the engine's record.

What is called on arrays is not pushed: a list of calls runs as one compiled program (`runtime.engine`).  But a program
reads and writes arrays as a pushed operation does, and while somebody records, it leaves the same kind of event.  So
one record and one graph show all that ran, whoever asked for it.

A value belongs to the memory that shows it; one that no array shows has a variable of its own.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Sequence
from typing import Any

import jax

from workbench.runtime.call import Cell
from workbench.runtime.dependency import events
from workbench.runtime.dependency.current import current
from workbench.runtime.dependency.executor import here
from workbench.runtime.dependency.operation import Operation, Variables
from workbench.runtime.dependency.variable import Variable
from workbench.runtime.device import Context
from workbench.runtime.source import Source
from workbench.runtime.trace import now

recording = events.recording

_numbers = itertools.count()
_variables: weakref.WeakKeyDictionary[Any, Variable] = weakref.WeakKeyDictionary()


def variable_of(memory: Any, shown: Cell | None = None) -> Variable:
    """The variable of an array's memory; its name says the type of what it shows."""
    found = _variables.get(memory)
    if found is None:
        type_ = (memory.cell if shown is None else shown).type
        found = _variables.setdefault(memory, Variable(f"array {next(_numbers)} {type_}"))
    return found


def note(
    names: Sequence[str],
    reads: Sequence[Cell],
    gives: Sequence[Cell],
    device: Context,
    source: Source | None,
    start_s: float,
) -> None:
    """Leaves an event of a program that was just handed to its device, and waits for what it gives, to time it.

    What a pushed operation runs is part of that and leaves none.

    Args:
        names: of what it computes, in order.
        reads, gives: the values.
        start_s: when it was begun, by the trace's clock.
    """
    if here.operation is not None:
        return
    jax.block_until_ready([cell.array for cell in gives])
    written = _of(gives)
    read = tuple([variable for variable in _of(reads) if variable not in written])
    operation = Operation(None, _name(names), read, written, device, 0, source)
    operation.serial = current.executor.place()
    events.add(events.Event(operation, start_s, now(), threading.current_thread().name, False))


def _name(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} … {names[-1]} ({len(names)} operations)"


def _of(cells: Sequence[Cell]) -> Variables:
    return tuple(dict.fromkeys([_variable(cell) for cell in cells]))


def _variable(cell: Cell) -> Variable:
    """The variable of the memory that shows a value, or did when it was last noted."""
    found = _variables.get(cell)
    if found is None:
        memory = cell.holder() if cell.holder is not None else None
        found = _variables[cell] = variable_of(cell if memory is None else memory, cell)
    return found
