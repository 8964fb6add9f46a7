"""Ioffe, Szegedy, Batch Normalization: Accelerating Deep Network Training (2015), figure 5."""

from __future__ import annotations

from typing import Any

from tests.networks.unit import classifier, pool, unit

# 1x1 (0: none, and the block halves the image); 3x3 and its reduction; double 3x3 and its; pooling and its projection.
BLOCKS = {
    "3a": (64, 64, 64, 64, 96, "avg", 32), "3b": (64, 64, 96, 64, 96, "avg", 64),
    "3c": (0, 128, 160, 64, 96, "max", 0),
    "4a": (224, 64, 96, 96, 128, "avg", 128), "4b": (192, 96, 128, 96, 128, "avg", 128),
    "4c": (160, 128, 160, 128, 160, "avg", 128), "4d": (96, 128, 192, 160, 192, "avg", 128),
    "4e": (0, 128, 192, 192, 256, "max", 0),
    "5a": (352, 192, 320, 160, 224, "avg", 128), "5b": (352, 192, 320, 192, 224, "max", 128),
}  # fmt: skip
NORM = {"fix_gamma": False, "eps": 1e-5 + 1e-10, "momentum": 0.9}


def _block(mx: Any, x: Any, name: str) -> Any:
    one, before, three, before2, double, kind, after = BLOCKS[name]
    stride = 1 if one else 2

    def conv(x: Any, filters: int, kernel: int, part: str, **more: Any) -> Any:
        return unit(mx, x, filters, kernel, f"{name}_{part}", bias=True, **NORM, **more)

    paths = [conv(x, one, 1, "1x1")] if one else []
    paths.append(conv(conv(x, before, 1, "3x3_reduce"), three, 3, "3x3", stride=stride, pad=1))
    twice = conv(conv(x, before2, 1, "double_reduce"), double, 3, "double_0", pad=1)
    paths.append(conv(twice, double, 3, "double_1", stride=stride, pad=1))
    pooled = pool(mx, x, kind, f"{name}_pool", stride=stride, pad=1)
    paths.append(conv(pooled, after, 1, "proj") if after else pooled)
    return mx.sym.Concat(*paths, name=f"{name}_concat")


def inception_bn(mx: Any, num_classes: int = 1000) -> Any:
    x = unit(mx, mx.sym.Variable("data"), 64, 7, "1", stride=2, pad=3, bias=True, **NORM)
    x = pool(mx, x, "max", "pool1", stride=2, pooling_convention="full")
    x = unit(mx, x, 64, 1, "2_reduce", bias=True, **NORM)
    x = unit(mx, x, 192, 3, "2", pad=1, bias=True, **NORM)
    x = pool(mx, x, "max", "pool2", stride=2, pooling_convention="full")
    for name in BLOCKS:
        x = _block(mx, x, name)
    return classifier(mx, x, num_classes)
