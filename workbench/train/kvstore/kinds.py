"""The names of the stores, and what each stands for."""

from __future__ import annotations

from typing import Any

from workbench.errors import ArgumentError, NotSupportedError, did_you_mean
from workbench.train.kvstore.server_store import ServerStore
from workbench.train.kvstore.store import KVStore, compresses
from workbench.train.kvstore.worker_store import WorkerStore

LOCAL = ("local", "device", "local_update_cpu", "local_allreduce_cpu", "local_allreduce_device", "nccl")
SYNCHRONOUS = ("dist_sync", "dist_device_sync", "dist_sync_device", "dist")
ASYNCHRONOUS = "dist_async"
KNOWN = (*LOCAL, *SYNCHRONOUS, ASYNCHRONOUS)
OTHERS = ("dist", "horovod", "byteps", "p3")  # how names of stores between processes begin


def create(name: str = "local") -> KVStore:
    """A store by MXNet's name.

    ``"dist_sync"`` and ``"dist_device_sync"`` are of all workers of a group (`parallel.cluster`), ``"dist_async"`` is
    of the workers of parameter servers (`kvstore.parameter_server`), the rest of this process.

    Raises:
        ArgumentError: there is no such store.
        NotInitializedError: it is one between processes, and this process is no worker of any.
        NotSupportedError: MXNet had it.
    """
    if not isinstance(name, str):
        raise ArgumentError(f"kvstore.create() takes a name such as 'local', got {type(name).__name__}")
    check_store(name)
    if name == ASYNCHRONOUS:
        return ServerStore(name)
    return WorkerStore(name) if name in SYNCHRONOUS else KVStore(name)


def check_store(kvstore: Any) -> None:
    """Whether this is a store, or the name of one; None is no store.

    Raises:
        ArgumentError: there is no such store.
        NotSupportedError: MXNet had it.
    """
    if kvstore is None or isinstance(kvstore, KVStore) or kvstore in KNOWN:
        return
    if isinstance(kvstore, str) and kvstore.startswith(OTHERS):
        raise NotSupportedError(
            f"kvstore {kvstore!r}: between processes there are 'dist_sync' and 'dist_async'"
        )
    raise ArgumentError(
        f"no kvstore {kvstore!r}; there are {', '.join(map(repr, KNOWN))}.{did_you_mean(str(kvstore), KNOWN)}"
    )


def check_compresses(kvstore: Any) -> None:
    """Whether gradients that several devices sum by this store, or the store of this name, can be compressed.

    Raises:
        NotSupportedError: as in MXNet, it is none that sums on a device or between processes.
    """
    name = kvstore.type if isinstance(kvstore, KVStore) else kvstore
    if not compresses(name):
        raise NotSupportedError(
            f"compression_params with kvstore={name!r} on several devices: as in MXNet it sums gradients as they are;"
            " kvstore='device' compresses them"
        )


def between_workers(kvstore: Any) -> WorkerStore | None:
    """The store that sums gradients over the workers of a group; None where they stay in this process.

    Raises:
        ArgumentError, NotInitializedError, NotSupportedError: as `create`.
    """
    check_store(kvstore)
    if isinstance(kvstore, str) and kvstore in SYNCHRONOUS:
        kvstore = create(kvstore)
    return kvstore if isinstance(kvstore, WorkerStore) else None


def on_servers(kvstore: Any) -> ServerStore | None:
    """The store of parameter servers that update; None where updates are made in this process.

    Raises:
        ArgumentError, NotInitializedError, NotSupportedError: as `create`.
    """
    if is_on_servers(kvstore) and isinstance(kvstore, str):
        kvstore = create(kvstore)
    return kvstore if isinstance(kvstore, ServerStore) else None


def is_on_servers(kvstore: Any) -> bool:
    """Whether parameter servers update, with this store or the store of this name.

    Raises:
        ArgumentError, NotSupportedError: as `check_store`.
    """
    check_store(kvstore)
    return isinstance(kvstore, ServerStore) or (isinstance(kvstore, str) and kvstore == ASYNCHRONOUS)
