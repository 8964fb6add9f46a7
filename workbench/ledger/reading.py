"""Ways of reading a row about space savings: which activation the layer takes, and which numbers are counted.

A published saving is one number; what it was counted from is often not said.  AlexNet's last activation is 5×5 or 6×6
by how its first convolution pads, and a contraction "to (256, 5, 5)" on 6×6 may mean either that 6×6 is kept or that
it is made 5×5.  Each reading has a name, all are computed, and none is chosen to fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.tensor.savings import Head, regression_parameters, savings
from workbench.types import Shape

HIDDEN = (4096, 4096, 1000)  # the dense layers of AlexNet and of VGG
POOLED = 2048  # what ResNet-101's dense layer takes: each channel's mean


@dataclass(frozen=True)
class Row:
    """What a row says, in numbers.

    Attributes:
        layer: ``"TCL"``, ``"TRL"``, or ``""`` for the network as it was.
        size: what the contraction gives, or the rank of the regression weight.
        widths: outputs of the dense layers one after another, the classes last.
    """

    layer: str
    size: Shape
    widths: Sequence[int]


@dataclass(frozen=True)
class Reading:
    """A way to read a row.

    Attributes:
        name: in the ledger.
        how: in words.
        saved: the part of the numbers that is saved.
    """

    name: str
    how: str
    saved: float


COUNTED: Mapping[
    str, tuple[str, slice, bool]
] = {  # by what a name ends in: in words, which layers, biases or not
    "": ("the factors and the dense layers' weights count", slice(None), False),
    ", biases": ("the factors and the dense layers' weights and biases count", slice(None), True),
    ", hidden": ("the factors and the weights of all dense layers but the last count", slice(-1), False),
}
PLACES: Mapping[
    str, tuple[str, int, bool]
] = {  # in words, the activation's side, whether a contraction keeps it
    "5×5": ("the activation is (256, 5, 5)", 5, False),
    "6×6": ("the activation is (256, 6, 6), and a contraction keeps 6×6", 6, True),
    "6×6 to 5×5": ("the activation is (256, 6, 6), and a contraction makes it 5×5", 6, False),
}


def alexnet(row: Row) -> list[Reading]:
    """Readings of a row about AlexNet: three activations, by three ways to count."""
    found = []
    for place, (taken, side, kept) in PLACES.items():
        size = (row.size[0], side, side) if kept and row.size else row.size
        shape = (256, side, side)
        found += _readings(place, taken, Head(shape, HIDDEN), Head(shape, row.widths, size or None))
    return found


def vgg(row: Row) -> list[Reading]:
    """Readings of a row about VGG-19, whose last activation is (512, 7, 7)."""
    shape = (512, 7, 7)
    return _readings(
        "7×7", "the activation is (512, 7, 7)", Head(shape, HIDDEN), Head(shape, row.widths, row.size or None)
    )


def resnet(row: Row) -> list[Reading]:
    """Readings of a row about ResNet-101: a regression weight against the dense layer after pooling."""
    (classes,) = row.widths
    compact = regression_parameters((POOLED, 7, 7), (classes,), row.size)
    dense = POOLED * classes
    how = "core and factors of the weight (2048, 7, 7, 1000), against the dense layer's 2048×1000"
    return [
        Reading("7×7", how, savings(dense, compact)),
        Reading("7×7, biases", f"{how}, biases in both", savings(dense + classes, compact + classes)),
    ]


def _readings(place: str, taken: str, before: Head, after: Head) -> list[Reading]:
    return [
        Reading(
            place + word,
            f"{taken}; {how}",
            savings(_numbers(before, layers, biases), _numbers(after, layers, biases)),
        )
        for word, (how, layers, biases) in COUNTED.items()
    ]


def _numbers(head: Head, layers: slice, biases: bool) -> int:
    return head.contraction + sum(head.dense[layers]) + (head.biases if biases else 0)
