"""Where an operation was called: the user's own line, not ours.

Bulked operations run long after they were called, so each remembers its caller.  Only the code object
and the instruction offset are kept (a fraction of a microsecond); the line is worked out when an
error or a widget asks.
"""

from __future__ import annotations

import linecache
import os
from sys import _getframe
from types import CodeType, FrameType
from typing import NamedTuple

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
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
        return self.place + (f": {text}" if text else "")


_new = tuple.__new__  # half the time of Source(...), and this runs at every call


def caller(inside: int = 1) -> Source | None:
    """The innermost frame outside the package; the first `inside` are known to be in it."""
    frame: FrameType | None = _getframe(inside)
    while frame is not None:
        code = frame.f_code
        try:
            ours = _ours[code.co_filename]
        except KeyError:
            ours = _ours[code.co_filename] = code.co_filename.startswith(_PACKAGE)
        if not ours:
            return _new(Source, (code, frame.f_lasti))
        frame = frame.f_back
    return None
