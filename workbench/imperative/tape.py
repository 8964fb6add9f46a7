"""What is being recorded: the scopes `record`, `pause`, `train_mode` and `predict_mode`.

The tape itself is not a list.  A recorded call remembers, for each input, how its gradient goes on;
the graph of calls behind a loss is the tape, and it is freed when nothing refers to it.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING

from workbench.runtime import engine
from workbench.runtime.own_state import by_thread

if TYPE_CHECKING:
    from workbench.imperative.ndarray import NDArray


class GradSlot:
    """Where the gradient of a marked array is left, and how (``write``, ``add`` or ``null``).

    `fresh` says that a backward wrote it; whoever uses a gradient up sets it back.
    """

    __slots__ = ("fresh", "grad", "req")

    def __init__(self, grad: NDArray, req: str) -> None:
        self.grad = grad
        self.req = req
        # An update reads a gradient before it is ever stored; only who prints it needs it in memory.
        grad._storage.lazy = req == "write"
        self.fresh = False


class _State(threading.local):
    recording = False
    training = False
    # How many calls there were before and after the last recording, and at the last backward that freed what it went
    # through: a mark for each, which costs a call nothing, and by which an error tells which mistake was made.
    began = ended = freed = 0


state = by_thread(_State(), lambda state: state.recording or state.training)


def switched(recording: bool) -> None:
    """Takes down between which calls recording was on."""
    if recording:
        state.began = engine.waiting.serial
    else:
        state.ended = engine.waiting.serial


class Scope:
    """Sets recording and training inside a ``with`` block; None leaves one as it is."""

    def __init__(self, recording: bool | None, training: bool | None) -> None:
        self._recording = recording
        self._training = training

    def __enter__(self) -> None:
        self._before = (state.recording, state.training)
        if self._recording is not None:
            if self._recording and not state.recording:
                # A new recording is a new step: what the last one left waiting runs now, so that
                # each turn of a loop is the same segment.
                engine.flush()
                switched(True)
            state.recording = self._recording
        if self._training is not None:
            state.training = self._training

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._recording:
            switched(False)
        state.recording, state.training = self._before
