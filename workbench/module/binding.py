"""One set of parameters under executors of several shapes.

An executor is bound to fixed shapes, but batches differ: the last one of an epoch is short, and a
prediction asks about one image.  So parameters, their gradients and the auxiliary states are made once,
and an executor is bound to them for each new shape of the inputs.  The latest few are kept: two
shapes that alternate are bound once each.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import ArgumentError, DeviceError, ShapeError
from workbench.graph.infer import Inference
from workbench.graph.node import Value
from workbench.imperative.make import unwritten
from workbench.imperative.nd import NDArray
from workbench.runtime.device import Context
from workbench.runtime.mesh import Mesh
from workbench.symbolic.executor import Executor
from workbench.symbolic.layout import lay_batch
from workbench.symbolic.placement import by_name, places
from workbench.symbolic.symbol import Symbol
from workbench.train.io import DataDesc
from workbench.types import TensorType

KEPT = 8  # executors; each holds one batch of inputs and outputs

Arrays = dict[str, NDArray]


class Binding:
    """A symbol's parameters on a device, and the executors that use them.

    Args:
        symbol: the network.
        ctx: the device.
        parameters: the arguments that keep their values whatever the batch.
        reqs: argument → ``"write"``, ``"add"`` or ``"null"``.
        shared: a binding whose arrays are used.
        plan: how training uses memory; see `Symbol.simple_bind`.
        groups: device by group, for the nodes of a group; see `symbolic.placement`.

    Attributes:
        args, grads, aux: parameters, their gradients and auxiliary states by name; empty before `select`.

    Raises:
        ArgumentError: `shared` lacks a parameter.
        DeviceError: `shared` has one on another device.
    """

    def __init__(
        self,
        symbol: Symbol,
        ctx: Context,
        parameters: Sequence[str],
        reqs: Mapping[str, str],
        shared: Binding | None = None,
        plan: Any = None,
        groups: Any = None,
    ) -> None:
        self.symbol = symbol
        self.ctx = ctx
        self.parameters = tuple(parameters)
        self._plan = plan
        self._groups = groups
        self._devices = by_name(symbol, ctx, places(symbol, ctx, groups, plan))
        self.reqs = dict(reqs)
        self.args: Arrays = {}
        self.grads: Arrays = {}
        self.aux: Arrays = {}
        if shared is not None:
            self._adopt(shared)
        self.monitors: list[Any] = []
        self._executors: OrderedDict[Any, Executor] = OrderedDict()

    @property
    def contexts(self) -> tuple[Context, ...]:
        """The devices that share out a batch: one."""
        return (self.ctx,)

    def by_device(self, grads: Arrays) -> list[Arrays]:
        """Gradients, those of each device apart: an optimizer updates at once what is on one."""
        if not self._groups:
            return [grads]
        devices = dict.fromkeys(grad.context for grad in grads.values())
        return [{n: g for n, g in grads.items() if g.context is device} for device in devices]

    def install(self, monitor: Any) -> None:
        """Has a monitor watch all executors, those to come included."""
        self.monitors.append(monitor)
        for executor in self._executors.values():
            monitor.install(executor)

    def _adopt(self, other: Binding) -> None:
        states = self.symbol.list_auxiliary_states()
        lacking = [n for n in self.parameters if n not in other.args] + [
            n for n in states if n not in other.aux
        ]
        if lacking:
            raise ArgumentError(f"the module to share with has no {', '.join(map(repr, lacking))}")
        for name, array in {**other.args, **other.aux}.items():
            if name in self._devices and array.context is not self._devices[name]:
                raise DeviceError(
                    f"{name!r} of the module to share with is on {array.context}, here on {self._devices[name]}"
                )
        self.args = {n: other.args[n] for n in self.parameters}
        self.grads = {n: other.grads[n] for n in self.args if n in other.grads}
        self.aux = {n: other.aux[n] for n in states}

    def select(self, descs: Sequence[DataDesc]) -> Executor:
        """The executor for inputs of these shapes; nothing changes if it can't be bound.

        Raises:
            ArgumentError: the shape of an argument does not follow from these.
            ShapeError: they contradict the network or its parameters.
        """
        key = tuple((d.name, d.shape) for d in descs)
        executor = self._executors.pop(key, None) or self._bound(descs)
        self._executors[key] = executor
        if len(self._executors) > KEPT:
            self._executors.popitem(last=False)
        return executor

    def _bound(self, descs: Sequence[DataDesc]) -> Executor:
        types = types_of(self.symbol, descs)
        self._check(types, descs)
        names = self.symbol.list_arguments()
        args = self._completed(self.args, names, types)
        grads = self._completed(self.grads, [n for n in names if self.reqs[n] != "null"], types)
        aux = self._completed(self.aux, self.symbol.list_auxiliary_states(), types)
        executor = Executor.bind(self.symbol, self.ctx, args, grads, self.reqs, aux, self._plan, self._groups)
        if isinstance(self.ctx, Mesh):
            lay_batch(self.ctx, executor.arg_dict, {d.name: DataDesc.get_batch_axis(d.layout) for d in descs})
        for monitor in self.monitors:
            monitor.install(executor)
        self.args = {n: args[n] for n in self.parameters}
        self.grads = {n: grads[n] for n in self.parameters if n in grads}
        self.aux = aux
        return executor

    def _completed(self, made: Arrays, names: Sequence[str], types: Mapping[str, TensorType]) -> Arrays:
        """The arrays there are, and zeros for the other names."""
        return {n: made[n] if n in made else unwritten(types[n], self._devices[n]) for n in names}

    def _check(self, types: Mapping[str, TensorType], descs: Sequence[DataDesc]) -> None:
        for name, array in {**self.args, **self.aux}.items():
            if array.shape != types[name].shape:
                raise ShapeError(
                    f"{_listed(descs)} would need {name!r} of shape {types[name].shape}; it has {array.shape}"
                )


def types_of(symbol: Symbol, descs: Sequence[DataDesc]) -> dict[str, TensorType]:
    """Shape and dtype of every variable, from those of the inputs.

    Raises:
        ArgumentError: one does not follow.
        ShapeError: they contradict the network.
    """
    shapes, dtypes = {d.name: d.shape for d in descs}, {d.name: d.dtype for d in descs}
    inference = Inference(symbol.values, shapes, dtypes)
    found = {n.name: inference.type(Value(n)) for n in symbol.nodes if n.is_variable}
    unknown = [name for name, type_ in found.items() if type_ is None]
    if unknown:
        raise ArgumentError(
            f"the shape of {', '.join(map(repr, unknown))} does not follow from {_listed(descs)}; "
            "if it is an input, name it in data_names or label_names"
        )
    return {name: type_ for name, type_ in found.items() if type_ is not None}


def _listed(descs: Sequence[DataDesc]) -> str:
    return ", ".join(f"{d.name} {d.shape}" for d in descs)
