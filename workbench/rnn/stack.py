"""Cells of cells: layers one above the other, and a sequence read from both ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.arguments import checked
from workbench.errors import ArgumentError, NotSupportedError
from workbench.rnn.cell import BaseRNNCell, RNNParams, Weights
from workbench.rnn.sequence import arranged, as_steps, time_axis
from workbench.symbolic import sym
from workbench.symbolic.symbol import Symbol


class CellGroup(BaseRNNCell):
    """What cells made of cells have in common: their states and parameters are those of all."""

    @checked
    def __init__(self, params: RNNParams | None) -> None:
        self._cells: list[BaseRNNCell] = []
        super().__init__("", params)
        self._shares = params is not None

    def _take(self, cell: BaseRNNCell) -> None:
        if not isinstance(cell, BaseRNNCell):
            raise ArgumentError(f"{type(self).__name__} is made of cells, got {type(cell).__name__}")
        if self._shares:
            if not cell._own_params:
                raise ArgumentError(
                    f"params are given to the {type(self).__name__} and to the cell inside; give them once"
                )
            cell.params._params.update(self._params._params)
        self._cells.append(cell)
        self._params._params.update(cell.params._params)

    @property
    def only_unrolls(self) -> bool:
        """Whether a cell inside can't be called step by step."""
        return any(getattr(cell, "only_unrolls", False) for cell in self._cells)

    @property
    def state_info(self) -> list[Any]:
        """The states of all cells, in their order."""
        return [info for cell in self._cells for info in cell.state_info]

    def begin_state(self, func: Callable[..., Symbol] = sym.zeros, **kwargs: Any) -> list[Any]:
        """As `BaseRNNCell.begin_state`, of all cells."""
        self._check_unmodified()
        return [state for cell in self._cells for state in cell.begin_state(func, **kwargs)]

    def _divided(self, states: Sequence[Any] | None) -> list[list[Any]]:
        """Each cell's states."""
        rest = iter(self._checked(self.begin_state() if states is None else states))
        counts = [len(cell.state_info) for cell in self._cells]
        return [[next(rest) for _ in range(count)] for count in counts]

    def unpack_weights(self, args: Mapping[str, Any]) -> Weights:
        """As `BaseRNNCell.unpack_weights`, of all cells."""
        for cell in self._cells:
            args = cell.unpack_weights(args)
        return dict(args)

    def pack_weights(self, args: Mapping[str, Any]) -> Weights:
        """As `BaseRNNCell.pack_weights`, of all cells."""
        for cell in self._cells:
            args = cell.pack_weights(args)
        return dict(args)


class SequentialRNNCell(CellGroup):
    """Cells one above the other: each reads the outputs of the one below.

    Args:
        params: variables to share.
    """

    @checked
    def __init__(self, params: RNNParams | None = None) -> None:
        super().__init__(params)

    def add(self, cell: BaseRNNCell) -> None:
        """Adds a cell on top.

        Raises:
            ArgumentError: it is no cell, or both have parameters given.
        """
        self._take(cell)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """One step of every cell."""
        self._counter += 1
        new_states: list[Any] = []
        for cell, mine in zip(self._cells, self._divided(states), strict=True):
            inputs, mine = cell(inputs, mine)
            new_states += mine
        return inputs, new_states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """As `BaseRNNCell.unroll`, layer by layer."""
        self.reset()
        new_states: list[Any] = []
        for cell, states in zip(self._cells, self._divided(begin_state), strict=True):
            merge = merge_outputs if cell is self._cells[-1] else None
            inputs, states = cell.unroll(length, inputs, states, layout, merge)
            new_states += states
        return inputs, new_states


class BidirectionalCell(CellGroup):
    """One cell reads the sequence forward, another backward; their outputs are joined.

    Source: M. Schuster and K. Paliwal, IEEE Trans. Signal Processing 45(11), 1997.

    Args:
        l_cell, r_cell: for forward and backward.
        params: variables to share.
        output_prefix: of the outputs' names.
    """

    only_unrolls = True

    @checked
    def __init__(
        self,
        l_cell: BaseRNNCell,
        r_cell: BaseRNNCell,
        params: RNNParams | None = None,
        output_prefix: str = "bi_",
    ) -> None:
        super().__init__(params)
        self._output_prefix = output_prefix
        self._take(l_cell)
        self._take(r_cell)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Is refused: the backward cell begins at the end.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError(
            "a BidirectionalCell reads from both ends, so it has no single step; unroll() it"
        )

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """As `BaseRNNCell.unroll`; the last states are a list for each direction."""
        self.reset()
        steps = as_steps(inputs, length, layout)
        left, right = self._cells
        states = self._divided(begin_state)
        l_out, l_states = left.unroll(length, steps, states[0], layout, merge_outputs)
        r_out, r_states = right.unroll(length, steps[::-1], states[1], layout, merge_outputs)
        merge = merge_outputs
        if merge is None:
            merge = isinstance(l_out, Symbol) and isinstance(r_out, Symbol)
        l_out, r_out = (arranged(out, length, layout, merge) for out in (l_out, r_out))
        new_states = [l_states, r_states]
        if merge:
            r_out = sym.reverse(r_out, axis=time_axis(layout))
            return sym.Concat(l_out, r_out, dim=2, name=f"{self._output_prefix}out"), new_states
        pairs = zip(l_out, reversed(r_out), strict=True)
        return [
            sym.Concat(*pair, dim=1, name=f"{self._output_prefix}t{i}") for i, pair in enumerate(pairs)
        ], new_states
