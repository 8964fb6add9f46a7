"""AlexNet in the form for one device (A. Krizhevsky, "One weird trick", arXiv:1404.5997)."""

from __future__ import annotations

from typing import Any

from workbench.arguments import Positive, checked
from workbench.gluon import nn
from workbench.gluon.model_zoo.vision.classifier import Classifier, check_untrained


class AlexNet(Classifier):
    """Five convolutions and three dense layers, for images of 224 × 224.

    Args:
        classes: number of classes.
    """

    @checked
    def __init__(self, classes: Positive = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(
                nn.Conv2D(64, kernel_size=11, strides=4, padding=2, activation="relu"),
                nn.MaxPool2D(pool_size=3, strides=2),
                nn.Conv2D(192, kernel_size=5, padding=2, activation="relu"),
                nn.MaxPool2D(pool_size=3, strides=2),
                nn.Conv2D(384, kernel_size=3, padding=1, activation="relu"),
                nn.Conv2D(256, kernel_size=3, padding=1, activation="relu"),
                nn.Conv2D(256, kernel_size=3, padding=1, activation="relu"),
                nn.MaxPool2D(pool_size=3, strides=2),
                nn.Flatten(),
                nn.Dense(4096, activation="relu"),
                nn.Dropout(0.5),
                nn.Dense(4096, activation="relu"),
                nn.Dropout(0.5),
            )
            self.output = nn.Dense(classes)


def alexnet(pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any) -> AlexNet:
    """AlexNet without weights.

    Args:
        pretrained, ctx, root: MXNet's download of weights, which is not supported.
        kwargs: as `AlexNet`.

    Raises:
        NotSupportedError: `pretrained` is on.
    """
    check_untrained("alexnet", pretrained)
    return AlexNet(**kwargs)
