"""Cells around cells: dropout between layers, zoneout, residual connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from workbench.arguments import Share, checked
from workbench.errors import ArgumentError
from workbench.rnn.cell import BaseRNNCell, RNNParams, Weights
from workbench.rnn.sequence import arranged, for_batch
from workbench.symbolic import sym
from workbench.symbolic.symbol import Symbol


class DropoutCell(BaseRNNCell):
    """Dropout of its input; it has no state.

    Args:
        dropout: probability of an element to be dropped.
        prefix, params: as `BaseRNNCell`.
    """

    @checked
    def __init__(self, dropout: Share, prefix: str = "dropout_", params: RNNParams | None = None) -> None:
        super().__init__(prefix, params)
        self.dropout = dropout

    @property
    def state_info(self) -> list[Any]:
        """None."""
        return []

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """One step."""
        return (sym.Dropout(inputs, p=self.dropout) if self.dropout else inputs), list(states)

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """As `BaseRNNCell.unroll`; one symbol is dropped from as a whole."""
        self.reset()
        inputs = arranged(inputs, length, layout, merge_outputs)
        if isinstance(inputs, Symbol):
            return self(inputs, [])
        return super().unroll(length, inputs, begin_state, layout, merge_outputs)


class ModifierCell(BaseRNNCell):
    """Base of cells that change what another cell does; from then on that one is called through it alone.

    Args:
        base_cell: the cell inside.
    """

    @checked
    def __init__(self, base_cell: BaseRNNCell) -> None:
        self.base_cell = base_cell
        super().__init__()
        base_cell._modified = True

    def reset(self) -> None:
        """As `BaseRNNCell.reset`, of both."""
        super().reset()
        self.base_cell.reset()

    @property
    def params(self) -> RNNParams:
        """The variables of the cell inside."""
        self._own_params = False
        return self.base_cell.params

    @property
    def state_info(self) -> list[Any]:
        """The states of the cell inside."""
        return self.base_cell.state_info

    @contextmanager
    def _opened(self) -> Iterator[BaseRNNCell]:
        self.base_cell._modified = False
        try:
            yield self.base_cell
        finally:
            self.base_cell._modified = True

    def begin_state(self, func: Callable[..., Symbol] = sym.zeros, **kwargs: Any) -> list[Any]:
        """As `BaseRNNCell.begin_state`."""
        self._check_unmodified()
        with self._opened() as cell:
            return cell.begin_state(func, **kwargs)

    def unpack_weights(self, args: Mapping[str, Any]) -> Weights:
        """As `BaseRNNCell.unpack_weights`."""
        return self.base_cell.unpack_weights(args)

    def pack_weights(self, args: Mapping[str, Any]) -> Weights:
        """As `BaseRNNCell.pack_weights`."""
        return self.base_cell.pack_weights(args)


class ZoneoutCell(ModifierCell):
    """In training, elements of output and states randomly stay what they were a step before.

    Source: D. Krueger et al., ICLR 2017.

    Args:
        base_cell: a cell that can be called step by step.
        zoneout_outputs, zoneout_states: probability of an element to stay.

    Raises:
        ArgumentError: the cell only unrolls.
    """

    @checked
    def __init__(
        self, base_cell: BaseRNNCell, zoneout_outputs: Share = 0.0, zoneout_states: Share = 0.0
    ) -> None:
        if getattr(base_cell, "only_unrolls", False):
            raise ArgumentError(
                f"ZoneoutCell() calls its cell step by step, and a {type(base_cell).__name__} only unrolls; "
                "unfuse() it, or put ZoneoutCell around the cells inside"
            )
        super().__init__(base_cell)
        self.zoneout_outputs = zoneout_outputs
        self.zoneout_states = zoneout_states

    def reset(self) -> None:
        """As `BaseRNNCell.reset`; the output before the first step is zeros."""
        super().reset()
        self.prev_output: Symbol | None = None

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """One step."""
        states = for_batch(states, inputs)
        output, new_states = self.base_cell(inputs, states)
        before = sym.zeros_like(output) if self.prev_output is None else self.prev_output
        output = _mixed(self.zoneout_outputs, output, before)
        new_states = [
            _mixed(self.zoneout_states, new, old) for new, old in zip(new_states, states, strict=True)
        ]
        self.prev_output = output
        return output, new_states


def _mixed(p: float, new: Symbol, old: Symbol) -> Symbol:
    return sym.where(sym.Dropout(sym.ones_like(new), p=p), new, old) if p else new


class ResidualCell(ModifierCell):
    """Adds the input to the output.  Source: Y. Wu et al., arXiv:1609.08144."""

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """One step."""
        output, states = self.base_cell(inputs, states)
        return _plus(output, inputs), list(states)

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """As `BaseRNNCell.unroll`."""
        self.reset()
        with self._opened() as cell:
            outputs, states = cell.unroll(length, inputs, begin_state, layout, merge_outputs)
        merge = isinstance(outputs, Symbol) if merge_outputs is None else merge_outputs
        inputs = arranged(inputs, length, layout, merge)
        if merge:
            return _plus(outputs, inputs), states
        return [_plus(output, step) for output, step in zip(outputs, inputs, strict=True)], states


def _plus(output: Symbol, inputs: Symbol) -> Symbol:
    return sym.elemwise_add(output, inputs, name=f"{output.name}_plus_residual")
