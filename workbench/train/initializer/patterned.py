"""Initializers that fill a weight with a pattern its layer calls for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from workbench.arguments import checked
from workbench.errors import ShapeError
from workbench.train.initializer.base import InitDesc, Initializer, register


@register
class Bilinear(Initializer):
    """Weights of a transposed convolution that interpolates: a tent over each kernel.

    To enlarge by a factor f the kernel measures ``2 f - f % 2``.  Source: J. Long et al., CVPR 2015.
    """

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        if len(arr.shape) != 4:
            raise ShapeError(
                f"Bilinear needs a weight (out, in, height, width), {str(desc)!r} has {arr.shape}"
            )
        half = math.ceil(arr.shape[3] / 2)
        centre = (2 * half - 1 - half % 2) / (2 * half)
        rows, columns = (1 - abs(np.arange(n) / half - centre) for n in arr.shape[2:])
        arr[:] = np.broadcast_to(np.outer(rows, columns), arr.shape).astype(np.float32)


@register
class LSTMBias(Initializer):
    """Biases of an LSTM cell: 0, but `forget_bias` for the forget gate, the second of four.

    A cell that starts by remembering can learn what to forget (R. Jozefowicz et al., ICML 2015).
    """

    @checked
    def __init__(self, forget_bias: float = 1.0) -> None:
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        if arr.shape[0] % 4:
            raise ShapeError(f"LSTMBias needs four gates of equal size, {str(desc)!r} has shape {arr.shape}")
        size = arr.shape[0] // 4
        values = np.zeros(arr.shape, np.float32)
        values[size : 2 * size] = self.forget_bias
        arr[:] = values
