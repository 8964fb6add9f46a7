"""The LSTM whose state is projected to fewer numbers."""

from __future__ import annotations

from typing import Any

from workbench.arguments import Count, Positive, checked
from workbench.gluon.parameter import ParameterDict
from workbench.gluon.rnn.cell import HybridRecurrentCell, States


class LSTMPCell(HybridRecurrentCell):
    """A long short-term memory whose output is projected before it is fed back (H. Sak et al., arXiv:1402.1128).

    Args:
        hidden_size: number of units.
        projection_size: of the output and of the state that is fed back.
        i2h_weight_initializer, h2h_weight_initializer, h2r_weight_initializer, i2h_bias_initializer,
            h2h_bias_initializer: how they start.
        input_size: number of inputs; 0 waits for data.
        prefix, params: as `Block`.
    """

    @checked
    def __init__(
        self,
        hidden_size: Positive,
        projection_size: Positive,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        h2r_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: Count = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._hidden_size = hidden_size
        self._projection_size = projection_size
        rows = 4 * hidden_size
        self._declare(
            i2h_weight=((rows, input_size), i2h_weight_initializer),
            h2h_weight=((rows, projection_size), h2h_weight_initializer),
            h2r_weight=((projection_size, hidden_size), h2r_weight_initializer),
            i2h_bias=((rows,), i2h_bias_initializer),
            h2h_bias=((rows,), h2h_bias_initializer),
        )

    def _alias(self) -> str:
        return "lstmp"

    def __repr__(self) -> str:
        rows, columns = self.params[self.params.prefix + "i2h_weight"].shape or (0, 0)
        return f"{type(self).__name__}({columns or None} -> {rows} -> {self._projection_size})"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """The projected state and the memory."""
        sizes = (self._projection_size, self._hidden_size)
        return [{"shape": (batch_size, size), "__layout__": "NC"} for size in sizes]

    def hybrid_forward(self, F: Any, x: Any, states: States, **params: Any) -> Any:
        """x: (n, inputs); states: [r (n, projection), c (n, hidden)]; output: r and the states after."""
        t = f"t{self._counter}_"
        p, rows = params, 4 * self._hidden_size
        i2h = F.FullyConnected(x, p["i2h_weight"], p["i2h_bias"], num_hidden=rows, name=t + "i2h")
        h2h = F.FullyConnected(states[0], p["h2h_weight"], p["h2h_bias"], num_hidden=rows, name=t + "h2h")
        i, f, g, o = F.SliceChannel(i2h + h2h, num_outputs=4, name=t + "slice")
        c = F.sigmoid(f) * states[1] + F.sigmoid(i) * F.tanh(g)
        h = F.sigmoid(o) * F.tanh(c)
        r = F.FullyConnected(
            h, p["h2r_weight"], num_hidden=self._projection_size, no_bias=True, name=t + "out"
        )
        return r, [r, c]
