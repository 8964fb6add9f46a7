"""Depthwise and pointwise convolutions: MobileNet, and its second version of inverted residuals."""

from __future__ import annotations

from typing import Any

from tests.networks.unit import classifier, unit

# Output channels and stride of each pair.
PAIRS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1),
)  # fmt: skip
# Expansion, output channels, repetitions, stride of the first.
BOTTLENECKS = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip


def mobilenet_v1(mx: Any, num_classes: int = 1000) -> Any:
    """Howard et al., MobileNets (2017), table 1."""
    x, channels = unit(mx, mx.sym.Variable("data"), 32, 3, "conv_1", stride=2, pad=1, fix_gamma=True), 32
    for i, (filters, stride) in enumerate(PAIRS, 2):
        x = unit(mx, x, channels, 3, f"conv_{i}_dw", stride=stride, pad=1, groups=channels, fix_gamma=True)
        x, channels = unit(mx, x, filters, 1, f"conv_{i}", fix_gamma=True), filters
    return classifier(mx, x, num_classes)


def _six(mx: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """A unit with the rectifier that ends at 6."""
    return mx.sym.clip(unit(mx, x, *args, act=False, fix_gamma=False, **kwargs), 0, 6)


def mobilenet_v2(mx: Any, num_classes: int = 1000) -> Any:
    """Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks (2018), table 2."""
    x, channels = _six(mx, mx.sym.Variable("data"), 32, 3, "first", stride=2, pad=1), 32
    for stage, (expansion, filters, count, first) in enumerate(BOTTLENECKS):
        for i in range(count):
            name, wide, stride = f"seq{stage}_block{i}", channels * expansion, first if i == 0 else 1
            y = _six(mx, x, wide, 1, f"{name}_expand")
            y = _six(mx, y, wide, 3, f"{name}_depthwise", stride=stride, pad=1, groups=wide)
            y = unit(mx, y, filters, 1, f"{name}_project", act=False, fix_gamma=False)
            same = stride == 1 and channels == filters
            x, channels = (mx.sym.elemwise_add(x, y, name=f"{name}_sum") if same else y), filters
    return classifier(mx, _six(mx, x, 1280, 1, "last"), num_classes)
