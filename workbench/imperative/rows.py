"""Rows: the same arrays, updated by one operation at every step.

`multi_sgd_update` and its like take the weights of a whole network, their gradients and their states.  A loop calls
them on the same arrays turn after turn, so which memory these are, and which of it is written, is worked out once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import is_
from typing import Any

from workbench.errors import WorkbenchError
from workbench.graph.bound import BoundOp
from workbench.imperative.invoke import apply, bound_op
from workbench.imperative.ndarray import NDArray
from workbench.imperative.tape import state
from workbench.ops import registry
from workbench.runtime import engine
from workbench.runtime.call import Call
from workbench.runtime.source import caller
from workbench.types import TensorType

INSIDE = 3  # frames of the package at least: `_again`, `update`, and the optimizer that calls it


class Rows:
    """Arrays that an update operator is called on, a row a weight.

    Args:
        op: the operator's name.
        columns: the weights, their gradients, and their states as the operator takes them.
    """

    def __init__(self, op: str, columns: Sequence[Sequence[NDArray]]) -> None:
        self._op = registry.get(op)
        self._columns = [list(column) for column in columns]
        self._arrays = list(chain.from_iterable(zip(*columns, strict=True)))
        self._storages = [a._storage for a in self._arrays if isinstance(a, NDArray) and not a._view]
        whole = len(self._storages) == len(self._arrays)
        self._plain = whole and len({storage.context for storage in self._storages}) == 1
        self._bound: BoundOp | None = None
        self._types: tuple[TensorType, ...] = ()
        self._places: list[int] = []  # for each output, the place of the array that it is written to

    def are(self, op: str, columns: Sequence[Sequence[NDArray]]) -> bool:
        """Whether these are the same arrays, for the same operator."""
        if op != self._op.name or len(columns) != len(self._columns):
            return False
        pairs = zip(columns, self._columns, strict=True)
        return all([len(a) == len(b) and all(map(is_, a, b)) for a, b in pairs])

    def update(self, arguments: Mapping[str, Any]) -> None:
        """Calls the operator and writes what it gives.

        Args:
            arguments: its attributes, all of which are dynamic ones.

        Raises:
            ArgumentError, ShapeError, DeviceError: as the operator's function in `nd`.
        """
        bound, scalars = self._bind(arguments)
        with engine.waiting.lock:
            known = self._plain and not state.recording and engine.waiting.deferred is None
            if not known or not self._again(bound, scalars):
                apply(bound, scalars, self._arrays, out=self._columns[0])

    def _bind(self, arguments: Mapping[str, Any]) -> tuple[BoundOp, tuple[float, ...]]:
        """The operator with these attributes, and their numbers: they are dynamic, so it stays the same one."""
        bound = self._bound
        if bound is not None:
            try:
                scalars = self._op.numbers(arguments)
                if len(scalars) == bound.scalar_count:
                    return bound, scalars
            except (TypeError, ValueError):  # one is no number, which the way below says as it should be said
                pass
        self._bound, scalars = bound_op(self._op, {"num_weights": len(self._columns[0]), **arguments})
        return self._bound, scalars

    def _again(self, bound: BoundOp, scalars: tuple[float, ...]) -> bool:
        """What `apply` does, where each result takes the place of an array of its own type; False elsewhere."""
        cells = tuple([storage.cell for storage in self._storages])
        types = tuple([cell.type for cell in cells])
        try:
            outputs = bound.infer(types)
        except WorkbenchError:  # which the other way raises once more, with the user's line
            return False
        if types != self._types:
            places = _places(bound, len(self._columns))
            if [types[place] for place in places] != list(outputs):
                return False
            self._types, self._places = types, places
        call = Call(bound, cells, scalars, self._storages[0].context, caller(INSIDE), types, outputs)
        engine.submit(call)
        storages = self._storages
        for place, cell in zip(self._places, call.outputs, strict=True):
            storages[place].show(cell)
        engine.settle()
        return True


def _places(bound: BoundOp, width: int) -> list[int]:
    """For each output, the place of the array it is written to: of a weight, or of a state."""
    weights = [row * width for row in range(bound.visible)]
    states = {output: place for place, output in bound.writes}
    return [*weights, *[states[output] for output in range(bound.visible, bound.output_count)]]
