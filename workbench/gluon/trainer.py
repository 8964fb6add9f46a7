"""`Trainer`: updates a network's parameters by their gradients.

`step` is one operation for all parameters where the optimizer allows it, and waits in the same list as the
forward and backward before it, so that a training step is one program.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, NotSupportedError, reading
from workbench.gluon.parameter import Parameter, ParameterDict
from workbench.gluon.rows import Rows, by_device
from workbench.gluon.served import Served
from workbench.imperative import autograd, nd
from workbench.imperative.ndarray import NDArray
from workbench.runtime.device import Context
from workbench.train import optimizer as opt
from workbench.train.compression import GradientCompression
from workbench.train.kvstore import KVStore
from workbench.train.kvstore.kinds import between_workers, check_compresses, on_servers
from workbench.train.kvstore.server_store import kept_by_servers
from workbench.train.kvstore.worker_store import WorkerStore
from workbench.train.resuming import Trained
from workbench.types import Shape


class Trainer:
    """Applies an optimizer to parameters.

    Args:
        params: the parameters, usually ``net.collect_params()``.
        optimizer: its name, or an `Optimizer`.
        optimizer_params: its arguments, where it is given by name.
        kvstore: how devices exchange gradients; in one process they are summed, whatever is chosen.  With
            ``"dist_sync"`` they are summed over the workers of a group too; all begin with the parameters of worker 0,
            and `step` takes the number of examples in all workers' batches together.  With ``"dist_async"`` parameter
            servers keep the parameters, those of worker 0 from the first step on, and update them by each worker's
            gradients as they arrive; `step` takes the examples of this worker's batch.
        compression_params: how gradients travel between devices with ``kvstore="device"``, or between processes:
            ``{"type": "2bit", "threshold": 0.5}``; see `train.compression`.
        update_on_kvstore: None, or whether the store updates, which ``"dist_async"`` does, and no other.

    Raises:
        ArgumentError: `params` are not parameters.
        NotInitializedError: a store between workers is asked for by a process that is in no group.
        NotSupportedError: MXNet had such a store.
    """

    def __init__(
        self,
        params: ParameterDict | Mapping[str, Parameter] | Iterable[Parameter],
        optimizer: str | opt.Optimizer,
        optimizer_params: Mapping[str, Any] | None = None,
        kvstore: KVStore | str | None = "device",
        compression_params: Any = None,
        update_on_kvstore: bool | None = None,
    ) -> None:
        self._params = _as_list(params)
        self._compression = GradientCompression.of(compression_params)
        self._kvstore = kvstore
        self._store, servers = between_workers(kvstore), on_servers(kvstore)
        if update_on_kvstore is not None and bool(update_on_kvstore) != (servers is not None):
            where = "on the devices" if servers is None else "by the servers of 'dist_async'"
            raise NotSupportedError(
                f"Trainer: update_on_kvstore={update_on_kvstore}; updates are made {where}, leave it None"
            )
        for store in (self._store, servers):
            if store is not None and self._compression is not None:
                store.set_gradient_compression(self._compression.params)
        self._optimizer = self._made(optimizer, optimizer_params)
        self._served = None if servers is None else Served(servers, self._optimizer)
        self._scale = self._optimizer.rescale_grad
        self._updaters: dict[Context, opt.Updater] = {}
        self._saved: bytes | None = None
        self._rows: dict[Context, Rows] = {}
        self._generation = -1
        self._alike = False  # whether the workers have begun with the same parameters

    def _made(self, optimizer: str | opt.Optimizer, arguments: Mapping[str, Any] | None) -> opt.Optimizer:
        by_index = dict(enumerate(self._params))
        if not isinstance(optimizer, opt.Optimizer):
            return opt.create(optimizer, param_dict=by_index, **(arguments or {}))
        if arguments:
            raise ArgumentError(
                "Trainer: optimizer_params go with an optimizer given by name, not with an Optimizer"
            )
        optimizer.param_dict = by_index
        return optimizer

    @property
    def optimizer(self) -> opt.Optimizer:
        """The optimizer."""
        return self._optimizer

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return self._optimizer.learning_rate if self._served is None else self._served.learning_rate

    def set_learning_rate(self, lr: float) -> None:
        """Sets the learning rate; on parameter servers, worker 0's counts.

        Raises:
            ArgumentError: a scheduler decides it.
        """
        (self._optimizer if self._served is None else self._served).set_learning_rate(lr)

    # -- stepping --------------------------------------------------------------------------------

    def step(self, batch_size: int, ignore_stale_grad: bool = False) -> None:
        """Updates the parameters by their gradients, divided by `batch_size`.

        Args:
            batch_size: how many examples the gradients are summed over.
            ignore_stale_grad: leave parameters alone whose gradient no backward wrote since the last step.

        Raises:
            ArgumentError: `batch_size` is no number above 0.
            StaleGradientError: there are such parameters, and they are not to be ignored.
            NotInitializedError: a parameter has no values.
        """
        if self._served is not None:
            self._step_on(self._served, batch_size, ignore_stale_grad)
            return
        self.allreduce_grads()
        self.update(batch_size, ignore_stale_grad)

    def _step_on(self, served: Served, batch_size: int, ignore_stale: bool) -> None:
        rescale, rows = self._rescale(batch_size), list(self._by_device().values())
        chosen = [each.fresh(self._params, ignore_stale) for each in rows]
        served.step(rows, chosen, rescale)
        for each in chosen:
            each.used()

    def allreduce_grads(self) -> None:
        """Sums each gradient over the devices that hold a copy, and over the workers.

        Raises:
            NotSupportedError: parameter servers update; or the store does not compress, and was to.
            WorkerError: another worker sums other gradients, or is gone.
        """
        if self._served is not None:
            raise self._served.refuse("allreduce_grads")
        rows = list(self._by_device().values())
        if not rows or (len(rows) < 2 and self._store is None):
            return
        if self._compression is not None:
            check_compresses(self._kvstore)
        totals = [
            self._over_devices(at, copies)
            for at, copies in enumerate(zip(*[r.grads for r in rows], strict=True))
        ]
        if self._store is not None:
            self._start_alike(self._store)
            totals = self._store.summed(rows[0].indices, totals)
        for at, total in enumerate(totals):
            for row in rows:
                row.grads[at][:] = total.as_in_context(row.grads[at].context)

    def _over_devices(self, at: int, copies: Sequence[NDArray]) -> NDArray:
        if len(copies) == 1:
            return copies[0]
        return nd.add_n(*[self._arrived(at, grad, copies[0].context) for grad in copies])

    def _start_alike(self, store: WorkerStore) -> None:
        """Takes the parameters of worker 0, before the first update."""
        if self._alike:
            return
        rows = list(self._rows.values())
        values = store.shared(rows[0].indices, rows[0].weights)
        with autograd.pause():
            for at, value in enumerate(values):
                for row in rows:
                    row.weights[at][:] = value.as_in_context(row.weights[at].context)
        self._alike = True

    def _arrived(self, at: int, grad: NDArray, device: Context) -> NDArray:
        if self._compression is None or self._store is not None:  # what travels between workers is their sum
            return grad.as_in_context(device)
        return self._compression.sent((at, grad.context), grad, device)

    def update(self, batch_size: int, ignore_stale_grad: bool = False) -> None:
        """`step` without the sum over devices.

        Raises:
            ArgumentError, StaleGradientError, NotInitializedError: as `step`.
            NotSupportedError: parameter servers update.
        """
        if self._served is not None:
            raise self._served.refuse("update")
        self._optimizer.rescale_grad = self._rescale(batch_size)
        chosen = {d: rows.fresh(self._params, ignore_stale_grad) for d, rows in self._by_device().items()}
        with autograd.pause():
            for device, rows in chosen.items():
                if rows.indices:
                    self._updater(device)(rows.indices, rows.grads, rows.weights)
                rows.used()

    def _rescale(self, batch_size: int) -> float:
        if not isinstance(batch_size, (int, float, np.number)) or not batch_size > 0:
            raise ArgumentError(
                f"step(): batch_size is the number of examples, 1 or more, got {batch_size!r}"
            )
        return self._scale / batch_size

    def _by_device(self) -> dict[Context, Rows]:
        """The learned parameters on each device; listed anew only where some parameter got new arrays."""
        if self._generation != Parameter.generation:
            self._rows = by_device(self._params)
            self._generation = Parameter.generation
        return self._rows

    # -- states ----------------------------------------------------------------------------------

    def _updater(self, device: Context) -> opt.Updater:
        found = self._updaters.get(device)
        if found is None:
            found = self._updaters[device] = opt.get_updater(self._optimizer)
            if self._saved is not None:
                found.set_states(self._saved)
        return found

    def trained(self, shapes: Mapping[str, Shape] | None = None) -> Trained:
        """What training changes: parameters, states, the optimizer; a checkpoint keeps it.

        Parameters go by their place and their name without its numbers, which differ where a network is made twice.

        Args:
            shapes: those of a checkpoint's arrays, for parameters that wait for theirs.
        """
        arrays: dict[str, NDArray] = {}
        for at, parameter in enumerate(self._params):
            key = f"{at} {re.sub('[0-9]+', '#', parameter.name)}"
            if shapes is not None and key in shapes and not parameter.shape_is_known:
                parameter.shape = shapes[key]
                parameter.finish_deferred_init()
            arrays[key], *copies = parameter.list_data()
            arrays |= {f"{key} {device}": copy for device, copy in enumerate(copies, 1)}
        if self._served is not None:
            raise kept_by_servers()
        updaters = [self._updater(device) for device in self._by_device()]
        return Trained(arrays, updaters, GradientCompression.those_of(self, self._store))

    def save_states(self, fname: str | Path) -> None:
        """Writes the optimizer's states and counters; not the parameters.

        Raises:
            NotSupportedError: parameter servers have them.
        """
        if self._served is not None:
            self._served.store.save_optimizer_states(str(fname))
        device = next(iter(self._by_device()))
        Path(fname).write_bytes(self._updater(device).get_states(dump_optimizer=True))

    def load_states(self, fname: str | Path) -> None:
        """Reads what `save_states` wrote.

        Raises:
            SymbolFileError: the file holds something else.
            ArgumentError: it belongs to another kind of optimizer.
            NotSupportedError: parameter servers have them.
        """
        if self._served is not None:
            self._served.store.load_optimizer_states(str(fname))
        with reading(fname):
            saved = Path(fname).read_bytes()
        for device in self._by_device():
            self._updater(device).set_states(saved)
        self._saved = saved


def _as_list(params: Any) -> list[Parameter]:
    if isinstance(params, (ParameterDict, Mapping)):
        params = [params[name] for name in sorted(params.keys(), key=_with_numbers)]
    if not isinstance(params, (list, tuple)):
        raise ArgumentError(
            f"Trainer takes parameters, such as net.collect_params(), got {type(params).__name__}"
        )
    for parameter in params:
        if not isinstance(parameter, Parameter):
            raise ArgumentError(
                f"Trainer takes parameters, such as net.collect_params(), got a {type(parameter).__name__}"
            )
    return list(params)


def _with_numbers(name: str) -> list[Any]:
    """Sorts ``dense10`` after ``dense9``, so that the order is the network's whatever number it starts at."""
    return [int(part) if part.isdigit() else part for part in re.split("([0-9]+)", name)]
