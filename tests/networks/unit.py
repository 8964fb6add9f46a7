"""Convolution, batch norm, rectifier: what networks since 2015 are made of."""

from __future__ import annotations

from typing import Any


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size


def unit(
    mx: Any,
    x: Any,
    filters: int,
    kernel: int | tuple[int, int],
    name: str,
    stride: int = 1,
    pad: int | tuple[int, int] = 0,
    groups: int = 1,
    act: bool = True,
    bias: bool = False,
    **norm: Any,
) -> Any:
    conv = mx.sym.Convolution(
        data=x,
        num_filter=filters,
        kernel=pair(kernel),
        stride=pair(stride),
        pad=pair(pad),
        num_group=groups,
        no_bias=not bias,
        name=f"{name}_conv2d",
    )
    normed = mx.sym.BatchNorm(data=conv, name=f"{name}_batchnorm", **norm)
    return mx.sym.Activation(data=normed, act_type="relu", name=f"{name}_relu") if act else normed


def pool(
    mx: Any, x: Any, kind: str, name: str, kernel: int = 3, stride: int = 1, pad: int = 0, **more: Any
) -> Any:
    return mx.sym.Pooling(
        data=x, kernel=pair(kernel), stride=pair(stride), pad=pair(pad), pool_type=kind, name=name, **more
    )


def classifier(mx: Any, x: Any, num_classes: int, dropout: float | None = None) -> Any:
    """Mean over the image, dropout, a dense layer and the loss."""
    x = mx.sym.Flatten(
        mx.sym.Pooling(x, kernel=(7, 7), global_pool=True, pool_type="avg", name="global_pool"),
        name="flatten",
    )
    if dropout is not None:
        x = mx.sym.Dropout(x, p=dropout, name="dropout")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=num_classes, name="fc1"), name="softmax")
