"""The tensors that an explorer of contractions can show; one is loaded only when it is looked at.

Counts follow from a shape, so a study has its shape at once, and its numbers when they have been computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.errors import ArgumentError, ShapeError
from workbench.extras import remedy
from workbench.tensor.variants import Role
from workbench.types import Shape

MODES = 3  # of a block
PICTURE, SMALLER = 512, 4  # pixels a side, and how many of them become one
CROP = 199  # pixels a side that leave AlexNet's last pooling 5 × 5


@dataclass(frozen=True)
class TensorStudy:
    """A tensor to look at.

    Attributes:
        title: what it is called.
        arguments: of the `ContractionExplorer` call that shows it, as Python.
        shape: two or three modes.
        modes: their names.
        role: an activation, or a weight with its outputs first.
        outputs: of the dense layer that contraction and regression layers do with less of.
        load: gives its numbers.
        says: one sentence on where they come from.
        picture: whether it can be looked at: (height, width, 3), from 0 to 1.
    """

    title: str
    arguments: str
    shape: Shape
    modes: tuple[str, ...]
    role: Role
    outputs: int
    load: Callable[[], np.ndarray]
    says: str
    picture: bool = False


def own_activation(tensor: Any, outputs: int) -> TensorStudy:
    """A tensor of the user's; modes from the third on are drawn as one."""
    return _own("a tensor", "tensor", tensor, "activation", outputs, "An array of your own.")


def own_weight(weight: Any, in_shape: Sequence[int] | None) -> TensorStudy:
    """A weight of the user's, its outputs first.

    Args:
        in_shape: the shape that its inputs had before they were flattened.
    """
    array = _array(weight)
    if in_shape is not None:
        if array.ndim != 2 or min(in_shape, default=0) < 1 or math.prod(in_shape) != array.shape[1]:
            raise ShapeError(
                f"ContractionExplorer: in_shape={tuple(in_shape)} has {math.prod(in_shape)} inputs, "
                f"the weight is {array.shape}"
            )
        array = array.reshape(len(array), *in_shape)
    outputs = array.shape[0] if array.ndim else 1
    says = "A weight of your own, its outputs first."
    return _own("a weight", "weight=weight", array, "weight", outputs, says)


def weight_of(block: Any) -> Any:
    """The weight of a Gluon layer.

    Raises:
        ArgumentError: it has none that could be decomposed.
    """
    weight: Any = getattr(block, "weight", None)
    if not hasattr(weight, "data"):
        raise ArgumentError(f"ContractionExplorer: block is a Gluon layer with a weight, got {block!r:.80}")
    return weight.data()


def _own(title: str, arguments: str, tensor: Any, role: Role, outputs: int, says: str) -> TensorStudy:
    array = _array(tensor)
    if array.ndim < 2 or not array.size:
        raise ShapeError(f"ContractionExplorer: a tensor of two modes or more, none empty, got {array.shape}")
    found = array.reshape(*array.shape[: MODES - 1], -1) if array.ndim > MODES else array
    shape = " × ".join(map(str, array.shape))
    names = ("outputs", "inputs", "window") if role == "weight" else ("mode 0", "mode 1", "mode 2")
    title = f"{title} of {shape}"
    return TensorStudy(title, arguments, found.shape, names[: found.ndim], role, outputs, lambda: found, says)


def _array(tensor: Any) -> np.ndarray:
    if isinstance(tensor, np.ma.MaskedArray):
        raise ArgumentError("ContractionExplorer: a tensor with all its entries, got a masked array")
    try:
        array = tensor.asnumpy() if hasattr(tensor, "asnumpy") else np.asarray(tensor)
    except ValueError:
        raise ShapeError("ContractionExplorer: lists of different lengths are no tensor") from None
    if array.dtype.kind not in "fiub":
        raise ArgumentError(f"ContractionExplorer: a tensor of real numbers, got one of {array.dtype}")
    return array


# -- those that come with the package ---------------------------------------------------------------


def astronaut() -> np.ndarray:
    """skimage's picture of an astronaut, 128 × 128 × 3, from 0 to 1."""
    side = PICTURE // SMALLER
    return _picture().reshape(side, SMALLER, side, SMALLER, 3).mean((1, 3), dtype=np.float32) / 255


def alexnet_activation() -> np.ndarray:
    """What AlexNet's convolutions make of that picture, 256 × 5 × 5; their weights are drawn, not trained."""
    from workbench.gluon.model_zoo.vision import alexnet
    from workbench.imperative import nd

    layers = alexnet().features[:8]
    generator = np.random.default_rng(0)  # its own, so that the user's draws stay as they are
    layers.initialize()
    data = nd.array(_picture()[:CROP, :CROP].transpose(2, 0, 1)[None].astype(np.float32) / 128 - 1)
    layers(data)
    for parameter in layers.collect_params().values():
        shape = parameter.shape
        deviation = math.sqrt(2 / math.prod(shape[1:])) if len(shape) > 1 else 0.0
        parameter.set_data(nd.array(generator.normal(0, deviation, shape).astype(np.float32)))
    return layers(data)[0].asnumpy()


def efficientnet_kernel() -> np.ndarray:
    """The first convolution of EfficientNet-Lite0 as it was trained on ImageNet: (32, 3, 9)."""
    from workbench.gluon.model_zoo.vision import get_model

    network = get_model("efficientnet_lite0", pretrained=True)
    found = (p for p in network.collect_params().values() if p.shape == (32, 3, 3, 3))
    return next(found).data().asnumpy().reshape(32, 3, 9)


def _picture() -> np.ndarray:
    try:
        from skimage.data import astronaut as load
    except ImportError:
        raise ArgumentError(
            "the picture comes with scikit-image, which is not installed: " + remedy("data")
        ) from None
    return np.asarray(load())


STUDIES: dict[str, TensorStudy] = {
    "alexnet": TensorStudy(
        "AlexNet: activation (256, 5, 5)",
        "study='alexnet'",
        (256, 5, 5),
        ("channels", "height", "width"),
        "activation",
        4096,
        alexnet_activation,
        "What AlexNet's convolutions, with random weights, make of a photograph.",
    ),
    "image": TensorStudy(
        "A photograph (128, 128, 3)",
        "study='image'",
        (128, 128, 3),
        ("height", "width", "colour"),
        "activation",
        10,
        astronaut,
        "An astronaut, from scikit-image, every 4 × 4 pixels as one.",
        picture=True,
    ),
    "kernel": TensorStudy(
        "EfficientNet-Lite0: first kernel (32, 3, 9)",
        "study='kernel'",
        (32, 3, 9),
        ("outputs", "colours", "window"),
        "weight",
        32,
        efficientnet_kernel,
        "The first convolution of a network trained on ImageNet, its 3 × 3 window as one mode.",
    ),
}


def study_named(name: str) -> TensorStudy:
    """One of `STUDIES`.

    Raises:
        ArgumentError: there is none of that name.
    """
    if name not in STUDIES:
        raise ArgumentError(f"study={name!r}: there are {', '.join(STUDIES)}")
    return STUDIES[name]
