"""A batch shared out over several devices.

Each device has an executor for its part of the batch.  Inputs are cut along the axis that counts examples,
outputs and gradients of inputs joined again on the first device, so from outside this is one executor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd
from workbench.imperative.nd import NDArray
from workbench.symbolic.executor import Executor
from workbench.train.io import DataDesc

Arrays = dict[str, NDArray]


def shares(count: int, loads: Sequence[float]) -> list[slice]:
    """Which of `count` examples each device takes, in proportion to its load.

    Raises:
        ShapeError: a device would get none.
    """
    ends = [round(count * done / sum(loads)) for done in accumulate(loads)]
    parts = [slice(begin, end) for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
    if any(part.start == part.stop for part in parts):
        raise ShapeError(
            f"{count} examples can't be shared out over {len(loads)} devices: one would get none"
        )
    return parts


def part_of(array: Any, axis: int, part: slice) -> Any:
    """The examples of one device; an array without a batch axis goes to each as a whole."""
    return array if axis < 0 else array[(slice(None),) * axis + (part,)]


def joined(arrays: Sequence[NDArray], axis: int) -> NDArray:
    """What the devices have, as one array on the first."""
    first = arrays[0]
    if axis < 0 or first.ndim <= axis:
        return first
    return nd.concatenate([a.as_in_context(first.context) for a in arrays], axis)


class Split:
    """How the inputs of one batch are cut: by shares of the first one's examples.

    Args:
        descs: descriptions of the inputs.
        loads: each device's share, in any unit.
    """

    def __init__(self, descs: Sequence[DataDesc], loads: Sequence[float]) -> None:
        self.axes = {d.name: DataDesc.get_batch_axis(d.layout) for d in descs}
        counts = {d.name: d.shape[self.axes[d.name]] for d in descs if 0 <= self.axes[d.name] < len(d.shape)}
        if len(set(counts.values())) != 1:
            raise ShapeError(f"inputs shared out over devices need one number of examples each, got {counts}")
        self.parts = shares(next(iter(counts.values())), loads)

    def descriptions(self, descs: Sequence[DataDesc], part: slice) -> list[DataDesc]:
        """The descriptions of one device's part."""
        return [self._described(d, self.axes[d.name], part) for d in descs]

    @staticmethod
    def _described(desc: DataDesc, axis: int, part: slice) -> DataDesc:
        if axis < 0:
            return desc
        shape = (*desc.shape[:axis], part.stop - part.start, *desc.shape[axis + 1 :])
        return DataDesc(desc.name, shape, desc.dtype, desc.layout)


class SplitExecutor:
    """Executors on several devices that look like one.

    Args:
        binding: whose parameters they run on.
        executors: one a device.
        split: how inputs are cut.
        states: inputs that keep their values between batches, whole, on the first device.
        output_axes: the axis of each output that counts examples, negative where there is none.
    """

    def __init__(
        self,
        binding: Any,
        executors: Sequence[Executor],
        split: Split,
        states: Arrays,
        output_axes: Sequence[int],
    ) -> None:
        self.executors = list(executors)
        self.arg_dict = states
        self._binding = binding
        self._split = split
        self._output_axes = output_axes
        self._outputs: list[NDArray] | None = None

    def forward(self, is_train: bool, **inputs: Any) -> None:
        """Runs every device's part; auxiliary states end up as their mean over the devices."""
        self._binding.spread()
        whole = {**self.arg_dict, **inputs}
        for executor, part in self._pairs():
            executor.forward(is_train, **{n: part_of(a, self._split.axes[n], part) for n, a in whole.items()})
        self._outputs = None
        if is_train:
            self._binding.gather_states()

    def backward(self, out_grads: Any = None) -> None:
        """Runs every device's backward, and sums the gradients of the parameters.

        Raises:
            ArgumentError: the number of `out_grads` is wrong.
        """
        given = None if out_grads is None else self._listed(out_grads)
        for executor, part in self._pairs():
            executor.backward(given and [self._share(*pair, part, executor) for pair in given])
        self._binding.gather_gradients()

    def _pairs(self) -> Any:
        return zip(self.executors, self._split.parts, strict=True)

    def _listed(self, out_grads: Any) -> list[tuple[Any, int]]:
        """Each output's cotangent, with the axis that counts its examples."""
        if isinstance(out_grads, Mapping):
            out_grads = [out_grads.get(name) for name in self._binding.symbol.list_outputs()]
        grads = [out_grads] if isinstance(out_grads, NDArray) else list(out_grads)
        if len(grads) != len(self._output_axes):
            raise ArgumentError(f"backward() needs {len(self._output_axes)} out_grads, got {len(grads)}")
        return list(zip(grads, self._output_axes, strict=True))

    @staticmethod
    def _share(grad: Any, axis: int, part: slice, executor: Executor) -> Any:
        return None if grad is None else part_of(grad, axis, part).as_in_context(executor.outputs[0].context)

    def parts_of(self, state: str) -> list[NDArray]:
        """Each device's part of a state."""
        whole, axis = self.arg_dict[state], self._split.axes[state]
        return [part_of(whole, axis, part) for part in self._split.parts]

    @property
    def outputs(self) -> list[NDArray]:
        """The outputs of the last `forward`, joined.

        Raises:
            NotWrittenError: there was none.
        """
        if self._outputs is None:
            pieces = zip(*[executor.outputs for executor in self.executors], strict=True)
            self._outputs = [joined(p, a) for p, a in zip(pieces, self._output_axes, strict=True)]
        return list(self._outputs)

    @property
    def grad_dict(self) -> Arrays:
        """The gradients of the inputs, joined."""
        grads = self.executors[0].grad_dict
        names = [n for n in self._split.axes if grads.get(n) is not None]
        return {n: joined([e.grad_dict[n] for e in self.executors], self._split.axes[n]) for n in names}
