"""What a network's last layers hold, dense or factored, and what that saves: counted from shapes, nothing is built.

Convolutions give an activation tensor of (channels, height, width).  Classifiers flatten it, and the first dense
layer then holds most of a network's numbers.  A tensor contraction layer makes each mode smaller first; a tensor
regression layer does without flattening, with a weight held as Tucker factors.

Source: J. Kossaifi et al., "Tensor Regression Networks", Journal of Machine Learning Research 21, 2020, sections 4
and 5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from workbench.lowrank import Tucker
from workbench.types import Shape


def savings(original: int, compact: int) -> float:
    """The part of the numbers that is saved: 1 − compact / original; below 0 where there are more than before."""
    return 1 - compact / original


@dataclass(frozen=True)
class Head:
    """The layers after the last convolution.

    Attributes:
        activation: what the convolutions give, batch aside.
        widths: the outputs of the dense layers one after another, the classes last.
        contracted: what a tensor contraction layer makes of the activation first; None where there is none.
    """

    activation: Shape
    widths: Sequence[int]
    contracted: Shape | None = None

    @property
    def contraction(self) -> int:
        """Numbers in the factors of the contraction: one matrix a mode."""
        return contraction_parameters(self.activation, self.contracted) if self.contracted else 0

    @property
    def dense(self) -> tuple[int, ...]:
        """Numbers in the weight of each dense layer, biases aside."""
        return tuple(
            a * b for a, b in pairwise((math.prod(self.contracted or self.activation), *self.widths))
        )

    @property
    def biases(self) -> int:
        """Numbers in their biases."""
        return sum(self.widths)


def contraction_parameters(shape: Shape, output: Shape) -> int:
    """Numbers in the factors of a tensor contraction layer, a matrix for each mode of what it takes and gives."""
    return sum(n * r for n, r in zip(shape, output, strict=True))


def regression_parameters(shape: Shape, outputs: Shape, rank: Sequence[int]) -> int:
    """Numbers in the Tucker factors of a tensor regression layer's weight, its bias aside.

    Args:
        shape: of the activation, batch aside.
        outputs: of what it gives, batch aside.
        rank: a number a mode, of the activation first.

    Raises:
        ArgumentError: the rank does not fit the weight.
    """
    weight = (*shape, *outputs)
    form = Tucker()
    return form.parameters(weight, form.resolve(weight, tuple(rank)))
