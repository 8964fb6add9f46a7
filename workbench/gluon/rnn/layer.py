"""Fused layers: whole sequences, all layers and both directions in the operator `RNN`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from workbench.arguments import Count, Positive, Share, checked
from workbench.errors import ArgumentError, NotSupportedError, ShapeError
from workbench.gluon.block import HybridBlock
from workbench.gluon.parameter import Parameter
from workbench.gluon.rnn.cell import NAMELESS, RecurrentCell, States
from workbench.gluon.rnn.gated import GRUCell, LSTMCell, RNNCell
from workbench.gluon.rnn.modifier import DropoutCell
from workbench.gluon.rnn.sequence import ONE, zeros_like_batch
from workbench.gluon.rnn.stack import BidirectionalCell, HybridSequentialRNNCell
from workbench.imperative import nd
from workbench.imperative.ndarray import NDArray

GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}


class _RNNLayer(HybridBlock):
    """Stacked recurrent layers; a subclass says of which cells."""

    _mode: str

    @checked
    def __init__(
        self,
        hidden_size: Positive,
        num_layers: Positive = 1,
        layout: str = "TNC",
        dropout: Share = 0,
        bidirectional: bool = False,
        input_size: Count = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        dtype: Any = "float32",
        use_sequence_length: bool = False,
        **kwargs: Any,
    ) -> None:
        if layout not in ("TNC", "NTC"):
            raise ArgumentError(f"{type(self).__name__}: layout is 'TNC' or 'NTC', got {layout!r}")
        super().__init__(**kwargs)
        self._hidden_size = hidden_size
        self._num_layers = num_layers
        self._layout = layout
        self._dropout = dropout
        self._directions = "lr" if bidirectional else "l"
        self._input_size = input_size
        self._inits = {
            "i2h_weight": i2h_weight_initializer,
            "h2h_weight": h2h_weight_initializer,
            "i2h_bias": i2h_bias_initializer,
            "h2h_bias": h2h_bias_initializer,
        }
        self._use_sequence_length = use_sequence_length
        self._dtype = dtype
        for name, shape in self._shapes():
            facts = {"init": self._inits[name.partition("_")[2]], "dtype": dtype, "allow_deferred_init": True}
            setattr(self, name, self.params.get(name, shape=shape, **facts))

    def _shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The parameters in the order in which they are made."""
        rows = GATES[self._mode] * self._hidden_size
        width = self._input_size
        for layer in range(self._num_layers):
            for side in self._directions:
                yield f"{side}{layer}_i2h_weight", (rows, width)
                yield f"{side}{layer}_h2h_weight", (rows, self._hidden_size)
                yield f"{side}{layer}_i2h_bias", (rows,)
                yield f"{side}{layer}_h2h_bias", (rows,)
            width = self._hidden_size * len(self._directions)

    def _structural(self, prefix: str = "") -> dict[str, Parameter]:
        """Parameters by their place in the stack of cells that the layer stands for."""
        found = {}
        for name, parameter in self._reg_params.items():
            place, _, rest = name.partition("_")
            cell = f".{place[0]}_cell" if len(self._directions) == 2 else ""
            found[f"{prefix}_unfused.{place[1:]}{cell}.{rest}"] = parameter
        return found

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape, layout and dtype of each state."""
        shape = (self._num_layers * len(self._directions), batch_size, self._hidden_size)
        info = {"shape": shape, "__layout__": "LNC", "dtype": self._dtype}
        return [dict(info) for _ in range(2 if self._mode == "lstm" else 1)]

    def cast(self, dtype: Any) -> None:
        """Goes over to another dtype, in which states begin too."""
        super().cast(dtype)
        self._dtype = dtype

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any) -> States:
        """The states before the first step.

        Args:
            batch_size: number of sequences.
            func: makes a state: `nd.zeros`, `sym.var` and the like.
            kwargs: what `func` takes beside name and shape; a `dtype` replaces the layer's.
        """
        named = [{} if func in NAMELESS else {"name": f"{self.prefix}h0_{i}"} for i in range(2)]
        return [
            func(**{"shape": info["shape"], "dtype": info["dtype"], **name, **kwargs})
            for info, name in zip(self.state_info(batch_size), named, strict=False)
        ]

    def __call__(self, inputs: Any, states: Any = None, sequence_length: Any = None) -> Any:
        """Runs the sequences.

        Args:
            inputs: (t, n, inputs), or (n, t, inputs) with the layout ``NTC``.
            states: those to start from, (layers × directions, n, hidden) each; zeros by default.
            sequence_length: (n,) with `use_sequence_length`: how long each sequence is.

        Returns:
            The outputs, (t, n, hidden × directions) in the layout; and where states are given the states after.

        Raises:
            ShapeError: the inputs have not three axes, or a state has another shape.
            ArgumentError: lengths are given without `use_sequence_length`, or not given with it.
        """
        if (sequence_length is not None) != self._use_sequence_length:
            raise ArgumentError(
                f"{self.name} was made with use_sequence_length={self._use_sequence_length}, and called "
                f"{'without' if sequence_length is None else 'with'} sequence_length"
            )
        states = [states] if isinstance(states, ONE) else states
        if isinstance(inputs, NDArray):
            self._check(inputs, states)
        if self._use_sequence_length:
            return super().__call__(inputs, states, sequence_length)
        return super().__call__(inputs, states)

    def _check(self, inputs: NDArray, states: States | None) -> None:
        if len(inputs.shape) != 3:
            raise ShapeError(
                f"{self.name} takes inputs of three axes, {self._layout}: T steps, N sequences, C numbers each; "
                f"got shape {inputs.shape}"
            )
        if states is None:
            return
        wanted = [info["shape"] for info in self.state_info(inputs.shape[self._layout.index("N")])]
        if [s.shape for s in states] != wanted:
            raise ShapeError(
                f"{self.name} takes states of shapes {', '.join(map(str, wanted))}, got "
                f"{', '.join(str(s.shape) for s in states)}"
            )

    def hybrid_forward(
        self, F: Any, x: Any, states: Any = None, sequence_length: Any = None, **params: Any
    ) -> Any:
        """The outputs, and where states are given the states after."""
        steps = F.swapaxes(x, dim1=0, dim2=1) if self._layout == "NTC" else x
        started = states is not None
        if not started:
            states = [zeros_like_batch(steps, info["shape"], 1) for info in self.state_info()]
        ended = {"sequence_length": sequence_length} if self._use_sequence_length else {}
        cells = {"state_cell": states[1]} if self._mode == "lstm" else {}
        output, *after = F.RNN(
            data=steps,
            parameters=self._packed(F, steps, params),
            state=states[0],
            **cells,
            **ended,
            state_size=self._hidden_size,
            num_layers=self._num_layers,
            bidirectional=len(self._directions) == 2,
            p=self._dropout,
            state_outputs=True,
            mode=self._mode,
            use_sequence_length=self._use_sequence_length,
        )
        if self._layout == "NTC":
            output = F.swapaxes(output, dim1=0, dim2=1)
        return (output, after) if started else output

    def _packed(self, F: Any, steps: Any, params: dict[str, Any]) -> Any:
        """All weights, then all biases, each layer by layer and direction by direction."""
        rows = GATES[self._mode] * self._hidden_size
        parts = []
        for kind in ("weight", "bias"):
            for layer in range(self._num_layers):
                for side in self._directions:
                    for gate in ("i2h", "h2h"):
                        part = params[f"{side}{layer}_{gate}_{kind}"]
                        if (layer, gate, kind) == (0, "i2h", "weight"):
                            parts.append(F._rnn_input_weight(steps, part, rows=rows))
                        else:
                            parts.append(F.Reshape(part, shape=(-1,)))
        return F.concat(*parts, dim=0)

    def _unfuse(self) -> HybridSequentialRNNCell:
        """The stack of cells, sharing these parameters, that the layer stands for."""
        stack = HybridSequentialRNNCell(prefix=self.prefix, params=self.params)
        width = self._input_size
        with stack.name_scope():
            for layer in range(self._num_layers):
                cells = [self._cell(f"{side}{layer}_", width) for side in self._directions]
                stack.add(cells[0] if len(cells) == 1 else BidirectionalCell(cells[0], cells[1]))
                if self._dropout > 0 and layer < self._num_layers - 1:
                    stack.add(DropoutCell(self._dropout))
                width = self._hidden_size * len(self._directions)
        return stack

    def _cell(self, prefix: str, width: int) -> RecurrentCell:
        facts: dict[str, Any] = {f"{k}_initializer": v for k, v in self._inits.items()}
        facts.update(prefix=prefix, input_size=width)
        if self._mode in ("lstm", "gru"):
            return (LSTMCell if self._mode == "lstm" else GRUCell)(self._hidden_size, **facts)
        return RNNCell(self._hidden_size, activation=self._mode.removeprefix("rnn_"), **facts)

    def __repr__(self) -> str:
        rows, columns = self._reg_params["l0_i2h_weight"].shape or (0, 0)
        parts = [f"{columns or None} -> {rows // GATES[self._mode]}", self._layout]
        parts += [f"num_layers={self._num_layers}"] * (self._num_layers != 1)
        parts += [f"dropout={self._dropout}"] * (self._dropout != 0)
        parts += ["bidirectional"] * (len(self._directions) == 2)
        return f"{type(self).__name__}({', '.join(parts)})"


class RNN(_RNNLayer):
    """Elman's network over whole sequences; `RNNCell` is one step of it.

    Args:
        hidden_size: number of units.
        num_layers: how many layers stand on one another.
        activation: ``relu`` or ``tanh``.
        layout: order of the axes time, batch and channels, ``TNC`` or ``NTC``.
        dropout: between layers, in training.
        bidirectional: run over the sequences backwards too.
        i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer: how they
            start.
        input_size: number of inputs; 0 waits for data.
        dtype: of the parameters.
        kwargs: ``use_sequence_length``, whether calls state how long each sequence is; ``prefix``, ``params``.

    Raises:
        ArgumentError: the layout or the activation is another.
    """

    @checked
    def __init__(
        self,
        hidden_size: Positive,
        num_layers: Positive = 1,
        activation: str = "relu",
        layout: str = "TNC",
        dropout: Share = 0,
        bidirectional: bool = False,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: Count = 0,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        if activation not in ("relu", "tanh"):
            raise ArgumentError(f"RNN: activation is 'relu' or 'tanh', got {activation!r}")
        self._mode = f"rnn_{activation}"
        super().__init__(
            hidden_size,
            num_layers,
            layout,
            dropout,
            bidirectional,
            input_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            dtype,
            **kwargs,
        )


class LSTM(_RNNLayer):
    """Long short-term memory over whole sequences; `LSTMCell` is one step of it.

    Args: as `RNN`, without the activation; and
        projection_size, h2r_weight_initializer, state_clip_min, state_clip_max, state_clip_nan: projected and
            clipped states, which are not supported.

    Raises:
        NotSupportedError: projected or clipped states were asked for.
    """

    _mode = "lstm"

    @checked
    def __init__(
        self,
        hidden_size: Positive,
        num_layers: Positive = 1,
        layout: str = "TNC",
        dropout: Share = 0,
        bidirectional: bool = False,
        input_size: Count = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        projection_size: Positive | None = None,
        h2r_weight_initializer: Any = None,
        state_clip_min: float | None = None,
        state_clip_max: float | None = None,
        state_clip_nan: bool = False,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        if projection_size:
            raise NotSupportedError(
                "LSTM: projection_size; gluon.contrib.rnn.LSTMPCell projects step by step"
            )
        if state_clip_min is not None or state_clip_max is not None or state_clip_nan:
            raise NotSupportedError("LSTM: clipped states; clip them in an LSTMCell of your own")
        super().__init__(
            hidden_size,
            num_layers,
            layout,
            dropout,
            bidirectional,
            input_size,
            i2h_weight_initializer,
            h2h_weight_initializer,
            i2h_bias_initializer,
            h2h_bias_initializer,
            dtype,
            **kwargs,
        )


class GRU(_RNNLayer):
    """Gated recurrent units over whole sequences; `GRUCell` is one step.  Args: as `RNN`, without the activation."""

    _mode = "gru"
