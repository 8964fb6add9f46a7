"""Residual networks of any depth for images, down to those of a thousand layers.

A unit adds what a few convolutions make of its input to that input, so depth costs no trainability; what it costs
is memory, which is why the course studies memory on it.  Convolution, batch normalisation and a leaky rectifier
follow one another, in the main path and in the shortcut, and nothing comes after the sum: every convolution leaves
three arrays of the same size, of which backward needs at least two.

Source: K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", arXiv:1512.03385, Table 1;
the order within a unit is that of the measurements in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError
from workbench.networks.network import Network
from workbench.symbolic import sym
from workbench.symbolic.naming import NameManager
from workbench.symbolic.symbol import Symbol

UNITS = {  # by the number of layers: a network's convolutions, and its classifier
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
    998: (3, 144, 182, 3),
}
SMALLEST = 5  # pixels a side: what a stride of 2 and a pooling of 3 by 3 leave something of


@checked
def resnet(
    units: int | Sequence[Positive] = 50,
    image: tuple[Positive, Positive, Positive] = (3, 224, 224),
    batch: Positive = 32,
    classes: Positive = 1000,
    bottleneck: bool = True,
    activation: str = "leaky",
    base: Positive = 64,
) -> Network:
    """A residual network for images.

    Args:
        units: how many each stage has; or the number of layers of a network in `UNITS`: 50, 101, 152, 200 or 998.
        image: (channels, height, width).
        batch: images at once.
        classes: to tell apart.
        bottleneck: units of three convolutions (1×1, 3×3, 1×1) with four times as many channels between them
            as inside, instead of two of 3×3.
        activation: ``"leaky"``, or as `sym.Activation` names it.
        base: channels inside the first stage's units; each further stage has twice as many, on a quarter of the
            pixels.

    Raises:
        ArgumentError: there is no network of so many layers, or a size or the activation is none.
    """
    stages = _stages(units)
    if min(image[1:]) < SMALLEST:
        raise ArgumentError(f"resnet(image=…) has {SMALLEST} pixels or more a side, got {image}")
    block = _Block(bottleneck, activation)
    with NameManager():
        x = block.unit(sym.Variable("data"), "conv0", base, kernel=7, stride=2)
        x = sym.Pooling(x, kernel=(3, 3), stride=(2, 2), pool_type="max", name="pool0")
        for stage, count in enumerate(stages):
            for number in range(count):
                stride = 2 if stage and not number else 1
                x = block.residual(x, f"stage{stage}_unit{number}", base << stage, stride, first=not number)
        x = sym.Pooling(x, kernel=(1, 1), global_pool=True, pool_type="avg", name="pool1")
        x = sym.FullyConnected(sym.Flatten(x, name="flat"), num_hidden=classes, name="classes")
        out = sym.SoftmaxOutput(x, name="softmax")
    layers = (3 if bottleneck else 2) * sum(stages) + 2
    return Network(f"ResNet, {layers} layers", out, {"data": (batch, *image), "softmax_label": (batch,)})


@dataclass(frozen=True)
class _Block:
    bottleneck: bool
    activation: str

    def unit(self, x: Symbol, name: str, filters: int, kernel: int, stride: int = 1) -> Symbol:
        """Convolution, normalisation, activation."""
        x = sym.Convolution(
            x,
            num_filter=filters,
            kernel=(kernel, kernel),
            stride=(stride, stride),
            pad=(kernel // 2, kernel // 2),
            no_bias=True,
            name=name,
        )
        x = sym.BatchNorm(x, fix_gamma=False, name=f"{name}_bn")
        if self.activation == "leaky":
            return sym.LeakyReLU(x, name=f"{name}_act")
        return sym.Activation(x, act_type=self.activation, name=f"{name}_act")

    def residual(self, x: Symbol, name: str, filters: int, stride: int, first: bool) -> Symbol:
        """A unit's input and what its convolutions make of it, added; the first of a stage changes the shape."""
        out = 4 * filters if self.bottleneck else filters
        y = self.unit(x, f"{name}_conv0", filters, 1) if self.bottleneck else x
        y = self.unit(y, f"{name}_conv1", filters, 3, stride)
        y = self.unit(y, f"{name}_conv2", out, 1 if self.bottleneck else 3)
        shortcut = self.unit(x, f"{name}_shortcut", out, 1, stride) if first else x
        return sym.elemwise_add(shortcut, y, name=f"{name}_sum")


def _stages(units: int | Sequence[int]) -> tuple[int, ...]:
    if isinstance(units, (int, np.integer)):
        if units not in UNITS:
            known = ", ".join(map(str, UNITS))
            raise ArgumentError(
                f"resnet({units}): networks of {known} layers have names; others by their units"
            )
        return UNITS[int(units)]
    if not len(units):
        raise ArgumentError("resnet(units=…) is a number of layers or of units a stage, got none")
    return tuple(units)
