"""Networks that classify images, by the papers that introduced them; EfficientNet-Lite0 also with its weights."""

from typing import Any as _Any

from workbench.errors import ArgumentError as _ArgumentError
from workbench.errors import did_you_mean as _did_you_mean
from workbench.errors import unknown_name as _unknown_name
from workbench.gluon.block import HybridBlock as _HybridBlock
from workbench.gluon.model_zoo.vision.alexnet import AlexNet as AlexNet
from workbench.gluon.model_zoo.vision.alexnet import alexnet as alexnet
from workbench.gluon.model_zoo.vision.densenet import DenseNet as DenseNet
from workbench.gluon.model_zoo.vision.densenet import densenet121 as densenet121
from workbench.gluon.model_zoo.vision.densenet import densenet161 as densenet161
from workbench.gluon.model_zoo.vision.densenet import densenet169 as densenet169
from workbench.gluon.model_zoo.vision.densenet import densenet201 as densenet201
from workbench.gluon.model_zoo.vision.densenet import get_densenet as get_densenet
from workbench.gluon.model_zoo.vision.efficientnet_input import efficientnet_input as efficientnet_input
from workbench.gluon.model_zoo.vision.efficientnet_lite import EfficientNetLite0 as EfficientNetLite0
from workbench.gluon.model_zoo.vision.efficientnet_lite import InvertedResidual as InvertedResidual
from workbench.gluon.model_zoo.vision.efficientnet_lite import efficientnet_lite0 as efficientnet_lite0
from workbench.gluon.model_zoo.vision.inception import Inception3 as Inception3
from workbench.gluon.model_zoo.vision.inception import inception_v3 as inception_v3
from workbench.gluon.model_zoo.vision.mobilenet import LinearBottleneck as LinearBottleneck
from workbench.gluon.model_zoo.vision.mobilenet import MobileNet as MobileNet
from workbench.gluon.model_zoo.vision.mobilenet import MobileNetV2 as MobileNetV2
from workbench.gluon.model_zoo.vision.mobilenet import get_mobilenet as get_mobilenet
from workbench.gluon.model_zoo.vision.mobilenet import get_mobilenet_v2 as get_mobilenet_v2
from workbench.gluon.model_zoo.vision.mobilenet import mobilenet0_5 as mobilenet0_5
from workbench.gluon.model_zoo.vision.mobilenet import mobilenet0_25 as mobilenet0_25
from workbench.gluon.model_zoo.vision.mobilenet import mobilenet0_75 as mobilenet0_75
from workbench.gluon.model_zoo.vision.mobilenet import mobilenet1_0 as mobilenet1_0
from workbench.gluon.model_zoo.vision.mobilenet import mobilenet_v2_0_5 as mobilenet_v2_0_5
from workbench.gluon.model_zoo.vision.mobilenet import mobilenet_v2_0_25 as mobilenet_v2_0_25
from workbench.gluon.model_zoo.vision.mobilenet import mobilenet_v2_0_75 as mobilenet_v2_0_75
from workbench.gluon.model_zoo.vision.mobilenet import mobilenet_v2_1_0 as mobilenet_v2_1_0
from workbench.gluon.model_zoo.vision.residual import BasicBlockV1 as BasicBlockV1
from workbench.gluon.model_zoo.vision.residual import BasicBlockV2 as BasicBlockV2
from workbench.gluon.model_zoo.vision.residual import BottleneckV1 as BottleneckV1
from workbench.gluon.model_zoo.vision.residual import BottleneckV2 as BottleneckV2
from workbench.gluon.model_zoo.vision.resnet import ResNetV1 as ResNetV1
from workbench.gluon.model_zoo.vision.resnet import ResNetV2 as ResNetV2
from workbench.gluon.model_zoo.vision.resnet import get_resnet as get_resnet
from workbench.gluon.model_zoo.vision.resnet import resnet18_v1 as resnet18_v1
from workbench.gluon.model_zoo.vision.resnet import resnet18_v2 as resnet18_v2
from workbench.gluon.model_zoo.vision.resnet import resnet34_v1 as resnet34_v1
from workbench.gluon.model_zoo.vision.resnet import resnet34_v2 as resnet34_v2
from workbench.gluon.model_zoo.vision.resnet import resnet50_v1 as resnet50_v1
from workbench.gluon.model_zoo.vision.resnet import resnet50_v2 as resnet50_v2
from workbench.gluon.model_zoo.vision.resnet import resnet101_v1 as resnet101_v1
from workbench.gluon.model_zoo.vision.resnet import resnet101_v2 as resnet101_v2
from workbench.gluon.model_zoo.vision.resnet import resnet152_v1 as resnet152_v1
from workbench.gluon.model_zoo.vision.resnet import resnet152_v2 as resnet152_v2
from workbench.gluon.model_zoo.vision.squeezenet import SqueezeNet as SqueezeNet
from workbench.gluon.model_zoo.vision.squeezenet import get_squeezenet as get_squeezenet
from workbench.gluon.model_zoo.vision.squeezenet import squeezenet1_0 as squeezenet1_0
from workbench.gluon.model_zoo.vision.squeezenet import squeezenet1_1 as squeezenet1_1
from workbench.gluon.model_zoo.vision.vgg import VGG as VGG
from workbench.gluon.model_zoo.vision.vgg import get_vgg as get_vgg
from workbench.gluon.model_zoo.vision.vgg import vgg11 as vgg11
from workbench.gluon.model_zoo.vision.vgg import vgg11_bn as vgg11_bn
from workbench.gluon.model_zoo.vision.vgg import vgg13 as vgg13
from workbench.gluon.model_zoo.vision.vgg import vgg13_bn as vgg13_bn
from workbench.gluon.model_zoo.vision.vgg import vgg16 as vgg16
from workbench.gluon.model_zoo.vision.vgg import vgg16_bn as vgg16_bn
from workbench.gluon.model_zoo.vision.vgg import vgg19 as vgg19
from workbench.gluon.model_zoo.vision.vgg import vgg19_bn as vgg19_bn

