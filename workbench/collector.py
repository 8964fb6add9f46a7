"""Python's collector rests while the workbench is imported.

Importing makes some hundred thousand objects, nearly all of which live as long as the process; the collector walks them
again and again and finds nothing.  Measured on two CPU cores, `import workbench` with its bytecode there: 0.63 s with
the collector, 0.54 s without, of which JAX's modules are more than half.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def resting() -> Iterator[None]:
    """Inside, nothing is collected; what is there afterwards counts as old, which the next turns pass over."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if gc.get_freeze_count() == 0:  # what somebody has frozen stays so
            gc.freeze()
            gc.unfreeze()  # it leads to the oldest generation, without a walk
        gc.enable()
