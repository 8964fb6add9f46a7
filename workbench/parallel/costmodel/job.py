"""What one device does in a step: layer after layer, each with a gradient to be given away.

When a gradient is ready decides what can be sent while the rest is computed, so a job knows its layers: the bytes of
each one's gradient and its part of the computing.  The parts follow from multiplications and additions; how long all
of them take together is measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.arguments import Positive, check, checked
from workbench.errors import ArgumentError
from workbench.graph.infer import Inference
from workbench.graph.node import Node
from workbench.parallel.costmodel.cluster import expect
from workbench.symbolic.symbol import Symbol
from workbench.types import Quantity, Shape

FORWARD = Quantity(
    1 / 3,
    "1",
    "predicted",
    "assumed: backward computes two products, by data and by weights, where forward computes one",
    "forward's part of a step",
)
ONE = Quantity(
    1, "1", "predicted", "assumed: a device computes on one core", "cores that computing keeps busy"
)
NOTHING = Quantity(0, "B", "predicted", "assumed: the data are on the devices", "input")
PRODUCTS = ("Convolution", "FullyConnected")
WIDTH = 4  # bytes of a gradient's numbers


@dataclass(frozen=True)
class Layer:
    """An operator with parameters.

    Attributes:
        name: its node's.
        gradient: bytes of its parameters' gradients.
        work: FLOP of its forward pass.

    Raises:
        ArgumentError: a figure has another unit, or is below zero or infinite.
    """

    name: str
    gradient: Quantity
    work: Quantity

    def __post_init__(self) -> None:
        check(Layer, vars(self), lambda: "Layer")
        expect(self.gradient, f"the gradient of layer {self.name!r}", "B")
        expect(self.work, f"the work of layer {self.name!r}", "FLOP")


@dataclass(frozen=True)
class Job:
    """A step of training, as one device does it.

    Attributes:
        name: of the network.
        layers: in the order of the forward pass.
        batch: examples that each device takes.
        step: s that a device computes, forward, backward and update.
        fed: bytes that each device is sent before.
        forward: forward's part of `step`, in [0, 1].
        busy: cores that a device keeps busy meanwhile, which matters where devices share them.

    Raises:
        ArgumentError: there are no layers, the batch is no number of examples, a figure has another unit or is out of
            its range.
    """

    name: str
    layers: tuple[Layer, ...]
    batch: Positive
    step: Quantity
    fed: Quantity = NOTHING
    forward: Quantity = FORWARD
    busy: Quantity = ONE

    def __post_init__(self) -> None:
        check(Job, vars(self), lambda: "Job")
        if not self.layers:
            raise ArgumentError(f"job {self.name!r} has no layers; one with a gradient is the least")
        expect(self.step, f"the step of {self.name!r}", "s", above=True)
        expect(self.fed, f"the input of {self.name!r}", "B")
        expect(self.forward, f"forward's part of {self.name!r}", "1")
        expect(self.busy, f"the cores that {self.name!r} keeps busy", "1", above=True)
        if self.forward.value > 1:
            raise ArgumentError(
                f"forward's part of {self.name!r} must be 1 or less, got {self.forward.value:g}"
            )

    @property
    def size(self) -> float:
        """Bytes of all gradients."""
        return sum(layer.gradient.value for layer in self.layers)

    def backward(self) -> list[float]:
        """How long each layer's backward pass takes, in s, as its part of the work; alike where no work is known."""
        work = [layer.work.value for layer in self.layers]
        whole = sum(work)
        parts = [each / whole for each in work] if whole else [1 / len(work)] * len(work)
        seconds = self.step.value * (1 - self.forward.value)
        return [part * seconds for part in parts]


@checked
def layers(symbol: Symbol, shapes: Mapping[str, Shape]) -> tuple[Layer, ...]:
    """The layers of a network: each operator that has parameters.

    Work is counted in convolutions and dense layers, two FLOP for each weight and place it is applied at.

    Args:
        symbol: the network.
        shapes: of its inputs by name; they decide all others.

    Raises:
        ArgumentError: the shape of a parameter does not follow from those given, or there are no parameters.
        ShapeError: two shapes contradict.
    """
    apart = {*shapes, *symbol.list_auxiliary_states()}
    inference = Inference(symbol.values, shapes)
    found = []
    for node in symbol.nodes:
        own = [v.node for v in node.inputs if v.node.is_variable and v.node.name not in apart]
        if own and not node.is_variable:
            found.append(_layer(node, own, inference))
    if not found:
        raise ArgumentError("the network has no parameters, so there are no gradients to exchange")
    return tuple(found)


def _layer(node: Node, own: list[Node], inference: Inference) -> Layer:
    known = {each.name: inference.shape(each.value()) for each in own}
    sizes = [math.prod(shape) for shape in known.values() if shape is not None]
    if len(sizes) < len(known):
        missing = ", ".join(name for name, shape in known.items() if shape is None)
        raise ArgumentError(
            f"the shape of {missing} does not follow from those given; give its shape, or the data's"
        )
    size = WIDTH * sum(sizes)
    return Layer(
        node.name,
        Quantity(size, "B", "predicted", f"{WIDTH} bytes a parameter", "gradient"),
        Quantity(_work(node, inference), "FLOP", "predicted", "2 × weights × places", "forward pass"),
    )


def _work(node: Node, inference: Inference) -> float:
    if node.op not in PRODUCTS:
        return 0
    weight, output = inference.shape(node.inputs[1]), inference.shape(node.value())
    assert weight is not None
    assert output is not None  # it follows from the weight's and the data's
    return 2 * math.prod(weight) * math.prod(output) / weight[0]
