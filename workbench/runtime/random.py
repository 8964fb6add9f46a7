"""Random numbers: one seed, one counter, the same stream in every style.

Each random operation takes the next key, ``(seed, counter)``, as an ordinary input of its segment.
A graph with n random operations takes the next n keys at once.  So one seed gives one sequence
whether operations run one by one, in bulk or as one program, on CPU or GPU, and a recomputed dropout
redraws its own mask.  The generator is JAX's counter-based Threefry.

The stream is a resource as any other: who draws comes after the operations that were pushed before and name
`engine.random_state()`, and restarts the stream after them.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from workbench.errors import ArgumentError
from workbench.runtime.dependency.current import current, random_state
from workbench.runtime.dependency.framework import let_go
from workbench.runtime.dependency.running import here
from workbench.runtime.own_state import by_thread
from workbench.runtime.waiting import waiting


class _Stream:
    """The seed in force and the keys already handed out; `shared` with pushed operations that draw, or a thread's."""

    def __init__(self, seed: int, drawn: int = 0, shared: bool = True) -> None:
        self.seed = seed
        self.drawn = drawn
        self.shared = shared
        self._lock = threading.Lock()

    def take(self) -> tuple[int, int]:
        """The next key."""
        if self.shared:
            _await_pushed()
        with self._lock:
            number, self.drawn = self.drawn, self.drawn + 1
        return self.seed, number % 2**32


_stream = _Stream(secrets.randbits(32))


class _Own(threading.local):
    stream: _Stream | None = None  # this thread's, where it has one of its own


_own = by_thread(_Own(), lambda own: own.stream is not None)


def _await_pushed() -> None:
    """Returns when what was pushed and draws has drawn."""
    variable, executor = random_state(), current.executor
    if here.operation is not None:
        return
    with executor.lock:
        behind = executor.is_named(variable) or variable.failure is not None
    if behind or executor.sees(variable, outside=False):
        with let_go(waiting.lock):  # those operations may need it
            executor.wait_for_var(variable, writes=True)


@contextmanager
def own_stream(seed_state: int, shared: bool = False) -> Iterator[None]:
    """Inside, this thread draws from a stream of its own, and leaves the common one as it is.

    Args:
        shared: operations that run inside draw from it too.
    """
    before, _own.stream = _own.stream, _Stream(seed_state % 2**32, shared=shared)
    try:
        yield
    finally:
        _own.stream = before


def own() -> _Stream | None:
    """This thread's own stream, if it has one."""
    return _own.stream


def draw_from(stream: _Stream | None) -> None:
    """Has this thread draw from a stream from now on, from the common one where that is None."""
    _own.stream = stream


def _current() -> _Stream:
    return _own.stream or _stream


def seed(seed_state: int, ctx: object = "all") -> None:
    """Restarts the stream.

    Raises:
        ArgumentError: the seed is not an integer.
    """
    global _stream
    if isinstance(seed_state, bool) or not isinstance(seed_state, (int, np.integer)):
        raise ArgumentError(f"seed() takes an integer, got {seed_state!r}")
    _await_pushed()
    _stream = _Stream(int(seed_state) % 2**32)


def state() -> tuple[int, int]:
    """Where the common stream stands: its seed, and how many keys it has given."""
    _await_pushed()
    return _stream.seed, _stream.drawn


def set_state(state: tuple[int, int]) -> None:
    """Goes on from where the common stream stood when `state` gave this."""
    global _stream
    _await_pushed()
    _stream = _Stream(*state)


def next_key() -> np.ndarray:
    """The next key: uint32[2]."""
    return np.array(_current().take(), np.uint32)


def next_keys(shape: tuple[int, ...]) -> np.ndarray:
    """The next keys: one for the shape (2,), a row each for the shape (n, 2); uint32."""
    if len(shape) == 1:
        return next_key()
    stream = _current()
    return np.array([stream.take() for _ in range(shape[0])], np.uint32)


def numpy_generator() -> np.random.Generator:
    """A NumPy generator seeded by the next key, for shuffles on the host."""
    return np.random.default_rng(next_key())
