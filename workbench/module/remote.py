"""A module's training on workers: what is sent there, what is done there, and what comes back.

A worker makes the module anew, from the network as text and the parameters as numbers.  It trains by `fit`, as here;
what differs is the store, which all workers have in common, and the data, of which each takes its part.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.errors import ArgumentError, NotSupportedError
from workbench.imperative import nd
from workbench.module.base_module import check_epochs
from workbench.parallel.cluster.progress import report
from workbench.runtime import random
from workbench.runtime.mesh import Mesh
from workbench.symbolic.symbol import load_json
from workbench.train.callback import BatchEndParam
from workbench.train.io.part import PartIter
from workbench.train.kvstore import KVStore, create
from workbench.train.kvstore.kinds import SYNCHRONOUS, is_on_servers
from workbench.train.resuming import as_checkpoint

if TYPE_CHECKING:
    from workbench.module.module import Module

Numbers = dict[str, np.ndarray]
CALLBACKS = ("epoch_end_callback", "batch_end_callback", "eval_end_callback", "eval_batch_end_callback")


class Sent(NamedTuple):
    """A module as it travels."""

    symbol: str
    settings: dict[str, Any]
    params: tuple[Numbers, Numbers]
    states: bytes | None


class Back(NamedTuple):
    """What training makes of it, and where that leaves the random numbers."""

    params: tuple[Numbers, Numbers]
    states: bytes
    log: list[str]
    drawn: tuple[int, int]


class Log:
    """A logger that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, text: str, *args: Any) -> None:
        """Keeps a line."""
        self.lines.append(text % args)


class Progress:
    """A batch callback that reports from a worker how far it is."""

    def __init__(self, epochs: range, batches: int | None) -> None:
        self._epochs = epochs
        self._batches = batches
        self._total = None if batches is None else batches * len(epochs)
        self._done = 0

    def __call__(self, param: BatchEndParam) -> None:
        """After a batch."""
        if self._batches is None:
            self._done += 1
        else:
            self._done = (param.epoch - self._epochs.start) * self._batches + param.nbatch + 1
        values = dict(param.eval_metric.get_name_value())
        shown = " ".join([f"epoch {param.epoch}", *[f"{name}={value:.3g}" for name, value in values.items()]])
        report(self._done, self._total, shown)


def fit_on(module: Module, cluster: Any, progress: Any, *args: Any, **kwargs: Any) -> None:
    """Trains a module on a cluster's workers; see `parallel.cluster`.

    Raises:
        ArgumentError: as `Module.fit`, or a batch has no equal parts for all workers.
        NotSupportedError: the module is on a mesh, or parameter servers are to update.
        WorkerError: a worker failed or died.
    """
    if any(isinstance(device, Mesh) for device in module._contexts):
        raise NotSupportedError(
            "fit() on a cluster: a mesh is of one process; a worker's module takes cpu() or a list. run(function) "
            "works with a mesh: parallel.mesh(), made in the function, is of all workers' devices"
        )
    try:
        given = inspect.signature(module.fit).bind(*args, **kwargs)
    except TypeError as error:
        raise ArgumentError(f"fit() on a cluster: {error}") from None
    given.apply_defaults()
    arguments = dict(given.arguments)
    check_epochs(arguments["begin_epoch"], arguments["num_epoch"])
    arguments["kvstore"] = _store(arguments["kvstore"])
    data = arguments.pop("train_data")
    if (checkpoint := as_checkpoint(arguments["checkpoint"], arguments["resume"])) is not None:
        arguments["checkpoint"] = replace(checkpoint, directory=Path(checkpoint.directory).absolute())
    module._bind_to_train(data, arguments.pop("force_rebind"))
    start = [
        arguments.pop(name)
        for name in ("initializer", "arg_params", "aux_params", "allow_missing", "force_init")
    ]
    if any(start[1:]) or not module.params_initialized:
        module.init_params(*start)
    for part in range(len(cluster.workers)):
        PartIter(data, part, len(cluster.workers))
    back = cluster.run(_fit, _sent(module), data, arguments, random.state(), progress=progress)[0]
    random.set_state(back.drawn)
    module.set_params(_arrays(back.params[0]), _arrays(back.params[1]))
    module._saved_states = back.states
    for line in back.log:
        module.logger.info(line)


def _store(kvstore: Any) -> str:
    """The name of the store that the workers have in common: one of a single process would let each train alone."""
    if is_on_servers(kvstore):
        raise NotSupportedError(
            "fit() on a cluster: kvstore='dist_async' updates on servers, and a cluster has none; `with "
            "kvstore.parameter_server(servers=1, workers=2) as group: group.run(train)` starts both, and train() calls "
            "module.fit(kvstore='dist_async')"
        )
    if isinstance(kvstore, KVStore):
        raise ArgumentError(
            "fit() on a cluster: kvstore is a name such as 'dist_sync', by which each worker makes its own, got a "
            f"{type(kvstore).__name__}"
        )
    return kvstore if kvstore in SYNCHRONOUS else "dist_sync"


def _sent(module: Module) -> Sent:
    roles = module._roles
    settings = {
        "data_names": roles.data,
        "label_names": roles.labels,
        "context": module._contexts,
        "work_load_list": module._loads,
        "fixed_param_names": roles.fixed,
        "state_names": roles.states,
        "group2ctxs": module._groups,
        "plan": module._plan,
        "compression_params": None if module._compression is None else module._compression.params,
    }
    states = module._saved_states if module._rule is None else module._rule.get_states()
    return Sent(module.symbol.tojson(), settings, _numbers(module), states)


def _fit(sent: Sent, data: Any, arguments: dict[str, Any], state: tuple[int, int]) -> Back | None:
    """On a worker: trains, and gives what worker 0 has to say."""
    from workbench.module.module import Module  # which is above this module

    random.set_state(state)
    store, log = create(arguments.pop("kvstore")), Log()
    module = Module(load_json(sent.symbol), logger=log, **sent.settings)
    module._saved_states = sent.states
    args, aux = (_arrays(each) for each in sent.params)
    epochs = range(arguments["begin_epoch"], arguments["num_epoch"])
    mine = [Progress(epochs, getattr(data, "_batches", None))]
    if store.rank > 0:
        arguments |= dict.fromkeys([*CALLBACKS, "eval_data"])
    theirs = arguments.pop("batch_end_callback") or []
    arguments["batch_end_callback"] = [*mine, *(theirs if isinstance(theirs, (list, tuple)) else [theirs])]
    part = PartIter(data, store.rank, store.num_workers)
    module.fit(part, arg_params=args, aux_params=aux, kvstore=store, **arguments)
    if store.rank > 0:
        return None
    assert module._rule is not None
    return Back(_numbers(module), module._rule.get_states(), log.lines, random.state())


def _numbers(module: Module) -> tuple[Numbers, Numbers]:
    args, aux = module.get_params()
    return _as_numpy(args), _as_numpy(aux)


def _as_numpy(arrays: Mapping[str, nd.NDArray]) -> Numbers:
    return {name: array.asnumpy() for name, array in arrays.items()}


def _arrays(numbers: Numbers) -> dict[str, nd.NDArray]:
    return {name: nd.array(each, dtype=each.dtype) for name, each in numbers.items()}
