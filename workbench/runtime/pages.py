"""Freed memory can be kept for the next step, instead of going back to the system after every one.

A training step asks for the same temporary buffers again and again.  By glibc's rules whatever is larger than 32 MiB
goes back to the system when it is freed, and comes again as pages that the system must first fill with zeros: a
step of ResNet-20 at batch 32 met 19,000 such pages, a fifth of its processor time.  With ``WORKBENCH_KEEP_MEMORY=1`` in
the environment a process on Linux keeps up to `KEPT` freed bytes, and takes everything from one heap, whose free parts
fit together again.

It is not so unless asked for, because threads then wait for one heap: steps of a millisecond or of many small programs
took a tenth to a fifth longer.  It must be said before other threads have heaps of their own, so importing the package
says it; whoever set a ``MALLOC_…`` variable has rules of their own, which stay.
"""

from __future__ import annotations

import ctypes
import os

KEPT = 1 << 30  # bytes at the end of the heap
M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8  # mallopt(3)
SWITCH = "WORKBENCH_KEEP_MEMORY"


def keep() -> bool:
    """Tells the C library to keep freed memory, where that is asked for; whether it did."""
    if not _wanted() or not _is_glibc():
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all([mallopt(M_ARENA_MAX, 1), mallopt(M_MMAP_MAX, 0), mallopt(M_TRIM_THRESHOLD, KEPT)])


def environment() -> dict[str, str]:
    """The variables that tell it to a process to be started, such as a notebook's kernel: that has threads early."""
    if not _wanted():
        return {}
    return {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(KEPT)}


def _wanted() -> bool:
    return os.environ.get(SWITCH) == "1" and not any(name.startswith("MALLOC_") for name in os.environ)


def _is_glibc() -> bool:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError):  # Windows has no confstr, other systems no such name
        return False
