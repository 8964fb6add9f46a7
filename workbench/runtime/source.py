"""Where an operation was called: the user's own line, not ours.

Bulked operations run long after they were called, so each remembers its caller.  Only the code object
and the instruction offset are kept; the line is worked out when an error or a widget asks.

Python makes an object for every frame that is looked at, a tenth of a microsecond each, and an operation of a layer in
a layer is ten frames away from the user.  So whoever enters code of the package that calls many operations, and
nothing else, looks once and leaves what it found in `known`.
"""

from __future__ import annotations

import linecache
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from sys import _getframe
from types import CodeType
from typing import NamedTuple

from workbench.runtime.own_state import by_thread

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_MOST_SHOWN = 120  # characters of a line, in a message
_ours: dict[str, bool] = {}  # by file: a string knows its hash, a code object works it out at every look-up


class Source(NamedTuple):
    """A place in the user's code."""

    code: CodeType
    offset: int

    @property
    def line(self) -> int:
        """The line number, from 1."""
        positions = list(self.code.co_positions())
        return positions[self.offset // 2][0] or self.code.co_firstlineno

    @property
    def file(self) -> str:
        """The file's name; for a notebook cell, ipykernel's name of it."""
        return self.code.co_filename

    @property
    def text(self) -> str:
        """The line itself, stripped; empty where the source can't be had."""
        return linecache.getline(self.file, self.line).strip()

    @property
    def place(self) -> str:
        """``file.py:12``; for a notebook cell, whose file is a number, ``notebook cell, line 12``."""
        folder, name = os.path.split(self.file)
        if os.path.basename(folder).startswith("ipykernel_"):
            return f"notebook cell, line {self.line}"
        return f"{name}:{self.line}"

    def __str__(self) -> str:
        text = self.text
        if len(text) > _MOST_SHOWN:
            text = text[: _MOST_SHOWN - 1].rstrip() + "…"
        return self.place + (f": {text}" if text else "")


_new = tuple.__new__  # half the time of Source(...), and this runs at every call


class _Known(threading.local):
    """The user's line that this thread is at, as long as no code of the user's can run; else None."""

    source: Source | None = None


known = by_thread(_Known(), lambda known: known.source is not None)


@contextmanager
def users_code() -> Iterator[None]:
    """Inside, functions of the user's are called, by code of the package: their own lines count.  A decorator too."""
    before, known.source = known.source, None
    try:
        yield
    finally:
        known.source = before


def caller(inside: int = 1) -> Source:
    """The innermost frame outside the package; the outermost, if all are in it.

    Args:
        inside: how many frames, from the one that asks, are known to be in the package.
    """
    source = known.source
    if source is not None:
        return source
    frame = _getframe(inside)
    while True:
        code = frame.f_code
        try:
            ours = _ours[code.co_filename]  # `_is_ours`, written out here
        except KeyError:
            ours = _is_ours(code)
        outer = frame.f_back if ours else None
        if outer is None:
            return _new(Source, (code, frame.f_lasti))
        frame = outer


def _is_ours(code: CodeType) -> bool:
    """Whether code is of the package."""
    return _ours.setdefault(code.co_filename, code.co_filename.startswith(_PACKAGE))


def warn(message: str) -> None:
    """Warns at the user's line, by whatever way it got here; by default once for each such line."""
    level, frame = 2, _getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_code):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)


def called_at() -> str:
    """`` (called at file.py:12: the line)``, to end a message with; asked only where an error is raised."""
    return f" (called at {caller()})"
