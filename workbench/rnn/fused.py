"""All layers and steps of a recurrent network as one operator, `sym.RNN`.

Its parameters are one vector; `unpack_weights` names the parts, which are those of the stack of cells that
`unfuse` gives, so that either can take the other's weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.arguments import Positive, Share, checked
from workbench.errors import ArgumentError, NotSupportedError, ShapeError
from workbench.imperative import nd
from workbench.rnn.cell import BaseRNNCell, RNNCell, RNNParams, Weights
from workbench.rnn.gated import GRUCell, LSTMCell
from workbench.rnn.modifier import DropoutCell
from workbench.rnn.sequence import arranged, as_whole, for_batch, time_axis
from workbench.rnn.stack import BidirectionalCell, SequentialRNNCell
from workbench.symbolic import sym
from workbench.symbolic.symbol import Symbol
from workbench.train.initializer.fused_rnn import GATES, FusedRNN, input_size, parts


class FusedRNNCell(BaseRNNCell):
    """Stacked recurrent layers as one operator.

    Args:
        num_hidden: size of each layer's output and states, in each direction.
        num_layers: how many.
        mode: ``"rnn_relu"``, ``"rnn_tanh"``, ``"lstm"`` or ``"gru"``.
        bidirectional: read from both ends; the output is twice as large.
        dropout: probability of dropping an element between layers, in training.
        get_next_state: whether `unroll` gives the last states; otherwise it gives none.
        forget_bias: what an LSTM's forget gates begin with.
        prefix: of all names; the mode by default.
        params: variables to share.
    """

    only_unrolls = True

    @checked
    def __init__(
        self,
        num_hidden: Positive,
        num_layers: Positive = 1,
        mode: str = "lstm",
        bidirectional: bool = False,
        dropout: Share = 0.0,
        get_next_state: bool = False,
        forget_bias: float = 1.0,
        prefix: str | None = None,
        params: RNNParams | None = None,
    ) -> None:
        if mode not in GATES:
            raise ArgumentError(f"mode must be one of {', '.join(map(repr, GATES))}, got {mode!r}")
        super().__init__(f"{mode}_" if prefix is None else prefix, params)
        self._num_hidden = num_hidden
        self._num_layers = num_layers
        self._mode = mode
        self._bidirectional = bool(bidirectional)
        self._dropout = dropout
        self._get_next_state = get_next_state
        initializer = FusedRNN(None, num_hidden, num_layers, mode, self._bidirectional, forget_bias)
        self._parameter = self._params.get("parameters", init=initializer)
        self._vector = str(self._parameter.name)

    @property
    def state_info(self) -> list[Any]:
        """(layers · directions, batch, num_hidden), twice for an LSTM."""
        shape = (self._num_layers * (1 + self._bidirectional), 0, self._num_hidden)
        count = 2 if self._mode == "lstm" else 1
        return [{"shape": shape, "__layout__": "LNC"} for _ in range(count)]

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Any]]:
        """Is refused: all steps are one operator.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError(
            "a FusedRNNCell has no single step; unroll() it, or unfuse() it into cells that do"
        )

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, list[Any]]:
        """As `BaseRNNCell.unroll`; unmerged by default as one symbol."""
        self.reset()
        whole, axis = as_whole(inputs, length, layout), time_axis(layout)
        if layout not in ("NTC", "TNC"):
            raise ArgumentError(f"a FusedRNNCell unrolls 'NTC' or 'TNC', got {layout!r}")
        whole = sym.swapaxes(whole, dim1=0, dim2=1) if axis == 1 else whole
        given = self._checked(self.begin_state() if begin_state is None else begin_state)
        states = for_batch(given, whole, batch_axis=1)
        names = ("state", "state_cell")[: len(states)]
        made = sym.RNN(
            whole,
            self._parameter,
            state_size=self._num_hidden,
            num_layers=self._num_layers,
            bidirectional=self._bidirectional,
            p=self._dropout,
            state_outputs=self._get_next_state,
            mode=self._mode,
            name=f"{self._prefix}rnn",
            **dict(zip(names, states, strict=True)),
        )
        outputs, *last = list(made)
        if axis == 1:
            outputs = sym.swapaxes(outputs, dim1=0, dim2=1)
        return arranged(outputs, length, layout, merge_outputs), last

    def _parts(self, inputs: int) -> list[tuple[str, int, tuple[int, ...]]]:
        found = parts(inputs, self._num_hidden, self._num_layers, self._mode, self._bidirectional)
        return [(self._prefix + name, offset, shape) for name, offset, shape in found]

    def unpack_weights(self, args: Mapping[str, Any]) -> Weights:
        """The parameters with the vector divided by layer, direction and gate: ``lstm_l0_i2h_i_weight``, …

        Raises:
            ArgumentError: the vector is missing.
            ShapeError: it has another size.
        """
        unpacked = dict(args)
        if self._vector not in unpacked:
            raise ArgumentError(f"FusedRNNCell: {self._vector!r} is not among the parameters")
        vector = unpacked.pop(self._vector)
        inputs = input_size(vector.size, self._num_hidden, self._num_layers, self._mode, self._bidirectional)
        for part, offset, shape in self._parts(inputs):
            size = shape[0] * (shape[1] if len(shape) > 1 else 1)
            unpacked[part] = vector[offset : offset + size].reshape(shape).copy()
        return unpacked

    def pack_weights(self, args: Mapping[str, Any]) -> Weights:
        """The reverse of `unpack_weights`.

        Raises:
            ArgumentError: a part is missing.
            ShapeError: a part has another shape.
        """
        packed = dict(args)
        first = f"{self._prefix}l0_i2h{GATES[self._mode][0]}_weight"
        if first not in packed:
            raise ArgumentError(f"FusedRNNCell: {first!r} is not among the parameters")
        inputs = packed[first].shape[1]
        pieces = []
        for part, _, shape in self._parts(inputs):
            if part not in packed:
                raise ArgumentError(f"FusedRNNCell: {part!r} is not among the parameters")
            if packed[part].shape != shape:
                raise ShapeError(f"FusedRNNCell: {part!r} must have shape {shape}, got {packed[part].shape}")
            pieces.append(packed.pop(part).reshape((-1,)))
        packed[self._vector] = nd.concatenate(pieces)
        return packed

    def unfuse(self) -> SequentialRNNCell:
        """The same network as a stack of cells."""
        stack = SequentialRNNCell()
        for layer in range(self._num_layers):
            if self._bidirectional:
                left, right = (self._cell(f"{self._prefix}{side}{layer}_") for side in "lr")
                stack.add(BidirectionalCell(left, right, output_prefix=f"{self._prefix}bi_l{layer}_"))
            else:
                stack.add(self._cell(f"{self._prefix}l{layer}_"))
            if self._dropout > 0 and layer != self._num_layers - 1:
                stack.add(DropoutCell(self._dropout, prefix=f"{self._prefix}_dropout{layer}_"))
        return stack

    def _cell(self, prefix: str) -> BaseRNNCell:
        if self._mode == "lstm":
            return LSTMCell(self._num_hidden, prefix)
        if self._mode == "gru":
            return GRUCell(self._num_hidden, prefix)
        return RNNCell(self._num_hidden, self._mode.removeprefix("rnn_"), prefix)
