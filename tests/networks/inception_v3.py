"""Szegedy et al., Rethinking the Inception Architecture for Computer Vision (2015), section 6."""

from __future__ import annotations

from typing import Any

from tests.networks.mixed import Mixed
from tests.networks.unit import classifier, pool


def _a(b: Mixed, projected: int) -> Any:
    return b.join(
        b.chain((64, 1)),
        b.chain((48, 1), (64, 5)),
        b.chain((64, 1), (96, 3), (96, 3)),
        b.pooled("avg", projected),
    )


def _b(b: Mixed) -> Any:
    return b.join(b.chain((384, 3, 2)), b.chain((64, 1), (96, 3), (96, 3, 2)), b.halved())


def _c(b: Mixed, n: int) -> Any:
    return b.join(
        b.chain((192, 1)),
        b.chain((n, 1), (n, (1, 7)), (192, (7, 1))),
        b.chain((n, 1), (n, (7, 1)), (n, (1, 7)), (n, (7, 1)), (192, (1, 7))),
        b.pooled("avg", 192),
    )


def _d(b: Mixed) -> Any:
    long = b.chain((192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2))
    return b.join(b.chain((192, 1), (320, 3, 2)), long, b.halved())


def _e(b: Mixed, kind: str) -> Any:
    one, short, long = b.chain((320, 1)), b.chain((384, 1)), b.chain((448, 1), (384, 3))
    forks = [b.chain((384, k), of=x) for x in (short, long) for k in ((1, 3), (3, 1))]
    return b.join(one, *forks, b.pooled(kind, 192))


def inception_v3(mx: Any, num_classes: int = 1000, dropout: float = 0.0) -> Any:
    stem = Mixed(mx, mx.sym.Variable("data"), "stem")
    x = stem.chain((32, 3, 2), (32, 3, 1), (64, 3))
    x = stem.chain((80, 1), (192, 3, 1), of=pool(mx, x, "max", "pool", stride=2))
    x = pool(mx, x, "max", "pool1", stride=2)
    for i, projected in enumerate((32, 64, 64)):
        x = _a(Mixed(mx, x, f"mixed_a{i}"), projected)
    x = _b(Mixed(mx, x, "mixed_b"))
    for i, n in enumerate((128, 160, 160, 192)):
        x = _c(Mixed(mx, x, f"mixed_c{i}"), n)
    x = _d(Mixed(mx, x, "mixed_d"))
    for i, kind in enumerate(("avg", "max")):
        x = _e(Mixed(mx, x, f"mixed_e{i}"), kind)
    return classifier(mx, x, num_classes, dropout)