MODELS = {
    **{f"resnet{n}_v{v}": globals()[f"resnet{n}_v{v}"] for v in (1, 2) for n in (18, 34, 50, 101, 152)},
    **{f"vgg{n}{end}": globals()[f"vgg{n}{end}"] for end in ("", "_bn") for n in (11, 13, 16, 19)},
    "alexnet": alexnet,
    **{f"densenet{n}": globals()[f"densenet{n}"] for n in (121, 161, 169, 201)},
    "squeezenet1.0": squeezenet1_0,
    "squeezenet1.1": squeezenet1_1,
    "inceptionv3": inception_v3,
    "mobilenet1.0": mobilenet1_0,
    "mobilenet0.75": mobilenet0_75,
    "mobilenet0.5": mobilenet0_5,
    "mobilenet0.25": mobilenet0_25,
    "mobilenetv2_1.0": mobilenet_v2_1_0,
    "mobilenetv2_0.75": mobilenet_v2_0_75,
    "mobilenetv2_0.5": mobilenet_v2_0_5,
    "mobilenetv2_0.25": mobilenet_v2_0_25,
    "efficientnet_lite0": efficientnet_lite0,
}


def get_model(name: str, **kwargs: _Any) -> _HybridBlock:
    """A network by MXNet's name of it, such as ``"resnet18_v1"`` or ``"mobilenetv2_0.5"``.

    Args:
        name: upper and lower case are the same.
        kwargs: as the network takes them, such as ``classes=10``, or ``pretrained=True`` for the one that has weights.

    Raises:
        ArgumentError: there is none of this name.
        NotSupportedError: ``pretrained=True`` of another network than ``"efficientnet_lite0"``.
    """
    if name.lower() not in MODELS:
        raise _ArgumentError(
            f"get_model: no network {name!r}.{_did_you_mean(name.lower(), MODELS)} There are {', '.join(MODELS)}"
        )
    return MODELS[name.lower()](**kwargs)


def __getattr__(name: str) -> object:
    raise _unknown_name("gluon.model_zoo.vision", name, globals())
