"""One set of parameters on several devices, each of which takes a part of every batch.

The first device's arrays are the parameters: what is read, written and updated.  Before a forward the others
get copies of what has changed, and after a backward the gradients of all are summed: this is what MXNet's
``local`` and ``device`` stores do.  A moving average that each device carried on from the same value by its own
part of the batch becomes the mean of theirs, which is what MXNet reports of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

from workbench.errors import DeviceError
from workbench.imperative.nd import NDArray, zeros
from workbench.module.binding import Arrays, Binding, types_of
from workbench.module.split import Split, SplitExecutor
from workbench.runtime.device import Context
from workbench.symbolic.symbol import Symbol
from workbench.train.compression import GradientCompression
from workbench.train.io import DataDesc


class SplitBinding:
    """As `Binding`, on several devices.

    Args:
        contexts: the devices.
        loads: each one's share of a batch, in any unit.
        states: inputs that keep their values between batches.
        compression: how gradients travel to the first device, as long as no store between processes compresses their
            sum; as they are by default.

    Raises:
        ArgumentError: `shared` lacks a parameter.
        DeviceError: `shared` is on other devices.
    """

    def __init__(
        self,
        symbol: Symbol,
        contexts: Sequence[Context],
        loads: Sequence[float],
        parameters: Sequence[str],
        states: Sequence[str],
        reqs: Mapping[str, str],
        shared: SplitBinding | None = None,
        plan: Any = None,
        compression: GradientCompression | None = None,
    ) -> None:
        self.symbol = symbol
        self.contexts = tuple(contexts)
        self.reqs = dict(reqs)
        self.grads: Arrays = (
            {} if shared is None else {n: g for n, g in shared.grads.items() if n in parameters}
        )
        # Sums are made here, not in the replicas, so these begin anew with each backward.
        inner = {n: "write" if req == "add" and n in parameters else req for n, req in reqs.items()}
        of: Sequence[Binding | None] = shared.replicas if shared is not None else [None] * len(self.contexts)
        self.replicas: list[Binding] = [
            Binding(symbol, ctx, parameters, inner, replica, plan)
            for ctx, replica in zip(self.contexts, of, strict=True)
        ]
        self._loads = list(loads)
        self._states = tuple(states)
        self._sent: list[Any] = []
        self.compression = compression

    @property
    def args(self) -> Arrays:
        """The parameters."""
        return self.replicas[0].args

    @property
    def aux(self) -> Arrays:
        """The auxiliary states."""
        return self.replicas[0].aux

    def by_device(self, grads: Arrays) -> list[Arrays]:
        """Gradients, those of each device apart: all are on the first."""
        return [grads]

    def install(self, monitor: Any) -> None:
        """Has a monitor watch the executors of all devices."""
        for replica in self.replicas:
            replica.install(monitor)

    def select(self, descs: Sequence[DataDesc]) -> SplitExecutor:
        """The executors for inputs of these shapes; nothing changes if they can't be bound.

        Raises:
            ArgumentError: the shape of an argument does not follow from these.
            ShapeError: they contradict the network or its parameters, or can't be shared out.
        """
        types = types_of(self.symbol, descs)
        states = [DataDesc(n, types[n].shape, types[n].dtype) for n in self._states]
        split = Split([*descs, *states], self._loads)
        executors = [
            replica.select(split.descriptions([*descs, *states], part))
            for replica, part in zip(self.replicas, split.parts, strict=True)
        ]
        for name, grad in self.replicas[0].grads.items():
            self.grads.setdefault(name, zeros(grad.shape, self.contexts[0], grad.dtype))
        kept = {d.name: zeros(d.shape, self.contexts[0], d.dtype) for d in states}
        return SplitExecutor(self, executors, split, kept, self._output_axes())

    def _output_axes(self) -> list[int]:
        attrs = self.symbol.attr_dict()
        nodes = [value.node.name for value in self.symbol.values]
        return [DataDesc.get_batch_axis(attrs.get(name, {}).get("__layout__")) for name in nodes]

    def spread(self) -> None:
        """Copies what has changed since the last time to the other devices."""
        mine = {**self.args, **self.aux}
        shown = [array._storage.cell for array in mine.values()]
        if len(shown) == len(self._sent) and all(a is b for a, b in zip(shown, self._sent, strict=True)):
            return
        for replica in self.replicas[1:]:
            theirs = {**replica.args, **replica.aux}
            for name, array in mine.items():
                array.copyto(theirs[name])
        self._sent = shown

    def gather_states(self) -> None:
        """Makes each auxiliary state the mean over the devices."""
        for name, array in self.aux.items():
            array[:] = self._sum([replica.aux[name] for replica in self.replicas]) / len(self.replicas)

    def gather_gradients(self) -> None:
        """Makes each gradient the sum over the devices, or adds that to it."""
        for name, grad in self.grads.items():
            total = self._sum([self._arrived(name, replica.grads[name]) for replica in self.replicas])
            grad[:] = total + grad if self.reqs[name] == "add" else total

    def _arrived(self, name: str, grad: NDArray) -> NDArray:
        """A device's gradient as it reaches the first."""
        if self.compression is None:
            return grad
        return self.compression.sent((name, grad.context), grad, self.contexts[0])

    def _sum(self, arrays: Sequence[NDArray]) -> Any:
        return reduce(add, [array.as_in_context(self.contexts[0]) for array in arrays])


def bound(
    symbol: Symbol,
    contexts: Sequence[Context],
    loads: Sequence[float],
    parameters: Sequence[str],
    states: Sequence[str],
    reqs: Mapping[str, str],
    shared: Binding | SplitBinding | None,
    plan: Any = None,
    compression: GradientCompression | None = None,
    groups: Any = None,
) -> Binding | SplitBinding:
    """A binding on one device, or on that of each group, which sends no gradients, or on several alike.

    Raises:
        DeviceError: `shared` is on other devices.
    """
    if shared is not None and shared.contexts != tuple(contexts):
        there, here = (", ".join(map(str, each)) for each in (shared.contexts, contexts))
        raise DeviceError(f"parameters can't be shared with a module on {there} by one on {here}")
    if len(contexts) == 1:
        assert shared is None or isinstance(shared, Binding)
        return Binding(symbol, contexts[0], parameters, reqs, shared, plan, groups)
    assert shared is None or isinstance(shared, SplitBinding)
    return SplitBinding(symbol, contexts, loads, parameters, states, reqs, shared, plan, compression)
