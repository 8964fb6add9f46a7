"""Threads that compute wait for a core, rather than take that of the thread that tells them what to compute.

Python tells JAX of the next step while XLA's threads compute the last one.  Linux lets a thread that wakes up go
before the one that runs: on two cores XLA's, woken by Python for each program, often took the core of Python instead of
the other, which was idle.  Steps of 0.3 ms stayed in that rhythm for hundreds of steps, each with Python stopped once,
and took a third longer.  Threads of Linux's batch policy wake up without that right, and move to an idle core as any.

A thread inherits its policy from the one that makes it, so what JAX starts inside `computing` has it.  Nothing changes
for threads that are there already, such as those of a JAX that was used before, or where there is no such policy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def computing() -> Iterator[None]:
    """Threads made by this one meanwhile are of the batch policy, unless the user chose one of their own."""
    if not _usual():
        yield
        return
    _set("SCHED_BATCH")
    try:
        yield
    finally:
        _set("SCHED_OTHER")


def _usual() -> bool:
    """Whether this thread has Linux's usual policy, as far as a container lets one see."""
    try:
        return hasattr(os, "SCHED_BATCH") and os.sched_getscheduler(0) == os.SCHED_OTHER
    except OSError:
        return False


def _set(policy: str) -> None:
    with suppress(OSError):  # a container may forbid it
        os.sched_setscheduler(0, getattr(os, policy), os.sched_param(0))
