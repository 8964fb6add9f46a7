"""Pixel shuffling: channels become resolution (W. Shi et al., arXiv:1609.05158, section 3.2)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import checked
from workbench.gluon.block import HybridBlock
from workbench.gluon.nn.convolution import Size, sizes


class _PixelShuffle(HybridBlock):
    """Groups of channels spread over blocks of pixels; a subclass says over how many axes."""

    _axes: int

    @checked
    def __init__(self, factor: Size) -> None:
        super().__init__()
        self._factors = sizes(factor, self._axes, "factor")

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, product(factors) c, *space); output: (n, c, *(space × factors))."""
        axes = len(self._factors)
        for factor in reversed(self._factors):  # the last is the innermost of the channels
            x = F.reshape(x, shape=(0, -4, -1, factor, -2))
        pairs = [(2 + axes + i, 2 + i) for i in range(axes)]  # each spatial axis, then its factor
        x = F.transpose(x, axes=(0, 1, *[axis for pair in pairs for axis in pair]))
        return F.reshape(x, shape=(0, 0) + (-3,) * axes)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._factors[0] if self._axes == 1 else self._factors})"


class PixelShuffle1D(_PixelShuffle):
    """(n, f c, width) to (n, c, f width).

    Args:
        factor: how much wider.
    """

    _axes = 1


class PixelShuffle2D(_PixelShuffle):
    """(n, f₁ f₂ c, height, width) to (n, c, f₁ height, f₂ width).

    Args:
        factor: one number, or one an axis.
    """

    _axes = 2


class PixelShuffle3D(_PixelShuffle):
    """(n, f₁ f₂ f₃ c, depth, height, width) to (n, c, f₁ depth, f₂ height, f₃ width); as `PixelShuffle2D`."""

    _axes = 3
