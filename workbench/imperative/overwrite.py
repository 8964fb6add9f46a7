"""A write that is not recorded, into an array that is: gradients pass it by.

What was recorded belongs to the array, not to the value, as in MXNet: whoever writes into it under `pause()`, after the
recording, or through what `detach()` gave changes what is read from then on, and the gradient still goes on to what
the array was computed from.  So the new value becomes a call on both, whose gradient is that of the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.graph.bind import bind
from workbench.graph.bound import Bound, Gradient, Types
from workbench.imperative.storage import Storage
from workbench.ops import registry
from workbench.runtime import engine
from workbench.runtime.call import Call, Cell
from workbench.runtime.source import caller


class _Overwrite(Bound):
    """Gives the second of its inputs as it is, and the gradient to the first."""

    name = text = "_overwrite"
    output_count = 1
    input_names = ("before", "now")

    def call(self, inputs: Sequence[Any], scalars: Sequence[Any]) -> tuple[Any, ...]:
        return (inputs[1],)

    def _gradient(self, types: Types, cotangents: tuple[bool, ...], wanted: tuple[bool, ...]) -> Gradient:
        return Gradient(bind(registry.get("_copy"), {})[0], ())


OVERWRITE = _Overwrite()


class Overwriting(Call):
    """The call of a write; `held` shows the value before it, which the array's next write reads again."""

    __slots__ = ("held",)
    held: Storage | None

    def release(self) -> None:
        """Leaves the tape, and the value before."""
        super().release()
        self.held = None


def overwrite(storage: Storage, now: Cell) -> None:
    """Has a storage show the value `now`, with the gradient of the recorded value that it shows."""
    before, context = storage.cell, storage.context
    maker: Any = before.node
    if maker.bound is OVERWRITE:  # only the last of many writes is kept
        before = maker.inputs[0]
    types = (before.type, now.type)
    call = Overwriting(OVERWRITE, (before, now), (), context, caller(), types, types[1:], (True, None))
    call.held = None
    with engine.waiting.lock:  # nothing may run until what it gives is shown
        engine.submit(call)
        storage.show(call.outputs[0])
        call.held = Storage(before, context)
