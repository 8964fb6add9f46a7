"""SqueezeNet: few channels before the 3 × 3 convolutions, so few weights (F. Iandola et al., arXiv:1602.07360)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import Positive, checked
from workbench.gluon import nn
from workbench.gluon.contrib.nn import HybridConcurrent
from workbench.gluon.model_zoo.vision.classifier import Classifier, check_untrained, choose, variant

# The first convolution (channels, kernel); then the squeezed channels of each fire module, each expands to
# four times as many on both paths; None is a pool.  Version 1.1 pools earlier.
VERSIONS: dict[str, tuple[tuple[int, int], tuple[int | None, ...]]] = {
    "1.0": ((96, 7), (None, 16, 16, 32, None, 32, 48, 48, 64, None, 64)),
    "1.1": ((64, 3), (None, 16, 16, None, 32, 32, None, 48, 48, 64, 64)),
}


class SqueezeNet(Classifier):
    """Fire modules after one convolution; the output is a convolution too.

    Args:
        version: ``"1.0"`` or ``"1.1"``.
        classes: number of classes.

    Raises:
        ArgumentError: another version.
    """

    @checked
    def __init__(self, version: str, classes: Positive = 1000, **kwargs: Any) -> None:
        (channels, kernel), modules = choose("SqueezeNet: version", version, VERSIONS)
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(nn.Conv2D(channels, kernel_size=kernel, strides=2), nn.Activation("relu"))
            for squeezed in modules:
                self.features.add(
                    nn.MaxPool2D(pool_size=3, strides=2, ceil_mode=True)
                    if squeezed is None
                    else _fire(squeezed)
                )
            self.features.add(nn.Dropout(0.5))
            self.output = nn.HybridSequential(prefix="")
            self.output.add(
                nn.Conv2D(classes, kernel_size=1), nn.Activation("relu"), nn.AvgPool2D(13), nn.Flatten()
            )


def _fire(squeezed: int) -> nn.HybridSequential:
    """Squeeze to few channels, then expand by 1 × 1 and by 3 × 3 side by side."""
    module = nn.HybridSequential(prefix="")
    module.add(_convolved(squeezed, 1))
    paths = HybridConcurrent(axis=1, prefix="")
    paths.add(_convolved(4 * squeezed, 1), _convolved(4 * squeezed, 3))
    module.add(paths)
    return module


def _convolved(channels: int, kernel: int) -> nn.HybridSequential:
    layers = nn.HybridSequential(prefix="")
    layers.add(nn.Conv2D(channels, kernel, padding=kernel // 2), nn.Activation("relu"))
    return layers


def get_squeezenet(
    version: str, pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any
) -> SqueezeNet:
    """SqueezeNet of a version.

    Args:
        version: ``"1.0"`` or ``"1.1"``.
        pretrained, ctx, root: MXNet's download of weights, which is not supported.
        kwargs: as `SqueezeNet`.

    Raises:
        NotSupportedError: `pretrained` is on.
        ArgumentError: another version.
    """
    check_untrained("get_squeezenet", pretrained)
    return SqueezeNet(version, **kwargs)


squeezenet1_0 = variant("squeezenet1_0", "SqueezeNet 1.0.", get_squeezenet, "1.0")
squeezenet1_1 = variant("squeezenet1_1", "SqueezeNet 1.1, a third of the work.", get_squeezenet, "1.1")
