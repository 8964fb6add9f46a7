"""Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections (2016), figures 3 to 9."""

from __future__ import annotations

from typing import Any

from tests.networks.mixed import Mixed
from tests.networks.unit import classifier

NORM = {"fix_gamma": False, "eps": 2e-5, "momentum": 0.9}


def _mixed(mx: Any, x: Any, name: str) -> Mixed:
    return Mixed(mx, x, name, **NORM)


def stem(mx: Any, x: Any) -> Any:
    b = _mixed(mx, x, "stem_a")
    b = _mixed(mx, b.chain((32, 3, 2), (32, 3, 1), (64, 3)), "stem_b")
    b = _mixed(mx, b.join(b.halved(), b.chain((96, 3, 2))), "stem_c")
    long = b.chain((64, 1), (64, (7, 1)), (64, (1, 7)), (96, 3, 1))
    b = _mixed(mx, b.join(b.chain((64, 1), (96, 3, 1)), long), "stem_d")
    return b.join(b.chain((192, 3, 2)), b.halved())


def _a(b: Mixed) -> Any:
    return b.join(
        b.pooled("avg", 96), b.chain((96, 1)), b.chain((64, 1), (96, 3)), b.chain((64, 1), (96, 3), (96, 3))
    )


def reduction_a(b: Mixed, k: int, l: int, m: int, n: int) -> Any:  # noqa: E741  (the paper's letters)
    return b.join(b.halved(), b.chain((n, 3, 2)), b.chain((k, 1), (l, 3), (m, 3, 2)))


def _b(b: Mixed) -> Any:
    return b.join(
        b.pooled("avg", 128),
        b.chain((384, 1)),
        b.chain((192, 1), (224, (1, 7)), (256, (7, 1))),
        b.chain((192, 1), (192, (1, 7)), (224, (7, 1)), (224, (1, 7)), (256, (7, 1))),
    )


def _reduction_b(b: Mixed) -> Any:
    long = b.chain((256, 1), (256, (1, 7)), (320, (7, 1)), (320, 3, 2))
    return b.join(b.halved(), b.chain((192, 1), (192, 3, 2)), long)


def _c(b: Mixed) -> Any:
    short, long = b.chain((384, 1)), b.chain((384, 1), (448, (1, 3)), (512, (3, 1)))
    forks = [b.chain((256, k), of=x) for x in (short, long) for k in ((1, 3), (3, 1))]
    return b.join(b.pooled("avg", 256), b.chain((256, 1)), *forks)


def inception_v4(mx: Any, num_classes: int = 1000, dropout: float = 0.0) -> Any:
    x = stem(mx, mx.sym.Variable("data"))
    for i in range(4):
        x = _a(_mixed(mx, x, f"a{i}"))
    x = reduction_a(_mixed(mx, x, "reduction_a"), 192, 224, 256, 384)
    for i in range(7):
        x = _b(_mixed(mx, x, f"b{i}"))
    x = _reduction_b(_mixed(mx, x, "reduction_b"))
    for i in range(3):
        x = _c(_mixed(mx, x, f"c{i}"))
    return classifier(mx, x, num_classes, dropout)
