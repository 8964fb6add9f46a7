"""Several processes as one group: each has a rank, and what they exchange, all of them exchange at once.

JAX joins processes (`jax.distributed`), and a program over a mesh with one device of each is then run by all together:
its sums go over the network by gloo between CPUs, by NCCL between GPUs.  What such programs can't do is find out that
the workers do not run the same one: they wait for each other for ever.  So every exchange begins with a few words
from everybody, always of the same size: a digest of what is to be exchanged, and how the worker is.  Workers that
differ learn what the others are about; an interrupt that reached one stops all, at the same exchange; and one
that has ended or failed says so instead of leaving the others waiting.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from workbench.errors import NotInitializedError, WorkerError
from workbench.runtime import threads
from workbench.runtime.device import jax_devices

WORKING, INTERRUPTED, ENDED, FAILED = range(4)
_SAID = {ENDED: "has come to the end of its work", FAILED: "has failed"}
DIGEST = 8  # words of 32 bits
AXIS = "worker"
LOST = re.compile("gloo|nccl|connect|peer|coordination|heartbeat|unavailable|deadline", re.IGNORECASE)

Names = tuple[str, ...]


class Group:
    """All processes that `jax.distributed` joined.

    Attributes:
        rank: this process's number, from 0.
        size: how many processes there are.
        interrupted: set it, in a signal's handler too, to have all workers raise KeyboardInterrupt at their next
            exchange.
    """

    def __init__(self) -> None:
        with threads.computing():
            self.rank = jax.process_index()
        self.size = jax.process_count()
        self.interrupted = False
        self._over: WorkerError | None = None

    def sum(self, what: str, names: Sequence[str], arrays: Sequence[jax.Array]) -> list[jax.Array]:
        """The sums over the workers of arrays that each has: one exchange for all of one dtype.

        Args:
            what: why, for messages.
            names: the arrays' names, the same on every worker.

        Raises:
            WorkerError: the workers differ in names, shapes, dtypes or in what they do, or one is gone.
        """
        return self._together(True, what, names, arrays)

    def gather(self, what: str, names: Sequence[str], arrays: Sequence[jax.Array]) -> list[jax.Array]:
        """Every worker's arrays, by rank along a new first axis.

        Raises:
            WorkerError: as `sum`.
        """
        return self._together(False, what, names, arrays)

    def broadcast(self, what: str, names: Sequence[str], arrays: Sequence[jax.Array]) -> list[jax.Array]:
        """The arrays of the worker of rank 0.

        Raises:
            WorkerError: as `sum`.
        """
        return [all_[0] for all_ in self.gather(what, names, arrays)]

    def barrier(self, what: str = "barrier") -> None:
        """Waits until all workers are here.

        Raises:
            WorkerError: one does something else, or is gone.
        """
        self._agree(_text(what, (), (), ()))

    # -- beginning and end of a piece of work -----------------------------------------------------

    def enter(self) -> None:
        """Begins a piece of work that all workers begin, whatever became of the last."""
        self._over, self.interrupted = None, False

    def leave(self, failed: bool = False) -> None:
        """Ends it: workers that still wait for this one are told."""
        if self._over is None:
            self._states(ENDED if not failed else FAILED, "the end")

    def _together(
        self, add: bool, what: str, names: Sequence[str], arrays: Sequence[jax.Array]
    ) -> list[jax.Array]:
        shapes, dtypes = tuple([array.shape for array in arrays]), tuple([array.dtype for array in arrays])
        self._agree(_text(what, tuple(names), shapes, dtypes))
        results: dict[int, jax.Array] = {}
        for dtype in dict.fromkeys(dtypes):
            places = [at for at, each in enumerate(dtypes) if each == dtype]
            results |= zip(places, self._exchanged(add, [arrays[at] for at in places]), strict=True)
        return [results[at] for at in range(len(arrays))]

    # -- agreeing --------------------------------------------------------------------------------

    def _agree(self, text: str) -> None:
        """Goes on when all workers are about to exchange the same."""
        if self._over is not None:
            raise self._over
        states, same = self._states(INTERRUPTED if self.interrupted else WORKING, text)
        for state in (FAILED, ENDED):
            if state in states:
                them = states.index(state)
                self._over = WorkerError(
                    f"worker {them} {_SAID[state]}; worker {self.rank} was about to {_shown(text)}", them
                )
                raise self._over
        if INTERRUPTED in states:
            self.interrupted = False
            raise KeyboardInterrupt
        if not same:
            raise WorkerError(_difference(self._texts(text)))

    def _states(self, state: int, text: str) -> tuple[list[int], bool]:
        """The state of each worker, and whether all named the same exchange."""
        words = np.array([*_digest(text), state], np.uint32)
        heads = np.asarray(self._exchanged(False, [words])[0])
        return heads[:, DIGEST].tolist(), bool((heads[:, :DIGEST] == heads[0, :DIGEST]).all())

    def _texts(self, text: str) -> list[str]:
        mine = np.frombuffer(text.encode(), np.uint8)
        lengths = np.asarray(self._exchanged(False, [np.array([mine.size], np.uint32)])[0]).ravel()
        padded = np.zeros(lengths.max(), np.uint8)
        padded[: mine.size] = mine
        rows = np.asarray(self._exchanged(False, [padded])[0])
        return [bytes(row[:length]).decode() for row, length in zip(rows, lengths, strict=True)]

    def _exchanged(self, add: bool, arrays: Sequence[Any]) -> list[jax.Array]:
        """Arrays of one dtype, summed over the workers or gathered from them."""
        with jax.enable_x64(True):
            mine = _row([jax.device_put(array, _mesh().local_devices[0]) for array in arrays])
            spread = NamedSharding(_mesh(), PartitionSpec(AXIS))
            try:
                rows = jax.make_array_from_single_device_arrays((self.size, mine.size), spread, [mine])
                results = _program(add)(rows, tuple([array.shape for array in arrays]))
                jax.block_until_ready(results)
            except (RuntimeError, ValueError) as error:  # which it is depends on the side that noticed
                lost = LOST.search(str(error)) is not None
                said = (
                    "lost its connection to another, which may have died" if lost else "failed in an exchange"
                )
                self._over = WorkerError(f"worker {self.rank} of {self.size} {said}: {error}")
                if not lost:
                    raise
                raise self._over from error
        return [result.addressable_data(0) for result in results]


@cache
def _group() -> Group:
    return Group()


def group(asked: str) -> Group:
    """The group this process is in.

    Args:
        asked: who needs it, for the message.

    Raises:
        NotInitializedError: it is in none.
    """
    if not jax.distributed.is_initialized():
        raise NotInitializedError(
            f"{asked} needs a group of processes, and this one is by itself. `with parallel.cluster(n=2) as c:` starts "
            "one, and `c.fit` or `c.run` work in it; or call jax.distributed.initialize(address, num_processes, "
            "process_id) in each process before it computes anything"
        )
    return _group()


@cache
def _mesh() -> Mesh:
    """One device of each process, by rank."""
    first: dict[int, jax.Device] = {}
    for device in jax_devices():
        first.setdefault(device.process_index, device)
    return Mesh(np.array([first[rank] for rank in sorted(first)]), (AXIS,))


@jax.jit
def _row(arrays: list[jax.Array]) -> jax.Array:
    return jnp.concatenate([array.ravel() for array in arrays])[None]


@cache
def _program(add: bool) -> Any:
    """From a row of each worker to the arrays in it, of these shapes: their sums, or all of them."""

    def exchanged(rows: jax.Array, shapes: tuple[tuple[int, ...], ...]) -> list[jax.Array]:
        flat = rows.sum(0) if add else rows
        first = flat.shape[:-1]
        parts = jnp.split(flat, np.cumsum([math.prod(shape) for shape in shapes])[:-1], axis=-1)
        return [part.reshape(first + shape) for part, shape in zip(parts, shapes, strict=True)]

    return jax.jit(exchanged, static_argnums=1, out_shardings=NamedSharding(_mesh(), PartitionSpec()))


@lru_cache(maxsize=64)
def _text(what: str, names: Names, shapes: tuple[Any, ...], dtypes: tuple[Any, ...]) -> str:
    rows = zip(names, shapes, dtypes, strict=True)
    return "\n".join([what, *[f"{name} {shape} {dtype}" for name, shape, dtype in rows]])


@lru_cache(maxsize=64)
def _digest(text: str) -> list[int]:
    return np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint32).tolist()


def _shown(text: str) -> str:
    what, *rows = text.split("\n")
    return f"{what} of {', '.join(rows[:2])}{' …' if len(rows) > 2 else ''}" if rows else what


def _difference(texts: list[str]) -> str:
    """Where the first worker that differs from worker 0 differs from it."""
    other = next(rank for rank, text in enumerate(texts) if text != texts[0])
    mine, theirs = texts[0].split("\n"), texts[other].split("\n")
    at = next(
        (i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs))
    )
    told = [_line(rows, at) for rows in (mine, theirs)]
    return (
        f"the workers do not exchange the same: worker 0 has {told[0]}, worker {other} has {told[1]}. "
        "All must do so in the same order, with the same keys and shapes"
    )


def _line(rows: list[str], at: int) -> str:
    if at == 0:
        return _shown("\n".join(rows))
    return f"{rows[0]} of {rows[at]}" if at < len(rows) else f"{rows[0]} of {len(rows) - 1} arrays"
