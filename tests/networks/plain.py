"""Chains of layers: the perceptron, LeNet, AlexNet and VGG."""

from __future__ import annotations

from typing import Any


def mlp(mx: Any, num_classes: int = 10) -> Any:
    """Two hidden layers of 128 and 64."""
    x = mx.sym.Flatten(mx.sym.Variable("data"))
    for i, width in enumerate((128, 64), 1):
        x = mx.sym.FullyConnected(x, name=f"fc{i}", num_hidden=width)
        x = mx.sym.Activation(x, name=f"relu{i}", act_type="relu")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, name="fc3", num_hidden=num_classes), name="softmax")


def lenet(mx: Any, num_classes: int = 10) -> Any:
    """LeCun et al., Gradient-Based Learning Applied to Document Recognition (1998), with max pooling."""
    x = mx.sym.Variable("data")
    for filters in (20, 50):
        x = mx.sym.Convolution(data=x, kernel=(5, 5), num_filter=filters)
        x = mx.sym.Activation(data=x, act_type="tanh")
        x = mx.sym.Pooling(data=x, pool_type="max", kernel=(2, 2), stride=(2, 2))
    x = mx.sym.FullyConnected(data=mx.sym.Flatten(data=x), num_hidden=500)
    x = mx.sym.Activation(data=x, act_type="tanh")
    return mx.sym.SoftmaxOutput(data=mx.sym.FullyConnected(data=x, num_hidden=num_classes), name="softmax")


def alexnet(mx: Any, num_classes: int = 1000, dropout: float = 0.0) -> Any:
    """Krizhevsky, Sutskever, Hinton, ImageNet Classification with Deep Convolutional Neural Networks (2012)."""
    x = mx.sym.Variable("data")
    for filters, size, stride, pad, ends in (
        (96, 11, 4, 0, True), (256, 5, 1, 2, True), (384, 3, 1, 1, False), (384, 3, 1, 1, False),
        (256, 3, 1, 1, None),
    ):  # fmt: skip
        x = mx.sym.Convolution(
            x, kernel=(size, size), stride=(stride, stride), pad=(pad, pad), num_filter=filters
        )
        x = mx.sym.Activation(x, act_type="relu")
        if ends:
            x = mx.sym.LRN(x, alpha=0.0001, beta=0.75, knorm=2, nsize=5)
        if ends is not False:
            x = mx.sym.Pooling(x, kernel=(3, 3), stride=(2, 2), pool_type="max")
    x = mx.sym.Flatten(x)
    for _ in range(2):
        x = mx.sym.Activation(mx.sym.FullyConnected(x, num_hidden=4096), act_type="relu")
        x = mx.sym.Dropout(x, p=dropout)
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=num_classes), name="softmax")


DEPTHS = {11: (1, 1, 2, 2, 2), 16: (2, 2, 3, 3, 3)}


def vgg(mx: Any, depth: int, batch_norm: bool = False, num_classes: int = 1000, dropout: float = 0.0) -> Any:
    """Simonyan, Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition (2014), table 1."""
    x = mx.sym.Variable("data")
    for stage, (count, filters) in enumerate(zip(DEPTHS[depth], (64, 128, 256, 512, 512)), 1):  # noqa: B905
        for i in range(1, count + 1):
            x = mx.sym.Convolution(x, kernel=(3, 3), pad=(1, 1), num_filter=filters, name=f"conv{stage}_{i}")
            if batch_norm:
                x = mx.sym.BatchNorm(x, name=f"bn{stage}_{i}")
            x = mx.sym.Activation(x, act_type="relu", name=f"relu{stage}_{i}")
        x = mx.sym.Pooling(x, pool_type="max", kernel=(2, 2), stride=(2, 2), name=f"pool{stage}")
    x = mx.sym.Flatten(x, name="flatten")
    for i in (6, 7):
        x = mx.sym.FullyConnected(x, num_hidden=4096, name=f"fc{i}")
        x = mx.sym.Activation(x, act_type="relu", name=f"relu{i}")
        x = mx.sym.Dropout(x, p=dropout, name=f"drop{i}")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=num_classes, name="fc8"), name="softmax")
