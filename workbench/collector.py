"""Python's collector: how often it looks for cycles, while the workbench is imported and afterwards.

Importing makes some hundred thousand objects, nearly all of which live as long as the process; the collector walks them
again and again and finds nothing.  Measured on two CPU cores, `import workbench` with its bytecode there: 0.63 s with
the collector, 0.54 s without, of which JAX's modules are more than half.

A training step makes some thousands more, calls that wait until they run, and frees them all.  Python's threshold of
700 new objects is met several times in the middle of each such step, now and then for the objects of all modules.
Measured on two busy cores, an LSTM of 128 units over 32 steps, operation by operation: 0.9 ms of a step's 15.6, and in
Gluon a pause of 0.2 s in 60 steps; with the thresholds below none of it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New objects until the youngest are looked at; then how many looks until older ones are, and the oldest.  Cycles are
# found after 200,000 new objects at the latest, where Python waits for 70,000.
THRESHOLDS = (20_000, 2, 5)


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


def look_less_often() -> None:
    """Raises the thresholds, unless somebody has raised them further or turned the collector off by them."""
    if 0 < gc.get_threshold()[0] < THRESHOLDS[0]:
        gc.set_threshold(*THRESHOLDS)
