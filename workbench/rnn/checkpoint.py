"""Checkpoints of recurrent networks, with one weight a gate, so that fused and unfused cells read the same file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.arguments import Positive, checked
from workbench.errors import NotSupportedError
from workbench.rnn.cell import BaseRNNCell
from workbench.symbolic.symbol import Symbol
from workbench.train.checkpoint import load_checkpoint, save_checkpoint

Cells = BaseRNNCell | Sequence[BaseRNNCell]


def _listed(cells: Cells) -> Sequence[BaseRNNCell]:
    return [cells] if isinstance(cells, BaseRNNCell) else cells


def save_rnn_checkpoint(
    cells: Cells,
    prefix: str,
    epoch: int,
    symbol: Symbol | None,
    arg_params: Mapping[str, Any],
    aux_params: Mapping[str, Any],
) -> None:
    """As `model.save_checkpoint`, with the weights of these cells unpacked."""
    for cell in _listed(cells):
        arg_params = cell.unpack_weights(arg_params)
    save_checkpoint(prefix, epoch, symbol, arg_params, aux_params)


def load_rnn_checkpoint(
    cells: Cells, prefix: str, epoch: int
) -> tuple[Symbol, dict[str, Any], dict[str, Any]]:
    """As `model.load_checkpoint`, with the weights of these cells packed."""
    symbol, args, aux = load_checkpoint(prefix, epoch)
    for cell in _listed(cells):
        args = cell.pack_weights(args)
    return symbol, args, aux


@checked
def do_rnn_checkpoint(cells: Cells, prefix: str, period: Positive = 1) -> Callable[..., None]:
    """An epoch callback that calls `save_rnn_checkpoint` every `period` epochs."""

    def save(iter_no: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:
        if (iter_no + 1) % period == 0:
            save_rnn_checkpoint(cells, prefix, iter_no + 1, sym, arg, aux)

    return save


def rnn_unroll(
    cell: BaseRNNCell,
    length: int,
    inputs: Any = None,
    begin_state: Sequence[Any] | None = None,
    input_prefix: str = "",
    layout: str = "NTC",
) -> tuple[Any, list[Any]]:
    """The old name of `cell.unroll`.

    Raises:
        NotSupportedError: without `inputs`; it no longer makes them.
    """
    warnings.warn("rnn_unroll() is the old name of cell.unroll()", stacklevel=2)
    if inputs is None or input_prefix:
        raise NotSupportedError("rnn_unroll() makes no inputs; make variables and give them as inputs=…")
    return cell.unroll(length, inputs, begin_state, layout)
