"""The image-classification networks of MXNet 1.x's examples, written from their papers as programs against `mx.sym`.

Each function takes the module, so that one definition runs under MXNet and under the workbench.  Nothing here imports
either.  `NETWORKS` names them all with images small enough to try them quickly.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from tests.networks.googlenet import googlenet
from tests.networks.inception_bn import inception_bn
from tests.networks.inception_resnet_v2 import inception_resnet_v2
from tests.networks.inception_v3 import inception_v3
from tests.networks.inception_v4 import inception_v4
from tests.networks.mobilenet import mobilenet_v1, mobilenet_v2
from tests.networks.plain import alexnet, lenet, mlp, vgg
from tests.networks.resnet import resnet_small, resnet_v1, resnet_v2, resnext


class Network(NamedTuple):
    """A network, and the image and the precision it is tried with."""

    define: Callable[[Any], Any]
    image: tuple[int, int, int]
    dtype: str = "float64"  # in which a training step is compared

    def build(self, mx: Any) -> Any:
        """The network's symbol under this module, its names counted from 0."""
        with mx.name.NameManager():
            return self.define(mx)


NETWORKS = {
    "mlp": Network(mlp, (1, 28, 28)),
    "lenet": Network(lenet, (1, 28, 28)),
    "alexnet": Network(alexnet, (3, 96, 96), "float32"),  # MXNet's LRN knows no other
    "vgg11": Network(partial(vgg, depth=11), (3, 32, 32)),
    "vgg16": Network(partial(vgg, depth=16), (3, 32, 32)),
    "vgg11_bn": Network(partial(vgg, depth=11, batch_norm=True), (3, 32, 32)),
    "vgg16_bn": Network(partial(vgg, depth=16, batch_norm=True), (3, 32, 32)),
    "googlenet": Network(googlenet, (3, 64, 64)),
    "inception_bn": Network(inception_bn, (3, 64, 64)),
    "inception_v3": Network(inception_v3, (3, 107, 107)),
    "inception_v4": Network(inception_v4, (3, 107, 107)),
    "inception_resnet_v2": Network(inception_resnet_v2, (3, 107, 107)),
    "mobilenet_v1": Network(mobilenet_v1, (3, 64, 64)),
    "mobilenet_v2": Network(mobilenet_v2, (3, 64, 64)),
    "resnet18_v1": Network(partial(resnet_v1, depth=18), (3, 64, 64)),
    "resnet50_v1": Network(partial(resnet_v1, depth=50), (3, 64, 64)),
    "resnet18_v2": Network(partial(resnet_v2, depth=18), (3, 64, 64)),
    "resnet50_v2": Network(partial(resnet_v2, depth=50), (3, 64, 64)),
    "resnet110_small": Network(partial(resnet_small, depth=110), (3, 32, 32)),
    "resnext50": Network(partial(resnext, depth=50), (3, 64, 64)),
}
