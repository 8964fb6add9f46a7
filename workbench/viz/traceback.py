"""Errors in a notebook: the reader's own lines and the message, without the workbench's frames.

An error of the workbench names the user's line, and the frames between that line and the place where it was noticed say
something to its authors alone: fifty lines of them hide the two that matter.  So in IPython an error of the workbench's
own tree is shown without them, and ``%tb`` and ``%debug`` still have all.  Other errors are shown as ever: where the
workbench itself is wrong, every frame counts.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

from workbench.errors import WorkbenchError

OURS = ("workbench", "workbench_widgets")
OTHERS = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
NOTE = "(without {} of the workbench's own: %tb shows all)"


def shorten_tracebacks() -> None:
    """Has the running IPython leave the workbench's frames out; nothing without one, or where it has a handler."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc((WorkbenchError,), show)


def show(
    shell: Any, kind: type, error: BaseException, traceback: TracebackType, tb_offset: int | None = None
) -> None:
    """Shows an error in IPython by its short traceback; in the mode of ``%xmode Verbose`` by the whole one."""
    if shell.InteractiveTB.mode == "Verbose":
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
        return
    whole = {id(each): (each, each.__traceback__) for each in _chain(error)}
    short, left_out = shortened(traceback)
    note = NOTE.format("1 frame" if left_out == 1 else f"{left_out} frames")
    try:
        for each, its in whole.values():
            each.__traceback__ = shortened(its)[0]
        if left_out:
            error.add_note(note)
        shell.showtraceback((kind, error, short), tb_offset=tb_offset)
    finally:
        for each, its in whole.values():
            each.__traceback__ = its
        if left_out:
            error.__notes__.remove(note)
        sys.last_traceback = traceback  # for %tb and %debug


def shortened(traceback: TracebackType | None) -> tuple[TracebackType | None, int]:
    """A traceback without the workbench's frames and those of libraries that it called, and how many they were.

    Functions of the user's that the workbench calls stay.
    """
    kept, inside, count = [], False, 0
    for each in _entries(traceback):
        ours = _is_ours(each.tb_frame)
        inside = inside or ours
        if ours or (inside and _is_library(each.tb_frame)):
            count += 1
        else:
            kept.append(each)
    short: TracebackType | None = None
    for each in reversed(kept):
        short = TracebackType(short, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return short, count


def _entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in OURS


def _is_library(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    if file.startswith("<"):  # written by a library, or typed in IPython's terminal
        return frame.f_globals.get("__name__") != "__main__"
    return file.startswith(OTHERS)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and those that it arose from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
