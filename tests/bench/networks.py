"""The networks of the benchmark, as data: layers, first weights and one batch.

`forward` reads the layers in any framework, given its vocabulary: an object with `dense`, `conv`, `norm`, … for that
framework's arrays.  So the same network is trained everywhere, by each framework's own operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

RATE = 0.05
CLASSES = 10


@dataclass(frozen=True)
class Dense:
    """Inputs flattened, `size` outputs."""

    size: int


@dataclass(frozen=True)
class Conv:
    """`size` channels by a square kernel; no bias where a `Norm` follows."""

    size: int
    kernel: int
    stride: int = 1
    pad: int = 0
    bias: bool = True


@dataclass(frozen=True)
class Norm:
    """Batch normalization with its moving statistics."""


@dataclass(frozen=True)
class Act:
    """``relu`` or ``tanh``."""

    kind: str


@dataclass(frozen=True)
class MaxPool:
    """2 × 2."""


@dataclass(frozen=True)
class MeanPool:
    """Over the whole image."""


@dataclass(frozen=True)
class Residual:
    """``relu(body(x) + shortcut(x))``; an empty shortcut is x itself."""

    body: tuple[Any, ...]
    shortcut: tuple[Any, ...] = ()


@dataclass(frozen=True)
class LSTM:
    """Over (batch, steps, features); the last hidden state."""

    size: int


Layers = Sequence[Any]


@dataclass(frozen=True)
class Parameter:
    """`state` is one that moves without a gradient: a moving mean or variance."""

    name: str
    value: np.ndarray
    state: bool = False


@dataclass(frozen=True)
class Network:
    """Layers on one input shape."""

    name: str
    batch: int
    shape: tuple[int, ...]
    layers: Layers

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """One batch: float32 inputs and class numbers."""
        draw = np.random.default_rng(0)
        x = draw.random((self.batch, *self.shape), np.float32)
        return x, draw.integers(0, CLASSES, self.batch).astype(np.float32)

    def parameters(self) -> list[Parameter]:
        """Every parameter with its first value, in the order in which `forward` asks for them."""
        made = _Parameters()
        made.walk(self.layers, self.shape)
        return made.found


class _Parameters:
    """Walks the layers with the shape of one example, in MXNet's layout."""

    def __init__(self) -> None:
        self.found: list[Parameter] = []
        self._draw = np.random.default_rng(1)

    def _add(self, kind: str, value: np.ndarray, state: bool = False) -> None:
        self.found.append(Parameter(f"{kind}{len(self.found)}", value.astype(np.float32), state))

    def _weight(self, *shape: int) -> None:
        self._add("weight", self._draw.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape))

    def walk(self, layers: Layers, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape after the layers."""
        for layer in layers:
            if isinstance(layer, Dense):
                self._weight(layer.size, int(np.prod(shape)))
                self._add("bias", np.zeros(layer.size))
                shape = (layer.size,)
            elif isinstance(layer, Conv):
                self._weight(layer.size, shape[0], layer.kernel, layer.kernel)
                if layer.bias:
                    self._add("bias", np.zeros(layer.size))
                side = [(n + 2 * layer.pad - layer.kernel) // layer.stride + 1 for n in shape[1:]]
                shape = (layer.size, *side)
            elif isinstance(layer, Norm):
                for kind, value in (("gamma", np.ones), ("beta", np.zeros)):
                    self._add(kind, value(shape[0]))
                for kind, value in (("mean", np.zeros), ("var", np.ones)):
                    self._add(kind, value(shape[0]), state=True)
            elif isinstance(layer, MaxPool):
                shape = (shape[0], *[n // 2 for n in shape[1:]])
            elif isinstance(layer, MeanPool):
                shape = (shape[0], 1, 1)
            elif isinstance(layer, Residual):
                after = self.walk(layer.body, shape)
                self.walk(layer.shortcut, shape)
                shape = after
            elif isinstance(layer, LSTM):
                for inputs in (shape[1], layer.size):
                    self._weight(4 * layer.size, inputs)
                    self._add("bias", np.zeros(4 * layer.size))
                shape = (layer.size,)
        return shape


def forward(ops: Any, layers: Layers, params: Iterator[Any], x: Any) -> Any:
    """The layers' output, by the operations of a framework."""
    for layer in layers:
        if isinstance(layer, Dense):
            x = ops.dense(x, next(params), next(params), layer.size)
        elif isinstance(layer, Conv):
            weight = next(params)
            x = ops.conv(x, weight, next(params) if layer.bias else None, layer)
        elif isinstance(layer, Norm):
            x = ops.norm(x, *[next(params) for _ in range(4)])
        elif isinstance(layer, Act):
            x = getattr(ops, layer.kind)(x)
        elif isinstance(layer, MaxPool):
            x = ops.max_pool(x)
        elif isinstance(layer, MeanPool):
            x = ops.mean_pool(x)
        elif isinstance(layer, Residual):
            body = forward(ops, layer.body, params, x)
            x = ops.relu(body + forward(ops, layer.shortcut, params, x))
        elif isinstance(layer, LSTM):
            x = ops.lstm(x, [next(params) for _ in range(4)], layer.size)
    return x


class Unrolled:
    """Base of the vocabularies that write a recurrent network step by step, with single operations."""

    def lstm(self: Any, x: Any, params: Sequence[Any], size: int) -> Any:
        """x: (batch, steps, features); params: weight and bias for the inputs, then for the hidden state."""
        weight_x, bias_x, weight_h, bias_h = params
        h = c = None
        for step in self.steps(x):
            gates = self.dense(step, weight_x, bias_x, 4 * size)
            if h is not None:
                gates = gates + self.dense(h, weight_h, bias_h, 4 * size)
            i, f, g, o = self.quarters(gates)
            new = self.sigmoid(i) * self.tanh(g)
            c = new if c is None else self.sigmoid(f) * c + new
            h = self.sigmoid(o) * self.tanh(c)
        return h


STEPS = 32


def _block(size: int, stride: int, change: bool) -> Residual:
    body = (
        Conv(size, 3, stride, 1, bias=False),
        Norm(),
        Act("relu"),
        Conv(size, 3, 1, 1, bias=False),
        Norm(),
    )
    return Residual(body, (Conv(size, 1, stride, 0, bias=False), Norm()) if change else ())


def _stage(size: int, stride: int) -> list[Residual]:
    return [_block(size, stride, change=stride > 1), _block(size, 1, False), _block(size, 1, False)]


RELU, TANH = Act("relu"), Act("tanh")
ALL = {
    "mlp": Network("MLP 784-[64]x8-10", 32, (784,), (*[Dense(64), RELU] * 8, Dense(CLASSES))),
    "wide": Network("MLP 784-256-256-10", 64, (784,), (Dense(256), RELU, Dense(256), RELU, Dense(CLASSES))),
    "lenet": Network(
        "LeNet",
        64,
        (1, 28, 28),
        (Conv(20, 5), TANH, MaxPool(), Conv(50, 5), TANH, MaxPool(), Dense(500), TANH, Dense(CLASSES)),
    ),
    "resnet": Network(
        "ResNet-20, 32x32",
        32,
        (3, 32, 32),
        (
            Conv(16, 3, 1, 1, bias=False),
            Norm(),
            RELU,
            *_stage(16, 1),
            *_stage(32, 2),
            *_stage(64, 2),
            MeanPool(),
            Dense(CLASSES),
        ),
    ),
    "lstm": Network(f"LSTM-128 over {STEPS} steps", 32, (STEPS, 128), (LSTM(128), Dense(CLASSES))),
}
