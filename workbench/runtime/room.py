"""How much memory a device has left."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.runtime.device import Context


def free_bytes(device: Context) -> int | None:
    """Bytes that could be taken on a device, or of the machine's memory for a CPU; None where nobody can tell."""
    stats = device.jax_device.memory_stats()
    if stats and "bytes_limit" in stats:
        return int(stats["bytes_limit"] - stats["bytes_in_use"])
    try:
        for line in (
            Path("/proc/meminfo").read_text().splitlines()
        ):  # the cache of files is given up when asked for
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:  # another system than Linux
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None
