"""Large buffers come in large pages, in processes that are started so.

A training step asks for the same temporary buffers again and again.  By glibc's rules whatever is larger than 32 MiB
goes back to the system when it is freed, and comes again as pages that the system must first fill with zeros: a
step of ResNet-20 at batch 32 met 20,000 such pages of 4 KiB.  Told so at its start, glibc (from 2.35) asks Linux for
pages of 2 MiB where a buffer has room for one, and the step meets below 3,000.

A process can't be told later, so ``workbench lab`` tells its kernels.  To keep freed memory instead, which can be told
later (mallopt's M_TRIM_THRESHOLD), spares the zeros too, but only with one heap for all threads: steps of a
millisecond, of hand-written JAX too, took a third longer.
"""

from __future__ import annotations

import os

VARIABLE = "GLIBC_TUNABLES"
SETTING = "glibc.malloc.hugetlb"


def environment() -> dict[str, str]:
    """The variables that tell it to a process to be started; none where rules of the user's own or another C library
    settle it.
    """
    own = os.environ.get(VARIABLE, "")
    if SETTING in own or any(name.startswith("MALLOC_") for name in os.environ) or not _is_glibc():
        return {}
    return {VARIABLE: ":".join(filter(None, (own, f"{SETTING}=1")))}


def _is_glibc() -> bool:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError):  # Windows has no confstr, other systems no such name
        return False
