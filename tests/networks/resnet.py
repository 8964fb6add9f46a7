"""Residual networks: with the rectifier last, with it first, on small images, and of grouped convolutions."""

from __future__ import annotations

from typing import Any

from tests.networks.unit import classifier, pair, pool, unit

COUNTS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}
NORM = {"fix_gamma": False, "eps": 2e-5, "momentum": 0.9}


def _plain(mx: Any, x: Any, filters: int, stride: int, name: str, groups: int, deep: bool) -> Any:
    """A residual's own path, with the rectifier after each norm but the last."""
    if not deep:
        x = unit(mx, x, filters, 3, f"{name}_1", stride=stride, pad=1, **NORM)
        return unit(mx, x, filters, 3, f"{name}_2", pad=1, act=False, **NORM)
    narrow = filters // (4 if groups == 1 else 2)
    x = unit(mx, x, narrow, 1, f"{name}_1", **NORM)
    x = unit(mx, x, narrow, 3, f"{name}_2", stride=stride, pad=1, groups=groups, **NORM)
    return unit(mx, x, filters, 1, f"{name}_3", act=False, **NORM)


def resnet_v1(mx: Any, depth: int, num_classes: int = 1000, groups: int = 1) -> Any:
    """He et al., Deep Residual Learning for Image Recognition (2015), table 1."""
    deep = depth >= 50
    x = unit(mx, mx.sym.Variable("data"), 64, 7, "conv0", stride=2, pad=3, **NORM)
    x = pool(mx, x, "max", "pool0", stride=2, pad=1)
    for stage, count in enumerate(COUNTS[depth]):
        filters = 64 * 2**stage * (4 if deep else 1)
        for i in range(count):
            name, stride = f"stage{stage + 1}_unit{i + 1}", 2 if stage and i == 0 else 1
            y = _plain(mx, x, filters, stride, name, groups, deep)
            if i == 0 and (stage or deep):
                x = unit(mx, x, filters, 1, f"{name}_sc", stride=stride, act=False, **NORM)
            x = mx.sym.Activation(x + y, act_type="relu", name=f"{name}_relu")
    return classifier(mx, x, num_classes)


def resnext(mx: Any, depth: int, num_classes: int = 1000) -> Any:
    """Xie et al., Aggregated Residual Transformations for Deep Neural Networks (2016): 32 groups."""
    return resnet_v1(mx, depth, num_classes, groups=32)


def _first(mx: Any, x: Any, filters: int, stride: int, name: str, deep: bool, same: bool) -> Any:
    """A residual whose norms and rectifiers come before its convolutions."""

    def conv(x: Any, filters: int, kernel: int, stride: int, part: str) -> Any:
        pad = pair(kernel // 2)
        return mx.sym.Convolution(
            x, num_filter=filters, kernel=pair(kernel), stride=pair(stride), pad=pad, no_bias=True,
            workspace=256, name=f"{name}_{part}",
        )  # fmt: skip

    def ready(x: Any, part: str) -> Any:
        x = mx.sym.BatchNorm(x, name=f"{name}_bn{part}", **NORM)
        return mx.sym.Activation(x, act_type="relu", name=f"{name}_relu{part}")

    first = ready(x, "1")
    if deep:
        y = conv(first, filters // 4, 1, 1, "conv1")
        y = conv(ready(y, "2"), filters // 4, 3, stride, "conv2")
        y = conv(ready(y, "3"), filters, 1, 1, "conv3")
    else:
        y = conv(ready(conv(first, filters, 3, stride, "conv1"), "2"), filters, 3, 1, "conv2")
    return y + (x if same else conv(first, filters, 1, stride, "sc"))


def _ended(mx: Any, x: Any, num_classes: int) -> Any:
    x = mx.sym.BatchNorm(x, name="bn1", **NORM)
    return classifier(mx, mx.sym.Activation(x, act_type="relu", name="relu1"), num_classes)


def resnet_v2(mx: Any, depth: int, num_classes: int = 1000) -> Any:
    """He et al., Identity Mappings in Deep Residual Networks (2016)."""
    deep = depth >= 50
    data = mx.sym.identity(mx.sym.Variable("data"), name="id")
    x = mx.sym.BatchNorm(data, fix_gamma=True, eps=2e-5, momentum=0.9, name="bn_data")
    x = pool(mx, unit(mx, x, 64, 7, "conv0", stride=2, pad=3, **NORM), "max", "pool0", stride=2, pad=1)
    for stage, count in enumerate(COUNTS[depth]):
        for i in range(count):
            filters, stride = 64 * 2**stage * (4 if deep else 1), 2 if stage and i == 0 else 1
            x = _first(mx, x, filters, stride, f"stage{stage + 1}_unit{i + 1}", deep, same=i > 0)
    return _ended(mx, x, num_classes)


def resnet_small(mx: Any, depth: int, num_classes: int = 10) -> Any:
    """Three stages of 16, 32 and 64 channels for images of 32 x 32: section 4.2 of the first paper, norms first."""
    data = mx.sym.identity(mx.sym.Variable("data"), name="id")
    x = mx.sym.BatchNorm(data, fix_gamma=True, eps=2e-5, momentum=0.9, name="bn_data")
    x = mx.sym.Convolution(x, num_filter=16, kernel=(3, 3), pad=(1, 1), no_bias=True, name="conv0")
    for stage in range(3):
        for i in range((depth - 2) // 6):
            stride = 2 if stage and i == 0 else 1
            name = f"stage{stage + 1}_unit{i + 1}"
            x = _first(mx, x, 16 * 2**stage, stride, name, deep=False, same=i > 0)
    return _ended(mx, x, num_classes)
