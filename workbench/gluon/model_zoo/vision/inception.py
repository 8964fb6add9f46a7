"""Inception v3: kernels of several sizes side by side, large ones as pairs of thin ones.

Source: C. Szegedy et al., arXiv:1512.00567, figures 5 to 7 and table 1.
"""

from __future__ import annotations

from typing import Any

from workbench.arguments import Positive, checked
from workbench.gluon import nn
from workbench.gluon.block import HybridBlock
from workbench.gluon.contrib.nn import HybridConcurrent
from workbench.gluon.model_zoo.vision.classifier import Classifier, check_untrained

Kernel = int | tuple[int, int]
Convolution = tuple[int, Kernel] | tuple[int, Kernel, int]  # channels, kernel; and a stride if not padded
WIDE, TALL = (1, 7), (7, 1)


def _convolution(channels: int, kernel: Kernel, stride: int | None = None) -> nn.HybridSequential:
    """A convolution that keeps the image's size by padding, unless a stride is stated."""
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    padding = (height // 2, width // 2) if stride is None else 0
    layers = nn.HybridSequential(prefix="")
    layers.add(nn.Conv2D(channels, kernel, stride or 1, padding, use_bias=False))
    layers.add(nn.BatchNorm(epsilon=0.001), nn.Activation("relu"))
    return layers


def _path(*convolutions: Convolution, pool: HybridBlock | None = None) -> nn.HybridSequential:
    """A pool, if there is one, then convolutions."""
    layers = nn.HybridSequential(prefix="")
    if pool is not None:
        layers.add(pool)
    layers.add(*[_convolution(*each) for each in convolutions])
    return layers


def _averaged(channels: int) -> nn.HybridSequential:
    return _path((channels, 1), pool=nn.AvgPool2D(pool_size=3, strides=1, padding=1))


def _halved() -> nn.HybridSequential:
    return _path(pool=nn.MaxPool2D(pool_size=3, strides=2))


def _forked(*convolutions: Convolution) -> nn.HybridSequential:
    """Convolutions, then 1 × 3 and 3 × 1 side by side."""
    fork = HybridConcurrent(axis=1, prefix="")
    layers = nn.HybridSequential(prefix="")
    layers.add(_path(*convolutions))
    fork.add(_path((384, (1, 3))), _path((384, (3, 1))))
    layers.add(fork)
    return layers


def _module_a(pooled: int) -> list[HybridBlock]:
    """35 × 35: 5 × 5 and two 3 × 3 (figure 5)."""
    return [
        _path((64, 1)),
        _path((48, 1), (64, 5)),
        _path((64, 1), (96, 3), (96, 3)),
        _averaged(pooled),
    ]


def _module_b() -> list[HybridBlock]:
    """35 × 35 to 17 × 17."""
    return [_path((384, 3, 2)), _path((64, 1), (96, 3), (96, 3, 2)), _halved()]


def _module_c(inside: int) -> list[HybridBlock]:
    """17 × 17: 7 × 7 as 1 × 7 and 7 × 1 (figure 6)."""
    return [
        _path((192, 1)),
        _path((inside, 1), (inside, WIDE), (192, TALL)),
        _path((inside, 1), (inside, TALL), (inside, WIDE), (inside, TALL), (192, WIDE)),
        _averaged(192),
    ]


def _module_d() -> list[HybridBlock]:
    """17 × 17 to 8 × 8."""
    return [
        _path((192, 1), (320, 3, 2)),
        _path((192, 1), (192, WIDE), (192, TALL), (192, 3, 2)),
        _halved(),
    ]


def _module_e() -> list[HybridBlock]:
    """8 × 8: wide, with forks (figure 7)."""
    return [_path((320, 1)), _forked((384, 1)), _forked((448, 1), (384, 3)), _averaged(192)]


class Inception3(Classifier):
    """Inception v3 without its auxiliary classifier, for images of 299 × 299.

    Args:
        classes: number of classes.
    """

    @checked
    def __init__(self, classes: Positive = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(
                _convolution(32, 3, 2),
                _convolution(32, 3, 1),
                _convolution(64, 3),
                nn.MaxPool2D(pool_size=3, strides=2),
                _convolution(80, 1),
                _convolution(192, 3, 1),
                nn.MaxPool2D(pool_size=3, strides=2),
            )
            for number, pooled in enumerate((32, 64, 64), 1):
                self._add(f"A{number}_", _module_a, pooled)
            self._add("B_", _module_b)
            for number, inside in enumerate((128, 160, 160, 192), 1):
                self._add(f"C{number}_", _module_c, inside)
            self._add("D_", _module_d)
            self._add("E1_", _module_e)
            self._add("E2_", _module_e)
            self.features.add(nn.AvgPool2D(pool_size=8), nn.Dropout(0.5))
            self.output = nn.Dense(classes)

    def _add(self, prefix: str, module: Any, *chosen: int) -> None:
        paths = HybridConcurrent(axis=1, prefix=prefix)
        with paths.name_scope():
            paths.add(*module(*chosen))
        self.features.add(paths)


def inception_v3(
    pretrained: bool = False, ctx: Any = None, root: str | None = None, **kwargs: Any
) -> Inception3:
    """Inception v3.

    Args:
        pretrained, ctx, root: MXNet's download of weights, which is not supported.
        kwargs: as `Inception3`.

    Raises:
        NotSupportedError: `pretrained` is on.
    """
    check_untrained("inception_v3", pretrained)
    return Inception3(**kwargs)
