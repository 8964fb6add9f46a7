"""TensorLy on its JAX backend, for the length of a call, and without a trace.

TensorLy computes with one backend at a time.  Its own `backend_context` sets the backend for all threads when it
ends, and importing its JAX backend switches JAX to 64-bit types for the whole process.  Whoever uses TensorLy or JAX
beside us must notice neither.  So the backend is set for this thread alone, taken back as it was, and imported where
JAX's setting can be put back; 64-bit types hold inside the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

import jax

from workbench.runtime.device import current_context


@contextmanager
def tensorly_on_jax() -> Iterator[None]:
    """TensorLy computes with JAX, on the current context's device, in this thread until the block ends."""
    backend = _jax_backend()
    from tensorly import backend as manager

    # A thread that has chosen no backend follows the process's; that it has chosen none, TensorLy tells only here.
    chosen = vars(manager._THREAD_LOCAL_DATA)
    before = dict(chosen)
    with jax.enable_x64(True), jax.default_device(current_context().jax_device):
        manager.set_backend(backend, local_threadsafe=True)
        try:
            yield
        finally:
            chosen.clear()
            chosen.update(before)


@cache
def _jax_backend() -> Any:
    with ThreadPoolExecutor(
        1
    ) as aside:  # a new thread sees JAX's setting outside any `with` of ours or the user's
        return aside.submit(_load).result()


def _load() -> Any:
    before = jax.config.jax_enable_x64  # type: ignore[attr-defined]  # JAX adds its settings when it starts
    from tensorly import backend as manager

    try:
        return manager.load_backend("jax")
    finally:
        jax.config.update("jax_enable_x64", before)
