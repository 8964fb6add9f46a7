"""Amounts of memory as a person writes them: ``"4GB"``, ``"512 MiB"``, or a number of bytes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from workbench.errors import ArgumentError

UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}
TEXT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?(b|bytes)?\s*", re.IGNORECASE)


def nbytes(size: Any, what: str = "a budget") -> int:
    """A size in bytes: as it is, or from text; units with an i are binary (``1 MiB`` is 2^20 bytes), others decimal.

    Raises:
        ArgumentError: it is no size, or below one byte.
    """
    found = TEXT.fullmatch(size) if isinstance(size, str) else None
    if found is not None:
        size = float(found[1]) * UNITS[(found[2] or "").lower()]
    if isinstance(size, bool) or not isinstance(size, (int, float, np.number)) or not 1 <= size < 2**63:
        raise ArgumentError(
            f"{what} is a size of a byte or more, such as '4GB', '512MiB' or a number of bytes; got {size!r}"
        )
    return int(size)


def text(size: float) -> str:
    """Bytes in binary units, three significant digits."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if size < 1000 or unit == "TiB":
            return f"{size:.3g} {unit}"
        size /= 1024
    raise AssertionError
