"""Rows: the same arrays, updated by one operation at every step.

`multi_sgd_update` and its like take the weights of a whole network, their gradients and their states.  A loop calls
them on the same arrays turn after turn, so which memory these are, and which of it is written, is worked out once.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from workbench.errors import WorkbenchError
from workbench.graph.bind import BoundOp, bind
from workbench.imperative.invoke import apply
from workbench.imperative.ndarray import NDArray
from workbench.imperative.tape import state
from workbench.ops import registry
from workbench.runtime import engine
from workbench.runtime.call import Call
from workbench.runtime.source import caller
from workbench.types import TensorType

Columns = Sequence[Sequence[NDArray]]
INSIDE = 3  # frames of the package at least: `_again`, `update`, and the optimizer that calls it


class Rows:
    """Arrays that an update operator is called on, a row a weight; it keeps none of them alive.

    Args:
        op: the operator's name.
        columns: the weights, their gradients, and their states as the operator takes them.
    """

    def __init__(self, op: str, columns: Columns) -> None:
        self._op = registry.get(op)
        self._ids = _ids(columns)
        self._count = len(columns[0])
        arrays = _in_rows(columns)
        self._storages = storages = [a._storage for a in arrays if isinstance(a, NDArray) and not a._view]
        if len(storages) < len(arrays) or len({storage.context for storage in storages}) > 1:
            storages.clear()
        # Once one of them is gone, its number may become another's, and the memory of the others is theirs alone.
        self._alive = [weakref.ref(a, lambda _: storages.clear()) for a in arrays] if storages else []
        self._bound: BoundOp | None = None
        self._types: tuple[TensorType, ...] = ()
        self._places: list[int] = []  # for each output, the place of the array that it is written to

    def are(self, op: str, columns: Columns) -> bool:
        """Whether these are the same arrays, for the same operator."""
        return bool(self._storages) and op == self._op.name and _ids(columns) == self._ids

    def update(self, columns: Columns, arguments: Mapping[str, Any]) -> None:
        """Calls the operator and writes what it gives.

        Args:
            columns: the arrays.
            arguments: its attributes, all of which are dynamic ones.

        Raises:
            ArgumentError, ShapeError, DeviceError: as the operator's function in `nd`.
        """
        bound, scalars = self._bind(arguments)
        with engine.waiting.lock:
            known = self._storages and not state.recording and engine.waiting.deferred is None
            if not known or not self._again(bound, scalars):
                apply(bound, scalars, _in_rows(columns), out=list(columns[0]))

    def _bind(self, arguments: Mapping[str, Any]) -> tuple[BoundOp, tuple[float, ...]]:
        """The operator with these attributes, and their numbers: they are dynamic, so it stays the same one."""
        bound = self._bound
        if bound is not None:
            try:
                scalars, sizes = self._op.numbers(arguments)
                if sizes == bound.sizes:
                    return bound, scalars
            except (TypeError, ValueError):  # one is no number, which the way below says as it should be said
                pass
        self._bound, scalars = bind(self._op, {"num_weights": self._count, **arguments})
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
            places = _places(bound, len(self._ids))
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


def _in_rows(columns: Columns) -> list[NDArray]:
    return list(chain.from_iterable(zip(*columns, strict=True)))


def _ids(columns: Columns) -> list[list[int]]:
    return [list(map(id, column)) for column in columns]


def _places(bound: BoundOp, width: int) -> list[int]:
    """For each output, the place of the array it is written to: of a weight, or of a state."""
    weights = [row * width for row in range(bound.visible)]
    states = {output: place for place, output in bound.writes}
    return [*weights, *[states[output] for output in range(bound.visible, bound.output_count)]]
