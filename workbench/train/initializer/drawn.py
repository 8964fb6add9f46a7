"""Initializers that draw weights at random, at a scale that suits the layer.

A layer multiplies its input by a weight matrix, so the spread of its output grows with the number
of inputs (*fan in*) and, on the way back, that of its gradient with the number of outputs (*fan
out*).  Through many layers the growth compounds; drawing each weight at a scale near
``sqrt(1 / fan)`` keeps signals and gradients at one size.

The numbers come from the workbench's own stream: one seed gives the same weights on every device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.arguments import AboveZero, checked
from workbench.errors import ArgumentError, ShapeError
from workbench.imperative import nd
from workbench.train.initializer.base import InitDesc, Initializer, register


def _uniform(arr: Any, bound: float) -> None:
    arr[:] = nd.random.uniform(-bound, bound, shape=arr.shape, ctx=arr.context)


def _normal(arr: Any, sigma: float) -> None:
    arr[:] = nd.random.normal(0.0, sigma, shape=arr.shape, ctx=arr.context)


@register
class Uniform(Initializer):
    """Weights are uniform in [-scale, scale]."""

    @checked
    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        _uniform(arr, self.scale)


@register
class Normal(Initializer):
    """Weights are normal with mean 0 and standard deviation `sigma`."""

    @checked
    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        _normal(arr, self.sigma)


@register
class Xavier(Initializer):
    """Weights have scale ``sqrt(magnitude / fan)`` (X. Glorot and Y. Bengio, AISTATS 2010).

    Args:
        rnd_type: ``"uniform"`` in plus or minus the scale, or ``"gaussian"`` with it as deviation.
        factor_type: the fan: ``"in"``, ``"out"``, or their mean, ``"avg"``.
        magnitude: 3 makes a uniform weight's variance ``1 / fan``.

    Raises:
        ArgumentError: an argument is not one of these.
    """

    @checked
    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        if rnd_type not in ("uniform", "gaussian"):
            raise ArgumentError(f"rnd_type must be 'uniform' or 'gaussian', got {rnd_type!r}")
        if factor_type not in ("avg", "in", "out"):
            raise ArgumentError(f"factor_type must be 'avg', 'in' or 'out', got {factor_type!r}")
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = float(magnitude)

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        fan_out, fan_in = _fans(self, desc, arr.shape)
        fan = {"avg": (fan_in + fan_out) / 2, "in": fan_in, "out": fan_out}[self.factor_type]
        draw = _uniform if self.rnd_type == "uniform" else _normal
        draw(arr, math.sqrt(self.magnitude / fan))


def _fans(initializer: Initializer, desc: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """Outputs and inputs that one input, or one output, is joined with by a weight (out, in, kernel…)."""
    if len(shape) < 2:
        name = type(initializer).__name__
        raise ShapeError(f"{name} needs a weight of two or more dimensions, {str(desc)!r} has shape {shape}")
    kernel = math.prod(shape[2:])
    return shape[0] * kernel, shape[1] * kernel


@register
class MSRAPrelu(Xavier):
    """Xavier for ReLU layers, which pass on half the variance (K. He et al., arXiv:1502.01852).

    Args:
        factor_type: as for `Xavier`.
        slope: slope of the (leaky) ReLU below zero.
    """

    @checked
    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}


@register
class FanIn(Initializer):
    """Weights have variance ``magnitude / fan in``, the fan the product of the weight's sizes along some axes.

    The factors of a low-rank weight sum over axes of their own choice, which no place in their shape tells.  Factors
    are independent, so the variance of the weight they stand for is the product of theirs times the number of terms
    summed, the ranks: with each axis that is summed, ranks too, the fan of one factor, that is 1 / fan in of the dense
    layer, for which the signal keeps its size (Y. LeCun et al., "Efficient BackProp", 1998, section 4.6).

    Args:
        axes: those that are summed; none: the fan is 1.
        magnitude: 1 keeps the variance of what comes in, 2 makes up for a ReLU.
    """

    @checked
    def __init__(self, axes: Sequence[int] = (1,), magnitude: AboveZero = 1.0) -> None:
        super().__init__(axes=list(axes), magnitude=magnitude)
        self.axes = tuple(axes)
        self.magnitude = magnitude

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        if not all(0 <= axis < arr.ndim for axis in self.axes):
            raise ShapeError(f"FanIn sums over axes {self.axes}, {str(desc)!r} has shape {arr.shape}")
        _normal(arr, math.sqrt(self.magnitude / math.prod(arr.shape[axis] for axis in self.axes)))


@register
class Orthogonal(Initializer):
    """Rows, or columns if there are fewer, are orthogonal (A. Saxe et al., arXiv:1312.6120).

    Args:
        scale: length of each.
        rand_type: ``"uniform"`` or ``"normal"``, the entries of the matrix whose singular vectors are taken.

    Raises:
        ArgumentError: `rand_type` is neither.
    """

    @checked
    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=scale, rand_type=rand_type)
        if rand_type not in ("uniform", "normal"):
            raise ArgumentError(f"rand_type must be 'uniform' or 'normal', got {rand_type!r}")
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, desc: InitDesc, arr: Any) -> None:
        shape = (arr.shape[0], math.prod(arr.shape[1:]))
        draw = nd.random.uniform if self.rand_type == "uniform" else nd.random.normal
        low_or_mean = -1.0 if self.rand_type == "uniform" else 0.0
        left, _, right = np.linalg.svd(draw(low_or_mean, 1.0, shape=shape).asnumpy(), full_matrices=False)
        basis = left if left.shape == shape else right
        arr[:] = (self.scale * basis).reshape(arr.shape).astype(np.float32)
