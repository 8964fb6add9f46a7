"""MobileNet: convolutions split into one per channel and one across channels.

Version 1 stacks such pairs (A. Howard et al., arXiv:1704.04861, table 1); version 2 widens inside a block and
puts the shortcut where the channels are few (M. Sandler et al., arXiv:1801.04381, table 2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.arguments import AboveZero, Count, Positive, checked
from workbench.gluon import nn
from workbench.gluon.block import HybridBlock
from workbench.gluon.model_zoo.vision.classifier import Classifier, check_untrained, variant

# Version 1: channels and stride of each pair after the first convolution.
PAIRS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
# Version 2: widening, channels, blocks and first stride of each group.
GROUPS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 1),
    (6, 96, 3, 2),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class RELU6(HybridBlock):
    """``min(max(x, 0), 6)``."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: any shape; output: the same."""
        return F.clip(x, a_min=0, a_max=6, name="relu6")


def _convolve(
    layers: nn.HybridSequential,
    channels: int,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    activation: Callable[[], HybridBlock] | None = None,
) -> None:
    """Appends a convolution, its normalisation and, if there is one, its activation."""
    layers.add(
        nn.Conv2D(channels, kernel, stride, kernel // 2, groups=groups, use_bias=False), nn.BatchNorm()
    )
    if activation is not None:
        layers.add(activation())


def _relu() -> nn.Activation:
    return nn.Activation("relu")


class LinearBottleneck(HybridBlock):
    """Widens, convolves each channel for itself, and narrows without an activation.

    Args:
        in_channels, channels: of input and output.
        t: how many times wider it is inside.
        stride: 1, or 2 to halve the image.
    """

    @checked
    def __init__(
        self, in_channels: Count, channels: Positive, t: int, stride: Positive, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.use_shortcut = stride == 1 and in_channels == channels
        wide = in_channels * t
        with self.name_scope():
            self.out = nn.HybridSequential()
            _convolve(self.out, wide, activation=RELU6)
            _convolve(self.out, wide, 3, stride, groups=wide, activation=RELU6)
            _convolve(self.out, channels)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, in_channels, h, w); output: (n, channels, h / stride, w / stride)."""
        out = self.out(x)
        return F.elemwise_add(out, x) if self.use_shortcut else out


class MobileNet(Classifier):
    """Version 1.

    Args:
        multiplier: factor of all channels.
        classes: number of classes.
    """

    @checked
    def __init__(self, multiplier: AboveZero = 1.0, classes: Positive = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            channels = int(32 * multiplier)
            _convolve(self.features, channels, 3, 2, activation=_relu)
            for wanted, stride in PAIRS:
                _convolve(self.features, channels, 3, stride, groups=channels, activation=_relu)
                channels = int(wanted * multiplier)
                _convolve(self.features, channels, activation=_relu)
            self.features.add(nn.GlobalAvgPool2D(), nn.Flatten())
            self.output = nn.Dense(classes)


class MobileNetV2(Classifier):
    """Version 2.

    Args:
        multiplier: factor of all channels but, where it is below 1, the last.
        classes: number of classes.
    """

    @checked
    def __init__(self, multiplier: AboveZero = 1.0, classes: Positive = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="features_")
            with self.features.name_scope():
                self._add_features(multiplier)
            self.output = nn.HybridSequential(prefix="output_")
            with self.output.name_scope():
                self.output.add(nn.Conv2D(classes, 1, use_bias=False, prefix="pred_"), nn.Flatten())

    def _add_features(self, multiplier: float) -> None:
        channels = int(32 * multiplier)
        _convolve(self.features, channels, 3, 2, activation=RELU6)
        for widening, wanted, blocks, stride in GROUPS:
            for number in range(blocks):
                inside, channels = channels, int(wanted * multiplier)
                self.features.add(LinearBottleneck(inside, channels, widening, stride if number == 0 else 1))
        _convolve(self.features, int(1280 * max(multiplier, 1.0)), activation=RELU6)
        self.features.add(nn.GlobalAvgPool2D())


def get_mobilenet(
    multiplier: float, pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any
) -> MobileNet:
    """MobileNet, version 1, with all channels times `multiplier`.

    Args:
        multiplier: factor of the channels.
        pretrained, ctx, root: MXNet's download of weights, which is not supported.
        kwargs: as `MobileNet`.

    Raises:
        NotSupportedError: `pretrained` is on.
    """
    check_untrained("get_mobilenet", pretrained)
    return MobileNet(multiplier, **kwargs)


def get_mobilenet_v2(
    multiplier: float, pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any
) -> MobileNetV2:
    """MobileNet, version 2; arguments and errors as `get_mobilenet`."""
    check_untrained("get_mobilenet_v2", pretrained)
    return MobileNetV2(multiplier, **kwargs)


mobilenet1_0 = variant("mobilenet1_0", "MobileNet.", get_mobilenet, 1.0)
mobilenet0_75 = variant("mobilenet0_75", "MobileNet with 0.75 of the channels.", get_mobilenet, 0.75)
mobilenet0_5 = variant("mobilenet0_5", "MobileNet with half the channels.", get_mobilenet, 0.5)
mobilenet0_25 = variant("mobilenet0_25", "MobileNet with a quarter of the channels.", get_mobilenet, 0.25)
mobilenet_v2_1_0 = variant("mobilenet_v2_1_0", "MobileNet v2.", get_mobilenet_v2, 1.0)
mobilenet_v2_0_75 = variant(
    "mobilenet_v2_0_75", "MobileNet v2 with 0.75 of the channels.", get_mobilenet_v2, 0.75
)
mobilenet_v2_0_5 = variant("mobilenet_v2_0_5", "MobileNet v2 with half the channels.", get_mobilenet_v2, 0.5)
mobilenet_v2_0_25 = variant(
    "mobilenet_v2_0_25", "MobileNet v2 with a quarter of the channels.", get_mobilenet_v2, 0.25
)
