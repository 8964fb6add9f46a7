"""TensorLy on a backend of our choice, its JAX one as a rule, for the length of a call, and without a trace.

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
from typing import Any, Literal

import jax

from workbench.runtime.device import current_context

Name = Literal["jax", "numpy"]


@contextmanager
def tensorly_on(name: Name) -> Iterator[None]:
    """TensorLy computes with this backend, JAX on the current context's device, in this thread until the block ends."""
    backend = _backend(name)
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
def _backend(name: Name) -> Any:
    with ThreadPoolExecutor(
        1
    ) as aside:  # a new thread sees JAX's setting outside any `with` of ours or the user's
        return aside.submit(_load, name).result()


def _load(name: Name) -> Any:
    before = jax.config.jax_enable_x64  # type: ignore[attr-defined]  # JAX adds its settings when it starts
    from tensorly import backend as manager

    try:
        return manager.load_backend(name)
    finally:
        jax.config.update("jax_enable_x64", before)
