"""Szegedy et al., Going Deeper with Convolutions (2014), table 1."""

from __future__ import annotations

from typing import Any

# 1x1; 3x3 after its reduction; 5x5 after its reduction; 1x1 after pooling.
BLOCKS = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip
POOLED = ("3b", "4e")


def _conv(mx: Any, x: Any, filters: int, size: int, name: str, stride: int = 1, pad: int = 0) -> Any:
    conv = mx.sym.Convolution(
        x, num_filter=filters, kernel=(size, size), stride=(stride,) * 2, pad=(pad,) * 2, name=f"conv_{name}"
    )
    return mx.sym.Activation(conv, act_type="relu", name=f"relu_{name}")


def _block(mx: Any, x: Any, name: str) -> Any:
    one, before3, three, before5, five, after = BLOCKS[name]
    paths = [
        _conv(mx, x, one, 1, f"{name}_1x1"),
        _conv(mx, _conv(mx, x, before3, 1, f"{name}_3x3_reduce"), three, 3, f"{name}_3x3", pad=1),
        _conv(mx, _conv(mx, x, before5, 1, f"{name}_5x5_reduce"), five, 5, f"{name}_5x5", pad=2),
    ]
    pool = mx.sym.Pooling(x, kernel=(3, 3), stride=(1, 1), pad=(1, 1), pool_type="max", name=f"pool_{name}")
    return mx.sym.Concat(*paths, _conv(mx, pool, after, 1, f"{name}_proj"), name=f"concat_{name}")


def googlenet(mx: Any, num_classes: int = 1000) -> Any:
    x = _conv(mx, mx.sym.Variable("data"), 64, 7, "1", stride=2, pad=3)
    x = mx.sym.Pooling(x, kernel=(3, 3), stride=(2, 2), pool_type="max")
    x = _conv(mx, x, 64, 1, "2")
    x = _conv(mx, x, 192, 3, "3", pad=1)
    x = mx.sym.Pooling(x, kernel=(3, 3), stride=(2, 2), pool_type="max")
    for name in BLOCKS:
        x = _block(mx, x, name)
        if name in POOLED:
            x = mx.sym.Pooling(x, kernel=(3, 3), stride=(2, 2), pool_type="max")
    x = mx.sym.Pooling(x, kernel=(7, 7), stride=(1, 1), global_pool=True, pool_type="avg")
    x = mx.sym.FullyConnected(mx.sym.Flatten(x), num_hidden=num_classes)
    return mx.sym.SoftmaxOutput(x, name="softmax")
