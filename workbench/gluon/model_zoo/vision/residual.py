"""Residual blocks: what a few convolutions add to their input.

Version 1 activates after the sum (K. He et al., arXiv:1512.03385, figure 5); version 2 before each convolution, so
that the shortcut is not touched (K. He et al., arXiv:1603.05027, figure 4e).
"""

from __future__ import annotations

from typing import Any

from workbench.arguments import Count, Positive, checked
from workbench.gluon import nn
from workbench.gluon.block import HybridBlock


def conv3x3(channels: int, stride: int, in_channels: int) -> nn.Conv2D:
    """A padded 3 × 3 convolution without a bias."""
    return nn.Conv2D(
        channels, kernel_size=3, strides=stride, padding=1, use_bias=False, in_channels=in_channels
    )


class _V1(HybridBlock):
    """Sum, then activation; a subclass makes the body."""

    _body_first = False  # MXNet's order in the sum, which is the order of the graph's arguments

    @checked
    def __init__(
        self,
        channels: Positive,
        stride: Positive,
        downsample: bool = False,
        in_channels: Count = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.body = nn.HybridSequential(prefix="")
        self._fill(channels, stride, in_channels)
        self.downsample = None
        if downsample:
            self.downsample = nn.HybridSequential(prefix="")
            self.downsample.add(
                nn.Conv2D(channels, kernel_size=1, strides=stride, use_bias=False, in_channels=in_channels),
                nn.BatchNorm(),
            )

    def _fill(self, channels: int, stride: int, in_channels: int) -> None:
        raise NotImplementedError

    def _shortcut(self, x: Any) -> Any:
        return x if self.downsample is None else self.downsample(x)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, in_channels, h, w); output: (n, channels, h / stride, w / stride)."""
        first, second = (self.body, self._shortcut) if self._body_first else (self._shortcut, self.body)
        return F.Activation(first(x) + second(x), act_type="relu")


class BasicBlockV1(_V1):
    """Two 3 × 3 convolutions.

    Args:
        channels: of the output.
        stride: 1, or 2 to halve the image.
        downsample: whether the shortcut is a convolution, as it must be where shapes differ.
        in_channels: of the input; 0 waits for data.
    """

    def _fill(self, channels: int, stride: int, in_channels: int) -> None:
        self.body.add(conv3x3(channels, stride, in_channels), nn.BatchNorm(), nn.Activation("relu"))
        self.body.add(conv3x3(channels, 1, channels), nn.BatchNorm())


class BottleneckV1(_V1):
    """1 × 1 to a quarter of the channels, 3 × 3, and 1 × 1 back; arguments as `BasicBlockV1`.

    As in MXNet, the 1 × 1 convolutions keep their biases and the first of them strides.
    """

    _body_first = True

    def _fill(self, channels: int, stride: int, in_channels: int) -> None:
        inside = channels // 4
        self.body.add(nn.Conv2D(inside, kernel_size=1, strides=stride), nn.BatchNorm(), nn.Activation("relu"))
        self.body.add(conv3x3(inside, 1, inside), nn.BatchNorm(), nn.Activation("relu"))
        self.body.add(nn.Conv2D(channels, kernel_size=1, strides=1), nn.BatchNorm())


class _V2(HybridBlock):
    """Normalise, activate, convolve, in turn; the sum is left alone.  A subclass makes the convolutions."""

    @checked
    def __init__(
        self,
        channels: Positive,
        stride: Positive,
        downsample: bool = False,
        in_channels: Count = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._stages = [(nn.BatchNorm(), c) for c in self._convolutions(channels, stride, in_channels)]
        for number, (normalise, convolve) in enumerate(self._stages, 1):
            setattr(self, f"bn{number}", normalise)
            setattr(self, f"conv{number}", convolve)
        self.downsample = (
            nn.Conv2D(channels, 1, stride, use_bias=False, in_channels=in_channels) if downsample else None
        )

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> list[nn.Conv2D]:
        raise NotImplementedError

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, in_channels, h, w); output: (n, channels, h / stride, w / stride)."""
        shortcut = x
        for number, (normalise, convolve) in enumerate(self._stages):
            x = F.Activation(normalise(x), act_type="relu")
            if number == 0 and self.downsample is not None:
                shortcut = self.downsample(x)
            x = convolve(x)
        return x + shortcut


class BasicBlockV2(_V2):
    """Two 3 × 3 convolutions; arguments as `BasicBlockV1`."""

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> list[nn.Conv2D]:
        return [conv3x3(channels, stride, in_channels), conv3x3(channels, 1, channels)]


class BottleneckV2(_V2):
    """1 × 1 to a quarter of the channels, 3 × 3, and 1 × 1 back; arguments as `BasicBlockV1`."""

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> list[nn.Conv2D]:
        inside = channels // 4
        return [
            nn.Conv2D(inside, kernel_size=1, use_bias=False),
            conv3x3(inside, stride, inside),
            nn.Conv2D(channels, kernel_size=1, use_bias=False),
        ]
