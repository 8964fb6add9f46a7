"""Reading a pickle without running it.

A pickle is a program for a small stack machine: push a number, make a dict of what lies above the mark, look a
global up by its name, *call* what lies on the stack.  With the last two whoever wrote a file runs what they like in the
process of whoever opens it, which is why nothing else here is ever a pickle.  This machine has only the
instructions that a dict of tensors needs.  It imports nothing: a global is looked up in a table of the reader's own,
and only what stands in that table can be called.  So a hostile file can make no more than lists, dicts, tuples,
strings, numbers, and the records that the table's functions give.

Source: the comments of Python's `pickletools`, which also takes the instructions apart.
"""

from __future__ import annotations

import pickletools
import reprlib
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

PUSHED = {"BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1"}
CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}

shown = reprlib.repr
"""Says what a value is in a few words: a few bytes of pickle nest values that would fill any message."""


class _Machine:
    """A stack, what was put aside, and the table of globals."""

    def __init__(self, table: Mapping[str, Any], persistent: Callable[[Any], Any]) -> None:
        self.table = table
        self.persistent = persistent
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self, file: BinaryIO) -> Any:
        for instruction, given, _ in pickletools.genops(file):
            self.step(instruction.name, given)
        return self.stack.pop()

    def step(self, name: str, given: Any) -> None:
        if name in PUSHED:
            self.stack.append(given)
        elif name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in TUPLES:
            self.stack.append(self.above(len(self.stack) - TUPLES[name]))
        elif name in STEPS:
            STEPS[name](self, given)
        elif name not in ("PROTO", "STOP"):
            raise ValueError(f"its pickle uses the instruction {name}, which no dict of tensors needs")

    def above(self, start: int) -> tuple[Any, ...]:
        """Takes what lies above a place of the stack."""
        if not 0 <= start <= len(self.stack):
            raise ValueError("its pickle takes from an empty stack")
        taken = tuple(self.stack[start:])
        del self.stack[start:]
        return taken

    def marked(self) -> tuple[Any, ...]:
        """Takes what lies above the last mark."""
        return self.above(self.marks.pop())

    def look_up(self, name: str) -> None:
        name = name.replace(" ", ".")
        if name not in self.table:
            raise ValueError(
                f"its pickle asks for the global {name!r}, which is not allowed; nothing was imported or run. "
                f"Allowed are {', '.join(self.table)}"
            )
        self.stack.append(self.table[name])

    def call(self) -> None:
        function, arguments = self.above(len(self.stack) - 2)
        if not callable(function) or not isinstance(arguments, tuple):
            raise ValueError(f"its pickle calls {shown(function)} with {shown(arguments)}")
        self.stack.append(function(*arguments))

    def set_items(self, items: tuple[Any, ...]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2 or not all(isinstance(k, str) for k in items[::2]):
            raise ValueError(f"its pickle puts items that are no names and values into {shown(target)}")
        target.update(zip(items[::2], items[1::2], strict=True))

    def extend(self, items: tuple[Any, ...]) -> None:
        if not isinstance(self.stack[-1], list):
            raise ValueError(f"its pickle appends to {shown(self.stack[-1])}")
        self.stack[-1].extend(items)

    def leave_state(self) -> None:
        """Attributes of an object: those of a dict of tensors are version numbers, and are left out."""
        self.stack.pop()
        if not isinstance(self.stack[-1], dict):
            raise ValueError(f"its pickle sets attributes of {shown(self.stack[-1])}")


STEPS: dict[str, Callable[[_Machine, Any], Any]] = {
    "MARK": lambda m, _: m.marks.append(len(m.stack)),
    "EMPTY_DICT": lambda m, _: m.stack.append({}),
    "EMPTY_LIST": lambda m, _: m.stack.append([]),
    "TUPLE": lambda m, _: m.stack.append(m.marked()),
    "SETITEM": lambda m, _: m.set_items(m.above(len(m.stack) - 2)),
    "SETITEMS": lambda m, _: m.set_items(m.marked()),
    "APPEND": lambda m, _: m.extend(m.above(len(m.stack) - 1)),
    "APPENDS": lambda m, _: m.extend(m.marked()),
    "BINPUT": lambda m, at: m.memo.update({at: m.stack[-1]}),
    "LONG_BINPUT": lambda m, at: m.memo.update({at: m.stack[-1]}),
    "BINGET": lambda m, at: m.stack.append(m.memo[at]),
    "LONG_BINGET": lambda m, at: m.stack.append(m.memo[at]),
    "GLOBAL": lambda m, name: m.look_up(name),
    "REDUCE": lambda m, _: m.call(),
    "BUILD": lambda m, _: m.leave_state(),
    "BINPERSID": lambda m, _: m.stack.append(m.persistent(m.stack.pop())),
}


def read_pickle(file: BinaryIO, table: Mapping[str, Any], persistent: Callable[[Any], Any]) -> Any:
    """The value that the next pickle in a file describes.

    Args:
        file: stands at the start of a pickle, and after it at its end.
        table: what each allowed global, ``module.name``, stands for: functions, or plain values.
        persistent: gives what stands for a persistent identity: something kept outside the pickle.

    Raises:
        ValueError: the pickle is cut off or corrupt, or asks for what is not allowed; no code of it ran.
    """
    try:
        return _Machine(table, persistent).run(file)
    except (IndexError, KeyError) as error:
        raise ValueError("its pickle is corrupt: it takes what it never put down") from error
