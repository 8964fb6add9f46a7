"""The store of workers that wait for nobody: values and the optimizer are on parameter servers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, NotSupportedError, NotWrittenError
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.runtime.device import Context, cpu
from workbench.train.compression import GradientCompression
from workbench.train.kvstore.parameter_server import Codes, Gradient
from workbench.train.kvstore.servers import Servers, current
from workbench.train.kvstore.store import KVStore, _new, _pairs
from workbench.train.optimizer import Optimizer
from workbench.types import Quantity

PAUSE = 0.005  # seconds between two looks at a barrier


class ServerStore(KVStore):
    """Arrays by key on parameter servers; every push is applied when it arrives.

    A push returns at once, and what failed on the server is raised by the next pull of the same key.  Of what all
    workers initialise, worker 0's values are taken, and its optimizer.

    Args:
        type: its name.

    Raises:
        NotInitializedError: this process is no worker of any servers.
    """

    def __init__(self, type: str) -> None:
        super().__init__(type)
        self._servers: Servers = current(f"kvstore {type!r}")
        self._pulled_at: dict[Any, int] = {}
        self._sent: dict[int, list[Any]] = {}

    @property
    def rank(self) -> int:  # type: ignore[override]
        """This worker's number, from 0."""
        return self._servers.rank

    @property
    def num_workers(self) -> int:  # type: ignore[override]
        """How many workers there are."""
        return self._servers.num_workers

    def init(self, key: Any, value: Any) -> None:
        """Puts worker 0's arrays under new keys, once all workers are here.

        Raises:
            ArgumentError: a key is taken, or there are not as many arrays as keys.
        """
        given = _new(key, value, self._pulled_at)
        if self.rank == 0:
            self._call("init", {each: array.asnumpy() for each, array in given.items()})
        self._pulled_at |= dict.fromkeys(given, 0)
        self.barrier()

    def push(self, key: Any, value: Any, priority: int = 0) -> None:
        """Sends gradients, each summed over this worker's devices, in two bits an element where that was set.

        Raises:
            ArgumentError: a key was never initialised, or there are not as many values as keys.
        """
        given = list(_pairs(key, value, "push"))
        pulled_at = [self._known(each) for each, _ in given]
        pushed = {
            each: Gradient(self._packed(each, self._over_devices(each, cpu(), arrays)), updates)
            for (each, arrays), updates in zip(given, pulled_at, strict=True)
        }
        for at, keys in self._servers.shares(pushed).items():
            ticket = self._servers.servers[at].send("push", {each: pushed[each] for each in keys})
            self._sent.setdefault(at, []).append(ticket)

    def _arrived(self, sender: Any, array: NDArray, context: Context) -> NDArray:
        return array.as_in_context(context)  # what is compressed is the sum over this worker's devices

    def _packed(self, key: Any, total: NDArray) -> np.ndarray | Codes:
        if self._compression is None:
            return total.asnumpy()
        return Codes(self._compression.quantized(key, total).asnumpy(), self._compression.threshold)

    def pull(self, key: Any, out: Any = None, priority: int = 0, ignore_sparse: bool = True) -> None:
        """Writes the servers' values into arrays; this worker's own pushes are in them.

        Raises:
            ArgumentError: `out` is missing, a key was never initialised, a push had no optimizer, or the
                numbers differ.
        """
        if out is None:
            raise ArgumentError("kvstore.pull() needs 'out', the arrays that are written")
        wanted = dict(_pairs(key, out, "pull"))
        for each in wanted:
            self._known(each)
        shares = self._servers.shares(wanted)
        tickets = {at: self._servers.servers[at].send("pull", keys) for at, keys in shares.items()}
        for at, ticket in tickets.items():
            server = self._servers.servers[at]
            for sent in self._sent.pop(at, ()):
                server.result(sent)
            for each, (array, updates) in server.result(ticket).items():
                self._pulled_at[each] = updates
                value = nd.array(array, dtype=array.dtype)
                for target in wanted[each]:
                    value.copyto(target)

    def _known(self, key: Any) -> int:
        if key not in self._pulled_at:
            raise ArgumentError(f"kvstore: key {key!r} was never initialised; call init() first")
        return self._pulled_at[key]

    def _call(self, method: str, values: Mapping[Any, Any]) -> None:
        for at, keys in self._servers.shares(values).items():
            server = self._servers.servers[at]
            server.result(server.send(method, {key: values[key] for key in keys}))

    def set_optimizer(self, optimizer: Optimizer) -> None:
        """Has the servers apply what is pushed by worker 0's optimizer, once all workers are here.

        Raises:
            ArgumentError: it is no optimizer.
        """
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(f"set_optimizer() takes an Optimizer, got {type(optimizer).__name__}")
        if self.rank == 0:
            for server in self._servers.servers:
                server.result(server.send("set_optimizer", optimizer))
        self.barrier()

    def learning_rate(self, key: Any) -> float:
        """The rate that this key is updated by next, before multipliers."""
        server = self._servers.servers[self._servers.of(key)]
        return server.result(server.send("learning_rate"))

    def set_learning_rate(self, lr: float) -> None:
        """Sets the rate of worker 0's optimizer on the servers, after what worker 0 has pushed; others' do not count.

        Raises:
            ArgumentError: there is no optimizer, or a scheduler decides.
        """
        if self.rank == 0:
            for server in self._servers.servers:
                server.result(server.send("set_learning_rate", lr))

    def barrier(self) -> None:
        """Waits until all workers are here."""
        self._servers.turn += 1
        turn, first = self._servers.turn, self._servers.servers[0]
        first.result(first.send("arrive", turn))
        while first.result(first.send("arrived", turn)) < self.num_workers:
            time.sleep(PAUSE)

    def staleness(self) -> Quantity:
        """How many updates, one's own too, lay between pull and push, the mean over all gradients so far; measured.

        Raises:
            NotWrittenError: none was pushed yet.
        """
        return mean_staleness(staleness(self._servers))

    def _set_updater(self, updater: Any) -> None:
        raise NotSupportedError(
            f"kvstore {self.type!r}: the servers update by an optimizer; use set_optimizer(), or a kvstore 'local'"
        )

    def set_gradient_compression(self, compression_params: Mapping[str, Any]) -> None:
        """What this worker pushes travels in two bits an element from now on, what it pulls whole, as in MXNet.

        What the codes leave out stays with the worker for its next push of the key; see `train.compression`.

        Args:
            compression_params: ``{"type": "2bit", "threshold": 0.5}``.

        Raises:
            ArgumentError: they are none.
        """
        self._compression = GradientCompression(compression_params)

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """The states are on the servers.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError(
            f"save_optimizer_states(): those of a kvstore {self.type!r} are on the servers"
        )

    def load_optimizer_states(self, fname: str) -> None:
        """The states are on the servers.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError(
            f"load_optimizer_states(): those of a kvstore {self.type!r} are on the servers"
        )


def kept_by_servers() -> NotSupportedError:
    """The error of a checkpoint of what servers have."""
    return NotSupportedError(
        "a checkpoint does not keep what parameter servers have; kvstore='dist_sync' updates in the workers"
    )


def staleness(servers: Servers) -> dict[int, int]:
    """For every staleness there was, how many gradients had it, over all servers."""
    found: Counter[int] = Counter()
    for server in servers.servers:
        found.update(server.result(server.send("staleness")))
    return dict(sorted(found.items()))


def mean_staleness(histogram: Mapping[int, int]) -> Quantity:
    """The mean of a histogram of staleness, with the least and the most there was.

    Raises:
        NotWrittenError: there were no gradients.
    """
    count = sum(histogram.values())
    if not count:
        raise NotWrittenError("staleness(): no gradient was pushed to the servers yet, so none was stale")
    return Quantity(
        sum(lag * times for lag, times in histogram.items()) / count,
        "1",
        "measured",
        f"updates applied between pull and push, counted by the servers over {count} gradients",
        "staleness",
        (min(histogram), max(histogram)),
    )
