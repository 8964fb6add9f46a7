"""ResNet: stages of residual blocks (K. He et al., arXiv:1512.03385, table 1; version 2: arXiv:1603.05027)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError
from workbench.gluon import nn
from workbench.gluon.model_zoo.vision.classifier import Classifier, check_untrained, choose, variant
from workbench.gluon.model_zoo.vision.residual import (
    BasicBlockV1,
    BasicBlockV2,
    BottleneckV1,
    BottleneckV2,
    conv3x3,
)

# Whether blocks are bottlenecks, and how many are in each stage.
DEPTHS = {
    18: (False, (2, 2, 2, 2)),
    34: (False, (3, 4, 6, 3)),
    50: (True, (3, 4, 6, 3)),
    101: (True, (3, 4, 23, 3)),
    152: (True, (3, 8, 36, 3)),
}
CHANNELS = {False: (64, 64, 128, 256, 512), True: (64, 256, 512, 1024, 2048)}


class _ResNet(Classifier):
    """Stages of blocks; a subclass says what stands before and after them."""

    @checked
    def __init__(
        self,
        block: Any,
        layers: Sequence[int],
        channels: Sequence[int],
        classes: Positive = 1000,
        thumbnail: bool = False,
        **kwargs: Any,
    ) -> None:
        if len(channels) != len(layers) + 1:
            raise ArgumentError(
                f"{type(self).__name__}: {len(layers)} stages take {len(layers) + 1} numbers of channels, the "
                f"first for what goes in; got {len(channels)}"
            )
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self._begin(channels[0], thumbnail)
            for number, count in enumerate(layers, 1):
                stride = 1 if number == 1 else 2
                self.features.add(
                    _stage(number, block, count, channels[number - 1], channels[number], stride)
                )
            self._end()
            self.output = nn.Dense(classes, in_units=channels[-1])

    def _begin(self, channels: int, thumbnail: bool) -> None:
        if thumbnail:
            self.features.add(conv3x3(channels, 1, 0))
            return
        self.features.add(nn.Conv2D(channels, 7, 2, 3, use_bias=False))
        self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.MaxPool2D(3, 2, 1))

    def _end(self) -> None:
        self.features.add(nn.GlobalAvgPool2D())


def _stage(
    number: int, block: Any, count: int, before: int, channels: int, stride: int
) -> nn.HybridSequential:
    stage = nn.HybridSequential(prefix=f"stage{number}_")
    with stage.name_scope():
        stage.add(block(channels, stride, channels != before, in_channels=before, prefix=""))
        for _ in range(count - 1):
            stage.add(block(channels, 1, False, in_channels=channels, prefix=""))
    return stage


class ResNetV1(_ResNet):
    """A residual network whose blocks activate after the sum.

    Args:
        block: `BasicBlockV1` or `BottleneckV1`.
        layers: blocks in each stage.
        channels: of the first convolution, then of each stage.
        classes: number of classes.
        thumbnail: begin with a small convolution and no pool, for images such as 32 × 32.

    Raises:
        ArgumentError: `channels` is not one longer than `layers`.
    """


class ResNetV2(_ResNet):
    """A residual network whose blocks activate first; `BasicBlockV2`, `BottleneckV2`; arguments as `ResNetV1`."""

    def _begin(self, channels: int, thumbnail: bool) -> None:
        self.features.add(nn.BatchNorm(scale=False, center=False))
        super()._begin(channels, thumbnail)

    def _end(self) -> None:
        self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.GlobalAvgPool2D(), nn.Flatten())


VERSIONS: dict[int, tuple[type[_ResNet], dict[bool, Any]]] = {
    1: (ResNetV1, {False: BasicBlockV1, True: BottleneckV1}),
    2: (ResNetV2, {False: BasicBlockV2, True: BottleneckV2}),
}


def get_resnet(
    version: int,
    num_layers: int,
    pretrained: bool = False,
    ctx: Any = None,
    root: str | None = None,
    **kwargs: Any,
) -> ResNetV1 | ResNetV2:
    """ResNet of version 1 or 2 and 18, 34, 50, 101 or 152 layers.

    Args:
        version, num_layers: which.
        pretrained, ctx, root: MXNet's download of weights, which is not supported.
        kwargs: ``classes`` and ``thumbnail``, as `ResNetV1`.

    Raises:
        NotSupportedError: `pretrained` is on.
        ArgumentError: another version or number of layers.
    """
    check_untrained("get_resnet", pretrained)
    bottleneck, layers = choose("get_resnet: number of layers", num_layers, DEPTHS)
    network, blocks = choose("get_resnet: version", version, VERSIONS)
    return network(blocks[bottleneck], layers, CHANNELS[bottleneck], **kwargs)


resnet18_v1 = variant("resnet18_v1", "ResNet v1 of 18 layers.", get_resnet, 1, 18)
resnet34_v1 = variant("resnet34_v1", "ResNet v1 of 34 layers.", get_resnet, 1, 34)
resnet50_v1 = variant("resnet50_v1", "ResNet v1 of 50 layers.", get_resnet, 1, 50)
resnet101_v1 = variant("resnet101_v1", "ResNet v1 of 101 layers.", get_resnet, 1, 101)
resnet152_v1 = variant("resnet152_v1", "ResNet v1 of 152 layers.", get_resnet, 1, 152)
resnet18_v2 = variant("resnet18_v2", "ResNet v2 of 18 layers.", get_resnet, 2, 18)
resnet34_v2 = variant("resnet34_v2", "ResNet v2 of 34 layers.", get_resnet, 2, 34)
resnet50_v2 = variant("resnet50_v2", "ResNet v2 of 50 layers.", get_resnet, 2, 50)
resnet101_v2 = variant("resnet101_v2", "ResNet v2 of 101 layers.", get_resnet, 2, 101)
resnet152_v2 = variant("resnet152_v2", "ResNet v2 of 152 layers.", get_resnet, 2, 152)
