"""Every network of the zoo has MXNet 1.9.1's parameters: names in its order, shapes, and place in the structure.

`mxnet_parameters.json` was written by MXNet itself: numbers, and digests of the lines that `described` makes.
"""

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotSupportedError
from workbench.gluon.model_zoo import vision
from workbench.imperative import autograd, nd
from workbench.symbolic import sym

EXPECTED = json.loads((Path(__file__).parent / "mxnet_parameters.json").read_text())


def digest(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def described(net, size):
    graph = net(sym.var("data"))
    arguments, _, states = graph.infer_shape(data=(2, 3, size, size))
    shapes = dict(zip(graph.list_arguments(), arguments, strict=True))
    shapes |= dict(zip(graph.list_auxiliary_states(), states, strict=True))
    del shapes["data"]
    lines = [f"{name.removeprefix(net.prefix)} {shape}" for name, shape in shapes.items()]
    places = [f"{place} {shapes[p.name]}" for place, p in sorted(net._structural().items())]
    return {
        "arguments": len(arguments),
        "auxiliary": len(states),
        "elements": sum(map(math.prod, shapes.values())),
        "digest": digest(lines + [name.removeprefix(net.prefix) for name in graph.list_outputs()]),
        "structure": digest(places),
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_parameters_are_those_of_mxnet(name):
    assert described(vision.get_model(name), 299 if name == "inceptionv3" else 224) == EXPECTED[name]


def test_every_network_of_mxnets_is_compared():
    assert set(EXPECTED) == set(vision.MODELS) - {"efficientnet_lite0"}


SMALL = {
    "basic v1": (vision.ResNetV1, vision.BasicBlockV1),
    "bottleneck v2": (vision.ResNetV2, vision.BottleneckV2),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_small_residual_network_runs_alike_in_both_styles_and_learns(name):
    network, block = SMALL[name]
    net = network(block, [1, 1], [4, 4, 8], classes=5, thumbnail=True)
    net.initialize("xavier")
    x = nd.array(np.random.default_rng(0).normal(size=(2, 3, 8, 8)))
    eager = net(x).asnumpy()
    net.hybridize()
    np.testing.assert_allclose(net(x).asnumpy(), eager, rtol=1e-4, atol=1e-5)
    with autograd.record():
        net(x).sum().backward()
    assert eager.shape == (2, 5)
    assert np.abs(net.output.weight.grad().asnumpy()).max() > 0


def test_squeezenet_forward():
    net = vision.get_model("SqueezeNet1.1", classes=3)
    net.initialize("xavier")
    net.hybridize()
    assert net(nd.zeros((1, 3, 224, 224))).shape == (1, 3)


def test_what_there_is_not_is_named():
    with pytest.raises(NotSupportedError, match=r"resnet18_v1\(pretrained=True\): .* without weights"):
        vision.resnet18_v1(pretrained=True)
    with pytest.raises(NotSupportedError, match="without weights, but for 'efficientnet_lite0'"):
        vision.get_model("alexnet", pretrained=True)
    with pytest.raises(ArgumentError, match=r"no network 'alexnt'\. Did you mean 'alexnet'"):
        vision.get_model("alexnt")
    with pytest.raises(ArgumentError, match="number of layers 17: there are 11, 13, 16, 19"):
        vision.get_vgg(17)
    with pytest.raises(ArgumentError, match="version 3: there are 1, 2"):
        vision.get_resnet(3, 18)
    with pytest.raises(ArgumentError, match="2 stages take 3 numbers of channels"):
        vision.ResNetV1(vision.BasicBlockV1, [1, 1], [4, 4])
    with pytest.raises(ArgumentError, match=r"SqueezeNet: version '2.0'"):
        vision.SqueezeNet("2.0")
