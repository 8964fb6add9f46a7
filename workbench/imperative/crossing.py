"""A recorded copy from one device to another: its gradient is copied back.

What is called on arrays runs inside a program, and a program runs on one device.  A copy to another one ends the
program that makes the value and is made at once, so the tape gets a call that has run already.  It lives where the
value came from, for that is where its gradient is needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.imperative.function import FunctionCall, hand_over
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage
from workbench.runtime.call import Cell
from workbench.runtime.device import Context
from workbench.runtime.source import caller
from workbench.runtime.waiting import waiting


class Crossing(FunctionCall):
    """The copy of one value; `context` is where it came from, `there` where it went."""

    __slots__ = ("there",)
    there: Context

    @property
    def described(self) -> str:
        """What it is, for errors."""
        return f"the copy from {self.context} to {self.there}: its gradient is a copy that is not recorded"

    def pull(self, given: Sequence[Cell | None]) -> list[Storage]:
        """The gradient, copied back."""
        (cotangent,) = given
        assert cotangent is not None
        return [NDArray(Storage(cotangent, self.there)).copyto(self.context)._storage]


def crossed(array: NDArray, cell: Cell, entry: object, copy: NDArray) -> NDArray:
    """The copy, recorded; it stays the memory that the copying wrote, which the engine's queues know.

    Args:
        array: what was copied; it showed `cell`, and `entry` says how its gradient goes on.
        copy: its value on the other device.
    """
    types = (cell.type,)
    call = Crossing(hand_over(1), (cell,), (), array.context, caller(), types, types, (entry,))
    call.there, call.function, call.done = copy.context, None, True
    (made,) = call.outputs
    made.array = copy._storage.cell.array
    with waiting.lock:
        waiting.serial += 1
        call.serial = waiting.serial
        copy._storage.show(made)
    return copy
