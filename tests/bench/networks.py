"""The two networks of the benchmark, as data: layers, first weights and one batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RATE = 0.05


@dataclass(frozen=True)
class Layer:
    """``dense`` or ``conv`` of `size` outputs; an activation and a pool may follow."""

    kind: str
    size: int
    activation: str = ""
    pool: bool = False


@dataclass(frozen=True)
class Network:
    """Layers on one input shape."""

    name: str
    batch: int
    shape: tuple[int, ...]
    layers: tuple[Layer, ...]

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """One batch: float32 inputs and class numbers."""
        draw = np.random.default_rng(0)
        x = draw.random((self.batch, *self.shape), np.float32)
        return x, draw.integers(0, 10, self.batch).astype(np.float32)

    def weights(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """A weight and a bias a layer, in MXNet's layout."""
        draw = np.random.default_rng(1)
        shape, out = self.shape, []
        for layer in self.layers:
            if layer.kind == "conv":
                weight = (layer.size, shape[0], 5, 5)
                side = [n - 4 for n in shape[1:]]
                shape = (layer.size, *[n // 2 if layer.pool else n for n in side])
            else:
                weight = (layer.size, int(np.prod(shape)))
                shape = (layer.size,)
            scale = 1 / np.sqrt(np.prod(weight[1:]))
            out.append((draw.normal(0, scale, weight).astype(np.float32), np.zeros(layer.size, np.float32)))
        return out


ALL = {
    "mlp": Network("MLP 784-[64]x8-10", 32, (784,), (*[Layer("dense", 64, "relu")] * 8, Layer("dense", 10))),
    "lenet": Network(
        "LeNet",
        64,
        (1, 28, 28),
        (
            Layer("conv", 20, "tanh", pool=True),
            Layer("conv", 50, "tanh", pool=True),
            Layer("dense", 500, "tanh"),
            Layer("dense", 10),
        ),
    ),
}
