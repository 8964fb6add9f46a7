"""The parameters of a fused recurrent network: one vector, and what stands where in it.

First all weights, then all biases; each layer by layer, direction by direction (``l``, then ``r``), input to
hidden before hidden to hidden, gate by gate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd
from workbench.train.initializer.base import InitDesc, Initializer, create, register

GATES = {
    "rnn_relu": ("",),
    "rnn_tanh": ("",),
    "lstm": ("_i", "_f", "_c", "_o"),
    "gru": ("_r", "_z", "_o"),
}
Part = tuple[str, int, tuple[int, ...]]


def parts(inputs: int, hidden: int, layers: int, mode: str, bidirectional: bool) -> list[Part]:
    """(name, offset, shape) of every weight and bias of one gate, such as ``l0_i2h_i_weight``."""
    sides = "lr" if bidirectional else "l"
    found: list[Part] = []
    offset = 0
    for kind in ("weight", "bias"):
        for layer in range(layers):
            below = inputs if layer == 0 else hidden * len(sides)
            for side in sides:
                for group, width in (("i2h", below), ("h2h", hidden)):
                    for gate in GATES[mode]:
                        shape = (hidden, width) if kind == "weight" else (hidden,)
                        found.append((f"{side}{layer}_{group}{gate}_{kind}", offset, shape))
                        offset += int(np.prod(shape))
    return found


def vector_size(inputs: int, hidden: int, layers: int, mode: str, bidirectional: bool) -> int:
    """Elements of the vector."""
    _, offset, shape = parts(inputs, hidden, layers, mode, bidirectional)[-1]
    return offset + int(np.prod(shape))


def input_size(size: int, hidden: int, layers: int, mode: str, bidirectional: bool) -> int:
    """Size of the inputs that a vector of `size` elements belongs to.

    Raises:
        ShapeError: it belongs to none.
    """
    least = vector_size(0, hidden, layers, mode, bidirectional)
    each = vector_size(1, hidden, layers, mode, bidirectional) - least
    if size < least + each or (size - least) % each:
        raise ShapeError(
            f"{size} parameters fit no {mode} of {layers} layers of {hidden}; with one input it has {least + each}"
        )
    return (size - least) // each


@register
class FusedRNN(Initializer):
    """Fills the vector of a fused recurrent network part by part, as the cells that it stands for.

    Args:
        init: initializer of the parts, or its text; None takes the one the network is initialised by.
        num_hidden, num_layers, mode, bidirectional: as `rnn.FusedRNNCell`.
        forget_bias: of an LSTM's forget gates.

    Raises:
        ArgumentError: there is no such mode.
    """

    @checked
    def __init__(
        self,
        init: Any,
        num_hidden: int,
        num_layers: int,
        mode: str,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ) -> None:
        if mode not in GATES:
            raise ArgumentError(f"mode must be one of {', '.join(map(repr, GATES))}, got {mode!r}")
        init = None if init is None else create(init)
        super().__init__(
            init=None if init is None else init.dumps(),
            num_hidden=num_hidden,
            num_layers=num_layers,
            mode=mode,
            bidirectional=bidirectional,
            forget_bias=forget_bias,
        )
        self._init: Callable[..., None] | None = init
        self._shape = (num_hidden, num_layers, mode, bidirectional)
        self._forget_bias = forget_bias

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        init = self._init or getattr(desc, "global_init", None)
        if init is None:
            raise ArgumentError(f"FusedRNN has no initializer for the parts of {str(desc)!r}; give it one")
        filled = np.zeros(arr.shape, np.float32)
        for name, offset, shape in parts(input_size(arr.size, *self._shape), *self._shape):
            part = nd.zeros(shape)
            if self._shape[2] == "lstm" and name.endswith("_f_bias"):
                part[:] = self._forget_bias
            else:
                init(InitDesc(name, global_init=desc.global_init), part)
            filled[offset : offset + part.size] = part.asnumpy().reshape(-1)
        arr[:] = filled
