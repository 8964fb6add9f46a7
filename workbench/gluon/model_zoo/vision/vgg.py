"""VGG: depth from 3 × 3 convolutions alone (K. Simonyan and A. Zisserman, arXiv:1409.1556, table 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError
from workbench.gluon import nn
from workbench.gluon.model_zoo.vision.classifier import Classifier, check_untrained, choose, variant
from workbench.train.initializer import Xavier

FILTERS = (64, 128, 256, 512, 512)
LAYERS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


class VGG(Classifier):
    """Groups of convolutions, a halving after each, and three dense layers.

    Args:
        layers: convolutions in each group.
        filters: their channels.
        classes: number of classes.
        batch_norm: normalise after each convolution.

    Raises:
        ArgumentError: `layers` and `filters` differ in length.
    """

    @checked
    def __init__(
        self,
        layers: Sequence[int],
        filters: Sequence[int],
        classes: Positive = 1000,
        batch_norm: bool = False,
        **kwargs: Any,
    ) -> None:
        if len(layers) != len(filters):
            raise ArgumentError(f"VGG: {len(layers)} groups of layers, {len(filters)} numbers of filters")
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            for count, channels in zip(layers, filters, strict=True):
                for _ in range(count):
                    self._convolve(channels, batch_norm)
                self.features.add(nn.MaxPool2D(strides=2))
            for _ in range(2):
                self.features.add(
                    nn.Dense(4096, activation="relu", weight_initializer="normal"), nn.Dropout(0.5)
                )
            self.output = nn.Dense(classes, weight_initializer="normal")

    def _convolve(self, channels: int, batch_norm: bool) -> None:
        init = Xavier(rnd_type="gaussian", factor_type="out", magnitude=2)
        self.features.add(nn.Conv2D(channels, kernel_size=3, padding=1, weight_initializer=init))
        if batch_norm:
            self.features.add(nn.BatchNorm())
        self.features.add(nn.Activation("relu"))


def get_vgg(
    num_layers: int, pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any
) -> VGG:
    """VGG of 11, 13, 16 or 19 layers.

    Args:
        num_layers: how many.
        pretrained, ctx, root: MXNet's download of weights, which is not supported.
        kwargs: as `VGG`.

    Raises:
        NotSupportedError: `pretrained` is on.
        ArgumentError: another number of layers.
    """
    check_untrained("get_vgg", pretrained)
    return VGG(choose("get_vgg: number of layers", num_layers, LAYERS), FILTERS, **kwargs)


def _normalised(num_layers: int, **kwargs: Any) -> VGG:
    return get_vgg(num_layers, **{**kwargs, "batch_norm": True})


vgg11 = variant("vgg11", "VGG of 11 layers.", get_vgg, 11)
vgg13 = variant("vgg13", "VGG of 13 layers.", get_vgg, 13)
vgg16 = variant("vgg16", "VGG of 16 layers.", get_vgg, 16)
vgg19 = variant("vgg19", "VGG of 19 layers.", get_vgg, 19)
vgg11_bn = variant("vgg11_bn", "VGG of 11 layers with batch normalisation.", _normalised, 11)
vgg13_bn = variant("vgg13_bn", "VGG of 13 layers with batch normalisation.", _normalised, 13)
vgg16_bn = variant("vgg16_bn", "VGG of 16 layers with batch normalisation.", _normalised, 16)
vgg19_bn = variant("vgg19_bn", "VGG of 19 layers with batch normalisation.", _normalised, 19)
