"""A small AlexNet, and the same network with its dense layers made compact.

Nearly all of AlexNet's parameters are in the dense layers behind its convolutions.  A tensor contraction layer (TCL)
makes the activation smaller before they flatten it, or takes the place of one of them; a tensor regression layer (TRL)
takes the place of them all and flattens nothing.

The network is an eighth of AlexNet: an activation of (32, 5, 5) and 512 hidden units, where AlexNet has (256, 5, 5) and
4096.  Both factors being the same, dense layers stay in proportion, and so does what a TCL saves of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from workbench.gluon.block import HybridBlock
from workbench.gluon.nn import Conv2D, Dense, Dropout, HybridSequential, MaxPool2D
from workbench.imperative import nd
from workbench.tensor.layers import TensorContraction, TensorRegression
from workbench.types import Shape

CLASSES, IMAGE = 10, (1, 28, 28)
UNITS, DROPOUT = 512, 0.2


@dataclass(frozen=True)
class Variant:
    """What stands between the convolutions and the ten outputs.

    Attributes:
        name: what it is called in tables.
        tcl: the activation's sizes after a tensor contraction layer, (channels, height, width); without one, None.
        hidden: units of the dense layers before the last, each behind Dropout.
        trl: Tucker rank of a tensor regression layer in place of every dense layer; without one, None.
        published: space savings and accuracy of the row of AlexNet on ImageNet that it is an eighth of, in percent.
    """

    name: str
    tcl: Shape | None = None
    hidden: Shape = (UNITS, UNITS)
    trl: Shape | None = None
    published: tuple[float, float] | None = None


VARIANTS = (
    Variant("baseline", published=(0, 56.29)),
    Variant("add TCL (32, 5, 5), 512 units", (32, 5, 5), published=(-0.11, 57.54)),
    Variant("add TCL (25, 5, 5), 410 units", (25, 5, 5), (410, 410), published=(35.73, 56.11)),
    Variant("replace with TCL (32, 5, 5), 512 units", (32, 5, 5), (512,), published=(44.45, 56.63)),
    Variant("replace with TCL (25, 5, 5), 410 units", (25, 5, 5), (410,)),
    Variant("replace with TCL (16, 4, 4), 256 units", (16, 4, 4), (256,)),
    Variant("TRL, rank (24, 4, 4, 10)", hidden=(), trl=(24, 4, 4, 10)),
    Variant("TRL, rank (8, 3, 3, 10)", hidden=(), trl=(8, 3, 3, 10)),
)


class SmallAlexNet(HybridBlock):
    """Three convolutions, and the dense part that a variant says; Dropout stands where AlexNet has it, but drops less.

    Source: A. Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012.
    """

    def __init__(self, variant: Variant) -> None:
        super().__init__()
        with self.name_scope():
            self.features = HybridSequential()
            self.features.add(
                Conv2D(16, 5, activation="relu"),
                MaxPool2D(2),
                Conv2D(32, 3, activation="relu"),
                MaxPool2D(2),
                Conv2D(32, 3, padding=1, activation="relu"),
            )
            self.dense_part = _dense_part(variant)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, 1, 28, 28); output: (n, 10), not normalised."""
        return self.dense_part(self.features(x))


def _dense_part(variant: Variant) -> HybridSequential:
    layers = HybridSequential()
    if variant.tcl:
        layers.add(TensorContraction(variant.tcl))
    for units in variant.hidden:
        layers.add(Dropout(DROPOUT), Dense(units, activation="relu"))
    layers.add(TensorRegression(CLASSES, variant.trl) if variant.trl else Dense(CLASSES))
    return layers


def parameter_counts(network: SmallAlexNet) -> tuple[int, int]:
    """How many numbers the network learns, biases included: all, and those of the dense part."""
    network.infer_shape(nd.zeros((1, *IMAGE)))
    return _count(network), _count(network.dense_part)


def _count(block: HybridBlock) -> int:
    return sum(math.prod(parameter.shape or ()) for parameter in block.collect_params().values())
