"""A store that all workers of a group have in common: what they push is summed over them.

MXNet keeps such values on servers, and its workers push to them and pull from them.  Here every worker keeps all
values, and the sum reaches each by an all-reduce; the optimizer then does the same to the same numbers everywhere, so
that the values stay equal, bit for bit, as if there were one server.  All keys of one call travel together.

The gradients are computed by one program, summed by a second and used by a third.  They could be one, but where a
worker's program ends depends on what its user reads, and a worker that prints a loss would run other programs than its
peers, and wait for them for ever.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.runtime import processes
from workbench.runtime.device import Context
from workbench.train.compression import GradientCompression
from workbench.train.kvstore.store import KVStore


class WorkerStore(KVStore):
    """Arrays by key, the same on every worker.

    Every worker must call `init`, `push`, `pushpull`, `broadcast` and `barrier` in the same order, with the same keys
    and shapes; WorkerError tells where they do not.

    Args:
        type: its name.

    Raises:
        NotInitializedError: this process is in no group.
    """

    def __init__(self, type: str) -> None:
        super().__init__(type)
        self._group = processes.group(f"kvstore {type!r}")

    @property
    def rank(self) -> int:  # type: ignore[override]
        """This worker's number, from 0."""
        return self._group.rank

    @property
    def num_workers(self) -> int:  # type: ignore[override]
        """How many workers there are."""
        return self._group.size

    def barrier(self) -> None:
        """Waits until all workers are here.

        Raises:
            WorkerError: one does something else, or is gone.
        """
        self._group.barrier()

    def shared(self, keys: Sequence[Any], arrays: Sequence[NDArray]) -> list[NDArray]:
        """Worker 0's values of these arrays."""
        found = self._group.broadcast("init", [str(key) for key in keys], [array.jax for array in arrays])
        return _on([array.context for array in arrays], found)

    def summed(self, keys: Sequence[Any], arrays: Sequence[NDArray]) -> list[NDArray]:
        """The sums of these arrays over the workers; the arrays stay as they are.

        Raises:
            WorkerError: another worker pushes other keys or shapes, or is gone.
        """
        names, contexts = [str(key) for key in keys], [array.context for array in arrays]
        if self._compression is None:
            return _on(contexts, self._group.sum("push", names, [array.jax for array in arrays]))
        codes = [self._compression.quantized(key, array).jax for key, array in zip(keys, arrays, strict=True)]
        by_worker = self._group.gather("push of 2-bit codes", names, codes)
        return [
            self._decoded(nd.from_jax(rows), array) for rows, array in zip(by_worker, arrays, strict=True)
        ]

    def _decoded(self, rows: NDArray, like: NDArray) -> NDArray:
        assert self._compression is not None
        return nd.add_n(*[self._compression.dequantized(row, like, like.context) for row in rows])

    def _initial(self, keys: Sequence[Any], arrays: Sequence[NDArray]) -> Sequence[NDArray]:
        return self.shared(keys, arrays)

    def _over_workers(self, keys: Sequence[Any], totals: Sequence[NDArray]) -> Sequence[NDArray]:
        return self.summed(keys, totals)

    def _arrived(self, sender: Any, array: NDArray, context: Context) -> NDArray:
        return array.as_in_context(context)  # what is compressed is the sum over this worker's devices

    def set_gradient_compression(self, compression_params: Mapping[str, Any]) -> None:
        """What workers send each other travels in two bits an element from now on; see `train.compression`.

        Args:
            compression_params: ``{"type": "2bit", "threshold": 0.5}``.

        Raises:
            ArgumentError: they are none.
        """
        self._compression = GradientCompression(compression_params)

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Writes the optimizer's states, which all workers have alike; all may write the same file, or one alone."""
        mine = f"{os.fspath(fname)}.{os.getpid()}"
        super().save_optimizer_states(mine, dump_optimizer)
        os.replace(mine, fname)


def _on(contexts: Sequence[Context], arrays: Sequence[Any]) -> list[NDArray]:
    return [nd.from_jax(array).as_in_context(ctx) for array, ctx in zip(arrays, contexts, strict=True)]
