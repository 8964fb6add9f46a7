"""The parameter servers that a worker can reach, and which of them has which key."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from workbench.errors import NotInitializedError


class Server(Protocol):
    """How a server is spoken to: `send` starts a call and gives a ticket, `result` waits for what came of it.

    What one worker sends to one server is done in that order.
    """

    def send(self, method: str, *args: Any) -> Any:
        """Starts a call."""

    def result(self, ticket: Any) -> Any:
        """What came of it."""


class Here:
    """A server in this process, such as a test or a single worker has."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def send(self, method: str, *args: Any) -> Any:
        """Calls."""
        return getattr(self._server, method)(*args)

    def result(self, ticket: Any) -> Any:
        """The ticket is the result."""
        return ticket


class Servers:
    """All servers, as one worker sees them.

    Args:
        servers: how each is spoken to, in the same order for every worker.
        rank: this worker's number, from 0.
        num_workers: how many workers there are.

    Attributes:
        turn: how many barriers this worker has come to, with all its stores.
    """

    def __init__(self, servers: Sequence[Server], rank: int, num_workers: int) -> None:
        self.servers = list(servers)
        self.rank = rank
        self.num_workers = num_workers
        self.turn = 0

    def of(self, key: Any) -> int:
        """Which server has this key: the same for all workers, and the keys about evenly among the servers."""
        return zlib.crc32(str(key).encode()) % len(self.servers)

    def shares(self, keys: Iterable[Any]) -> dict[int, list[Any]]:
        """The keys that each server has of these."""
        found: dict[int, list[Any]] = {}
        for key in keys:
            found.setdefault(self.of(key), []).append(key)
        return found


_connected: list[Servers] = []


@contextmanager
def connected(servers: Servers) -> Iterator[None]:
    """Inside, ``kvstore.create("dist_async")`` gives a store on these servers."""
    _connected.append(servers)
    try:
        yield
    finally:
        _connected.pop()


def current(asked: str) -> Servers:
    """The servers of this worker.

    Raises:
        NotInitializedError: it is none.
    """
    if not _connected:
        raise NotInitializedError(
            f"{asked} needs parameter servers, and this process is no worker of any. `with"
            " kvstore.parameter_server(servers=1, workers=2) as group:` starts both, and `group.run(function)` calls a"
            " function in every worker"
        )
    return _connected[-1]
