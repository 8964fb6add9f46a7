"""Cells with gates, which learn what to keep and what to forget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.arguments import Positive, checked
from workbench.rnn.cell import DenseCell, RNNParams
from workbench.rnn.sequence import for_batch
from workbench.symbolic import sym
from workbench.symbolic.symbol import Symbol
from workbench.train.initializer import LSTMBias


class LSTMCell(DenseCell):
    """Long short-term memory: c′ = f c + i g, h′ = o tanh c′.

    Gates in the parameters: input, forget, transform, output.  Source: S. Hochreiter and J. Schmidhuber,
    Neural Computation 9(8), 1997.

    Args:
        num_hidden: size of output and states (h, c).
        prefix, params: as `BaseRNNCell`.
        forget_bias: what the forget gate's bias begins with.
    """

    _gate_names = ("_i", "_f", "_c", "_o")
    _states = 2

    @checked
    def __init__(
        self,
        num_hidden: Positive,
        prefix: str = "lstm_",
        params: RNNParams | None = None,
        forget_bias: float = 1.0,
    ) -> None:
        super().__init__(num_hidden, prefix, params, LSTMBias(forget_bias=forget_bias))

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """One step."""
        name = self._next_name()
        hidden, memory = for_batch(self._checked(states), inputs)
        i2h, h2h = self._gates(inputs, hidden, name)
        gates = sym.SliceChannel(i2h + h2h, num_outputs=4, name=f"{name}slice")
        kinds = (("sigmoid", "i"), ("sigmoid", "f"), ("tanh", "c"), ("sigmoid", "o"))
        i, f, g, o = (
            sym.Activation(gate, act_type=kind, name=name + letter)
            for gate, (kind, letter) in zip(gates, kinds, strict=True)
        )
        memory = sym.elemwise_add(f * memory, i * g, name=f"{name}state")
        hidden = sym.elemwise_mul(o, sym.Activation(memory, act_type="tanh"), name=f"{name}out")
        return hidden, [hidden, memory]


class GRUCell(DenseCell):
    """Gated recurrent unit: h′ = (1 − z) tanh(W x + r (U h + b)) + z h.

    Gates in the parameters: reset, update, output.  The reset gate acts after the product with U, as in cuDNN.
    Source: K. Cho et al., EMNLP 2014.

    Args:
        num_hidden: size of output and state.
        prefix, params: as `BaseRNNCell`.
    """

    _gate_names = ("_r", "_z", "_o")

    @checked
    def __init__(self, num_hidden: Positive, prefix: str = "gru_", params: RNNParams | None = None) -> None:
        super().__init__(num_hidden, prefix, params)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """One step."""
        name = self._next_name()
        (state,) = for_batch(self._checked(states), inputs)
        i2h, h2h = self._gates(inputs, state, f"{name}_")
        i_r, i_z, i_o = sym.SliceChannel(i2h, num_outputs=3, name=f"{name}_i2h_slice")
        h_r, h_z, h_o = sym.SliceChannel(h2h, num_outputs=3, name=f"{name}_h2h_slice")
        reset = sym.Activation(i_r + h_r, act_type="sigmoid", name=f"{name}_r_act")
        update = sym.Activation(i_z + h_z, act_type="sigmoid", name=f"{name}_z_act")
        new = sym.Activation(i_o + reset * h_o, act_type="tanh", name=f"{name}_h_act")
        output = sym.elemwise_add((1.0 - update) * new, update * state, name=f"{name}out")
        return output, [output]
