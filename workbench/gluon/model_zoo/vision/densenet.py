"""DenseNet-BC: each layer sees the outputs of all before it (G. Huang et al., arXiv:1608.06993, table 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.arguments import Positive, Share, checked
from workbench.gluon import nn
from workbench.gluon.contrib.nn import HybridConcurrent, Identity
from workbench.gluon.model_zoo.vision.classifier import Classifier, check_untrained, choose, variant

# Channels of the first convolution, channels each layer adds, layers of each stage.
DEPTHS = {
    121: (64, 32, (6, 12, 24, 16)),
    161: (96, 48, (6, 12, 36, 24)),
    169: (64, 32, (6, 12, 32, 32)),
    201: (64, 32, (6, 12, 48, 32)),
}


class DenseNet(Classifier):
    """Stages of densely connected layers, with a halving between them.

    Args:
        num_init_features: channels of the first convolution.
        growth_rate: channels that each layer adds.
        block_config: layers of each stage.
        bn_size: a layer's 1 × 1 convolution has ``bn_size * growth_rate`` channels.
        dropout: its rate after each layer; 0 for none.
        classes: number of classes.
    """

    @checked
    def __init__(
        self,
        num_init_features: Positive,
        growth_rate: Positive,
        block_config: Sequence[int],
        bn_size: Positive = 4,
        dropout: Share = 0,
        classes: Positive = 1000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        channels = num_init_features
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(nn.Conv2D(channels, kernel_size=7, strides=2, padding=3, use_bias=False))
            self.features.add(*_activated(), nn.MaxPool2D(pool_size=3, strides=2, padding=1))
            for number, layers in enumerate(block_config, 1):
                self.features.add(_stage(number, layers, growth_rate, bn_size, dropout))
                channels += layers * growth_rate
                if number < len(block_config):
                    channels //= 2
                    self.features.add(_transition(channels))
            self.features.add(*_activated(), nn.AvgPool2D(pool_size=7), nn.Flatten())
            self.output = nn.Dense(classes)


def _activated() -> tuple[nn.BatchNorm, nn.Activation]:
    return nn.BatchNorm(), nn.Activation("relu")


def _stage(number: int, layers: int, growth: int, bn_size: int, dropout: float) -> nn.HybridSequential:
    stage = nn.HybridSequential(prefix=f"stage{number}_")
    with stage.name_scope():
        for _ in range(layers):
            stage.add(_layer(growth, bn_size, dropout))
    return stage


def _layer(growth: int, bn_size: int, dropout: float) -> HybridConcurrent:
    """What came in, and beside it `growth` new channels."""
    new = nn.HybridSequential(prefix="")
    new.add(*_activated(), nn.Conv2D(bn_size * growth, kernel_size=1, use_bias=False))
    new.add(*_activated(), nn.Conv2D(growth, kernel_size=3, padding=1, use_bias=False))
    if dropout:
        new.add(nn.Dropout(dropout))
    both = HybridConcurrent(axis=1, prefix="")
    both.add(Identity(), new)
    return both


def _transition(channels: int) -> nn.HybridSequential:
    layers = nn.HybridSequential(prefix="")
    layers.add(*_activated(), nn.Conv2D(channels, kernel_size=1, use_bias=False))
    layers.add(nn.AvgPool2D(pool_size=2, strides=2))
    return layers


def get_densenet(
    num_layers: int, pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any
) -> DenseNet:
    """DenseNet of 121, 161, 169 or 201 layers.

    Args:
        num_layers: how many.
        pretrained, ctx, root: MXNet's download of weights, which is not supported.
        kwargs: as `DenseNet`.

    Raises:
        NotSupportedError: `pretrained` is on.
        ArgumentError: another number of layers.
    """
    check_untrained("get_densenet", pretrained)
    return DenseNet(*choose("get_densenet: number of layers", num_layers, DEPTHS), **kwargs)


densenet121 = variant("densenet121", "DenseNet of 121 layers.", get_densenet, 121)
densenet161 = variant("densenet161", "DenseNet of 161 layers.", get_densenet, 161)
densenet169 = variant("densenet169", "DenseNet of 169 layers.", get_densenet, 169)
densenet201 = variant("densenet201", "DenseNet of 201 layers.", get_densenet, 201)
