"""What transforms share: they take NumPy images too, and draw from the one seeded stream."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.arguments import Share, checked
from workbench.errors import ArgumentError
from workbench.gluon.block import Block, HybridBlock
from workbench.gluon.nn import Sequential
from workbench.imperative import nd
from workbench.runtime import random


class _OfImages(Block):
    """A block whose input may be a NumPy array."""

    def __call__(self, x: Any, *args: Any) -> Any:
        return super().__call__(nd.array(x, dtype=x.dtype) if isinstance(x, np.ndarray) else x, *args)


class Transform(_OfImages):
    """A transform in plain Python; a subclass defines `forward`."""


class HybridTransform(_OfImages, HybridBlock):
    """A transform that can be part of a graph; a subclass defines `hybrid_forward`."""


def draw() -> np.random.Generator:
    """A generator for the next transform, as `workbench.random.seed` decides."""
    return random.numpy_generator()


def pair(size: Any, what: str) -> tuple[int, int]:
    """(width, height) of one number or two.

    Raises:
        ArgumentError: there are more or fewer.
    """
    found = (size, size) if isinstance(size, int) else tuple(size)
    if len(found) != 2:
        raise ArgumentError(f"{what}: size is a number or (width, height), got {size!r}")
    return found


class Compose(_OfImages, Sequential):
    """Transforms one after another.

    Args:
        transforms: the transforms, or any blocks.
    """

    @checked
    def __init__(self, transforms: Any) -> None:
        super().__init__()
        self.add(*transforms)


class RandomApply(Compose):
    """Transforms that are applied together, or not at all.

    Args:
        transforms: the transforms, or one.
        p: how probable it is that they are applied.
    """

    @checked
    def __init__(self, transforms: Any, p: Share = 0.5) -> None:
        super().__init__([transforms] if isinstance(transforms, Block) else transforms)
        self.p = p

    def forward(self, x: Any, *args: Any) -> Any:
        """The image, transformed or as it is."""
        return x if draw().random() >= self.p else super().forward(x, *args)


class Cast(HybridTransform):
    """Changes the element type.

    Args:
        dtype: the new one.
    """

    @checked
    def __init__(self, dtype: Any = "float32") -> None:
        super().__init__()
        self._dtype = dtype

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: any shape; output: the same."""
        return F.Cast(x, dtype=self._dtype)


class ToTensor(HybridTransform):
    """Bytes (h, w, c) or (n, h, w, c) to numbers 0 … 1, (c, h, w) or (n, c, h, w)."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (..., h, w, c); output: (..., c, h, w)."""
        return F.image.to_tensor(x)


class Normalize(HybridTransform):
    """``(x - mean) / std`` by channel, after `ToTensor`.

    Args:
        mean, std: one number, or one a channel.
    """

    @checked
    def __init__(self, mean: Any = 0.0, std: Any = 1.0) -> None:
        super().__init__()
        self._mean = mean
        self._std = std

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (..., c, h, w); output: the same."""
        return F.image.normalize(x, mean=self._mean, std=self._std)
