"""An executor's outputs: the same arrays for its life, which every forward writes.

Published programs take them once, ``probs = executor.outputs[0]``, and read them after each forward; or they make
arrays of the same shapes, before there was any.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.errors import NotWrittenError
from workbench.graph.infer import Inference
from workbench.imperative.ndarray import NDArray
from workbench.imperative.storage import Storage
from workbench.runtime.call import Cell
from workbench.runtime.device import Context
from workbench.symbolic.binding import Arrays
from workbench.symbolic.placement import Places
from workbench.symbolic.symbol import Symbol


class Outputs:
    """What `symbol` gives on `ctx`, or where `places` has its nodes."""

    def __init__(self, symbol: Symbol, ctx: Context, places: Places) -> None:
        self._symbol = symbol
        self._ctx = ctx
        self._places = places
        self._arrays: list[NDArray] | None = None
        self._cells: list[Cell] = []  # what the last forward gave, whatever was written into the arrays since

    def arrays(self, args: Arrays, aux: Arrays) -> list[NDArray]:
        """The arrays; until `show` or `hold` was called they have types, and an error instead of values."""
        if self._arrays is None:
            self._arrays = self._unwritten({**args, **aux})
        return list(self._arrays)

    def show(self, cells: Iterable[Cell]) -> None:
        """The arrays show these values from now on."""
        self._cells = list(cells)
        if self._arrays is None:
            self._arrays = [NDArray(Storage(cell, self._ctx)) for cell in self._cells]
        else:
            for array, cell in zip(self._arrays, self._cells, strict=True):
                array._storage.show(cell)

    def hold(self, made: Sequence[NDArray]) -> list[NDArray]:
        """The arrays show what these do, which nobody else has, from now on."""
        cells = [array._storage.cell for array in made]
        if self._arrays is None:
            self._arrays, self._cells = list(made), cells
        else:
            self.show(cells)
        return self._arrays

    def written(self) -> bool:
        """Whether a program wrote into them since the last forward."""
        shown = [array._storage.cell for array in self._arrays or ()]
        return any(now is not then for now, then in zip(shown, self._cells, strict=True))

    def heads(self) -> list[NDArray]:
        """What the last forward gave, for backward to start from: a program may add to an output before."""
        return [
            array if array._storage.cell is cell else NDArray(Storage(cell, array.context))
            for array, cell in zip(self._arrays or (), self._cells, strict=True)
        ]

    def _unwritten(self, inputs: Arrays) -> list[NDArray]:
        error = NotWrittenError(f"the outputs of {self._symbol!r} were read before forward() was called")
        shapes = {name: array.shape for name, array in inputs.items()}
        found = Inference(self._symbol.values, shapes, {n: a.dtype for n, a in inputs.items()})
        arrays = []
        for value in self._symbol.values:
            type_ = found.type(value)
            assert type_ is not None  # every input is there
            cell = Cell(None, 0, type_)
            cell.error = error
            arrays.append(NDArray(Storage(cell, self._places.get(value.node, self._ctx))))
        return arrays
