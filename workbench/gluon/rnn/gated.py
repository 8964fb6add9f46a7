"""The cells themselves: Elman's, the LSTM and the GRU.

Each has one weight for its inputs and one for its state, with a block of rows for each gate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.arguments import Count, Positive, checked
from workbench.gluon.block import HybridBlock
from workbench.gluon.parameter import ParameterDict
from workbench.gluon.rnn.cell import HybridRecurrentCell, States, activated


class _Gated(HybridRecurrentCell):
    """A cell of `hidden_size` units with so many gates each; a subclass says how they act."""

    _gates: int
    _states = 1

    @checked
    def __init__(
        self,
        hidden_size: Positive,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: Count = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._hidden_size = hidden_size
        self._input_size = input_size
        rows = self._gates * hidden_size
        self._declare(
            i2h_weight=((rows, input_size), i2h_weight_initializer),
            h2h_weight=((rows, hidden_size), h2h_weight_initializer),
            i2h_bias=((rows,), i2h_bias_initializer),
            h2h_bias=((rows,), h2h_bias_initializer),
        )

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape and layout of each state."""
        return [{"shape": (batch_size, self._hidden_size), "__layout__": "NC"} for _ in range(self._states)]

    def _products(self, F: Any, t: str, inputs: Any, state: Any, params: dict[str, Any]) -> tuple[Any, Any]:
        """What inputs and state each send to the gates, both (n, gates × hidden)."""
        rows = self._gates * self._hidden_size
        return (
            F.FullyConnected(
                inputs, params["i2h_weight"], params["i2h_bias"], num_hidden=rows, name=t + "i2h"
            ),
            F.FullyConnected(
                state, params["h2h_weight"], params["h2h_bias"], num_hidden=rows, name=t + "h2h"
            ),
        )

    def __repr__(self) -> str:
        rows, columns = self.params[self.params.prefix + "i2h_weight"].shape or (0, 0)
        return f"{type(self).__name__}({columns or None} -> {rows})"


class RNNCell(_Gated):
    """``activation(W x + b + U h + c)`` (J. Elman, "Finding structure in time", 1990).

    Args:
        hidden_size: number of units.
        activation: name of the activation, a `LeakyReLU`, or a function.
        i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer: how they
            start.
        input_size: number of inputs; 0 waits for data.
        prefix, params: as `Block`.
    """

    _gates = 1

    @checked
    def __init__(
        self,
        hidden_size: Positive,
        activation: str | HybridBlock | Callable[..., Any] = "tanh",
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: Count = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(
            hidden_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            input_size,
            prefix,
            params,
        )
        self._activation = activation

    def _alias(self) -> str:
        return "rnn"

    def hybrid_forward(self, F: Any, x: Any, states: States, **params: Any) -> Any:
        """x: (n, inputs); states: [h (n, hidden)]; output: h and the states after."""
        t = f"t{self._counter}_"
        i2h, h2h = self._products(F, t, x, states[0], params)
        output = activated(F, F.elemwise_add(i2h, h2h, name=t + "plus0"), self._activation, t + "out")
        return output, [output]

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, {self._activation})"


class LSTMCell(_Gated):
    """Long short-term memory (S. Hochreiter and J. Schmidhuber, 1997; forget gate: F. Gers et al., 2000).

    The gates' rows come as input, forget, new, output.

    Args:
        hidden_size, i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer,
            h2h_bias_initializer, input_size, prefix, params: as `RNNCell`.
        activation: of the new memory and of what is shown of it.
        recurrent_activation: of the gates.
    """

    _gates, _states = 4, 2

    @checked
    def __init__(
        self,
        hidden_size: Positive,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: Count = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
        activation: str = "tanh",
        recurrent_activation: str = "sigmoid",
    ) -> None:
        super().__init__(
            hidden_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            input_size,
            prefix,
            params,
        )
        self._activation = activation
        self._recurrent_activation = recurrent_activation

    def _alias(self) -> str:
        return "lstm"

    def hybrid_forward(self, F: Any, x: Any, states: States, **params: Any) -> Any:
        """x: (n, inputs); states: [h, c], both (n, hidden); output: h and the states after."""
        t = f"t{self._counter}_"
        gate, shown = self._recurrent_activation, self._activation
        i2h, h2h = self._products(F, t, x, states[0], params)
        gates = F.elemwise_add(i2h, h2h, name=t + "plus0")
        i, f, g, o = F.SliceChannel(gates, num_outputs=4, name=t + "slice")
        kept = F.elemwise_mul(activated(F, f, gate, t + "f"), states[1], name=t + "mul0")
        new = F.elemwise_mul(activated(F, i, gate, t + "i"), activated(F, g, shown, t + "c"), name=t + "mul1")
        c = F.elemwise_add(kept, new, name=t + "state")
        h = F.elemwise_mul(
            activated(F, o, gate, t + "o"), activated(F, c, shown, t + "activation0"), name=t + "out"
        )
        return h, [h, c]


class GRUCell(_Gated):
    """The gated recurrent unit (K. Cho et al., arXiv:1406.1078), its reset gate after the product, as in cuDNN.

    The gates' rows come as reset, update, new.  Arguments as `RNNCell`, without the activation.
    """

    _gates = 3

    def _alias(self) -> str:
        return "gru"

    def hybrid_forward(self, F: Any, x: Any, states: States, **params: Any) -> Any:
        """x: (n, inputs); states: [h (n, hidden)]; output: h and the states after."""
        t = f"t{self._counter}_"
        i2h, h2h = self._products(F, t, x, states[0], params)
        i_reset, i_update, i_new = F.SliceChannel(i2h, num_outputs=3, name=t + "i2h_slice")
        h_reset, h_update, h_new = F.SliceChannel(h2h, num_outputs=3, name=t + "h2h_slice")
        reset = activated(F, F.elemwise_add(i_reset, h_reset, name=t + "plus0"), "sigmoid", t + "r_act")
        update = activated(F, F.elemwise_add(i_update, h_update, name=t + "plus1"), "sigmoid", t + "z_act")
        new = F.elemwise_add(i_new, F.elemwise_mul(reset, h_new, name=t + "mul0"), name=t + "plus2")
        new = F.elemwise_mul(1.0 - update, activated(F, new, "tanh", t + "h_act"), name=t + "mul1")
        h = F.elemwise_add(new, F.elemwise_mul(update, states[0], name=t + "mul20"), name=t + "out")
        return h, [h]
