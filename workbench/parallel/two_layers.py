"""Two layers on two devices, as operations that say what they read and write.

Nobody would schedule even this network by hand: each device computes two layers forward and back, on its half of the
batch, while weights come to it and gradients leave it, and the second layer's gradient can travel while the first
layer's is computed.  Pushed in the plain order of the formulas, the dependency engine finds all of that by itself.

Source: M. Li et al., "Scaling Distributed Machine Learning with the Parameter Server", OSDI 2014, for pushing gradients
and pulling weights; T. Chen et al., "MXNet", 2015, section 2.3, for doing both through the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.arguments import AboveZero, Count, Positive, checked
from workbench.errors import ArgumentError
from workbench.runtime import engine
from workbench.runtime.dependency.variable import Variable
from workbench.runtime.device import Context, cpu

Array = np.ndarray[Any, Any]
LAYERS = (1, 2)
HOST = cpu(0)


@checked
def two_layers(
    devices: Positive = 2,
    batch: Positive = 8,
    width: Positive = 4,
    steps: Positive = 1,
    rate: AboveZero = 0.1,
    seed: Count = 0,
    undeclared: tuple[str, str] | None = None,
) -> dict[str, Array]:
    """Pushes training steps of a tanh layer and a linear one, with a squared error; it waits for nothing.

    The weights are kept on `cpu(0)`; `cpu(1)`, `cpu(2)`, … share the batch.  In each step they copy the weights,
    compute, and add their gradients to sums on `cpu(0)`, which updates the weights.

    Args:
        devices: how many share the batch.
        batch: rows in all, a multiple of `devices`.
        width: of inputs, hidden layer and outputs; weights are of shape (width, width).
        steps: how many, with the same batch.
        rate: what the mean gradient is multiplied by.
        seed: of data and weights.
        undeclared: an operation and a variable, by name, that it does not say it uses: a mistake for
            `engine.race_check` to find.

    Returns:
        All arrays by the names of their variables.  They are there after `engine.wait_for_all()`.

    Raises:
        ArgumentError: an argument does not fit, the batch can't be shared out, or no operation of the name uses such a
            variable.
    """
    if batch % devices:
        raise ArgumentError(f"two_layers(): {devices} devices can't share {batch} rows equally")
    network = Network(devices, batch, width, seed)
    with engine.forgetting(*([] if undeclared is None else [undeclared])):
        network.train(steps, rate)
    return network.arrays


class Network:
    """The arrays and a variable for each, by name; operations write arrays in place.

    Args:
        devices, batch, width, seed: as for `two_layers`; without devices it has neither arrays nor operations.
    """

    def __init__(self, devices: int, batch: int, width: int, seed: int) -> None:
        self.devices, self.batch = devices, batch
        self.arrays: dict[str, Array] = {}
        self.variables: dict[str, Variable] = {}
        if devices:
            self._make(devices, batch, width, seed)

    def train(self, steps: int, rate: float) -> None:
        """Pushes training steps."""
        for _ in range(steps if self.devices else 0):
            for number in range(1, self.devices + 1):
                self.step(cpu(number))
            for layer in LAYERS:
                self.update(layer, rate / self.batch)

    def _make(self, devices: int, batch: int, width: int, seed: int) -> None:
        draw = np.random.default_rng(seed)
        x, y = draw.normal(size=(2, batch, width))
        self.add({f"weight {i}": draw.normal(size=(width, width)) / width**0.5 for i in LAYERS})
        self.add({f"sum {i}": np.zeros((width, width)) for i in LAYERS})
        for d, rows in enumerate(np.split(np.arange(batch), devices), start=1):
            there = {
                "x": x[rows],
                "y": y[rows],
                "hidden": np.zeros_like(x[rows]),
                "error": np.zeros_like(x[rows]),
            }
            for i in LAYERS:
                there |= {f"weight {i}": np.zeros((width, width)), f"gradient {i}": np.zeros((width, width))}
            self.add({f"{name} on cpu({d})": array for name, array in there.items()})

    def add(self, arrays: dict[str, Array]) -> None:
        """Further arrays, each with a variable."""
        self.arrays |= arrays
        self.variables |= {name: engine.new_variable(name) for name in arrays}

    def step(self, device: Context) -> None:
        """What one device does, in the order of the formulas."""
        for i in LAYERS:
            self._push(
                f"copy weight {i} to {device}", _copy, [f"weight {i}"], [f"weight {i} on {device}"], device
            )

        def compute(name: str, fn: Callable[..., None], reads: list[str], writes: str) -> None:
            there = [f"{each} on {device}" for each in reads]
            self._push(f"{name} on {device}", fn, there, [f"{writes} on {device}"], device)

        compute("forward 1", _forward_1, ["x", "weight 1"], "hidden")
        compute("forward 2", _forward_2, ["hidden", "weight 2", "y"], "error")
        compute("backward 2", _backward_2, ["hidden", "error"], "gradient 2")
        self._push(f"add gradient 2 of {device}", _add, [f"gradient 2 on {device}"], ["sum 2"], device)
        compute("backward 1", _backward_1, ["x", "hidden", "error", "weight 2"], "gradient 1")
        self._push(f"add gradient 1 of {device}", _add, [f"gradient 1 on {device}"], ["sum 1"], device)

    def update(self, layer: int, rate: float) -> None:
        """What the host does when all gradients of a layer are there."""

        def fn(weight: Array, total: Array) -> None:
            weight -= rate * total
            total[:] = 0

        self._push(f"update {layer}", fn, [], [f"weight {layer}", f"sum {layer}"], HOST)

    def _push(
        self, name: str, fn: Callable[..., None], reads: list[str], writes: list[str], on: Context
    ) -> None:
        arrays = [self.arrays[each] for each in (*reads, *writes)]
        const, mutable = ([self.variables[each] for each in names] for names in (reads, writes))
        engine.push(lambda: fn(*arrays), const, mutable, device=on, name=name)


def _copy(source: Array, target: Array) -> None:
    target[:] = source


def _add(gradient: Array, total: Array) -> None:
    total += gradient


def _forward_1(x: Array, w: Array, hidden: Array) -> None:
    np.matmul(x, w, out=hidden)
    np.tanh(hidden, out=hidden)


def _forward_2(hidden: Array, w: Array, y: Array, error: Array) -> None:
    np.matmul(hidden, w, out=error)
    error -= y


def _backward_2(hidden: Array, error: Array, gradient: Array) -> None:
    np.matmul(hidden.T, error, out=gradient)


def _backward_1(x: Array, hidden: Array, error: Array, w: Array, gradient: Array) -> None:
    np.matmul(x.T, (error @ w.T) * (1 - hidden * hidden), out=gradient)
