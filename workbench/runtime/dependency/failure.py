"""Failures: an error that waits for somebody to be told of it."""

from __future__ import annotations

from typing import NamedTuple

from workbench.errors import ExecutionError
from workbench.runtime.source import Source


class Failure(NamedTuple):
    """What went wrong, and the place in program order of the operation that failed."""

    serial: int
    error: ExecutionError


def execution_error(what: str, done: str, source: Source | None, error: BaseException) -> ExecutionError:
    """The error that tells of an operation: what failed, the line that called or pushed it, and why."""
    place = f", {done} at {source}" if source else ""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    failed = ExecutionError(f"{what} failed while running{place}: {reason}")
    failed.__cause__ = error
    return failed
