"""Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections (2016), figures 15 to 19."""

from __future__ import annotations

from typing import Any

from tests.networks.inception_v4 import NORM, reduction_a, stem
from tests.networks.mixed import Mixed
from tests.networks.unit import classifier, unit


def _added(b: Mixed, channels: int, scale: float, *paths: Any, act: bool = True) -> Any:
    """The paths brought back to the input's channels, scaled down, and added to it."""
    out = unit(b.mx, b.join(*paths), channels, 1, f"{b.name}_out", act=False, bias=True, **b.norm)
    total = b.x + scale * out
    return b.mx.sym.Activation(total, act_type="relu", name=f"{b.name}_relu") if act else total


def _a(b: Mixed) -> Any:
    paths = b.chain((32, 1)), b.chain((32, 1), (32, 3)), b.chain((32, 1), (48, 3), (64, 3))
    return _added(b, 384, 0.17, *paths)


def _b(b: Mixed) -> Any:
    return _added(b, 1152, 0.1, b.chain((192, 1)), b.chain((128, 1), (160, (1, 7)), (192, (7, 1))))


def _reduction_b(b: Mixed) -> Any:
    paths = b.chain((256, 1), (384, 3, 2)), b.chain((256, 1), (288, 3, 2))
    return b.join(b.halved(), *paths, b.chain((256, 1), (288, 3), (320, 3, 2)))


def _c(b: Mixed, act: bool) -> Any:
    paths = b.chain((192, 1)), b.chain((192, 1), (224, (1, 3)), (256, (3, 1)))
    return _added(b, 2144, 0.2, *paths, act=act)


def inception_resnet_v2(mx: Any, num_classes: int = 1000, dropout: float = 0.0) -> Any:
    def mixed(x: Any, name: str) -> Mixed:
        return Mixed(mx, x, name, **NORM)

    x = stem(mx, mx.sym.Variable("data"))
    for i in range(5):
        x = _a(mixed(x, f"a{i}"))
    x = reduction_a(mixed(x, "reduction_a"), 256, 256, 384, 384)
    for i in range(10):
        x = _b(mixed(x, f"b{i}"))
    x = _reduction_b(mixed(x, "reduction_b"))
    for i in range(5):
        x = _c(mixed(x, f"c{i}"), act=i < 4)
    x = unit(mx, x, 1536, 1, "last", **NORM)
    return classifier(mx, x, num_classes, dropout)
