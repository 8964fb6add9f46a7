"""The residual networks of the course: shapes, names, sizes."""

import pytest

from workbench import networks
from workbench.errors import ArgumentError


def test_fifty_layers_have_the_parameters_that_are_known_of_them():
    found = networks.resnet(50)
    assert found.parameter_count == 25_557_032  # the number that ResNet-50 is quoted with
    assert found.parameters["stage0_unit0_conv0_weight"] == (64, 64, 1, 1)
    assert found.parameters["stage3_unit2_conv2_weight"] == (2048, 512, 1, 1)
    assert found.parameters["classes_weight"] == (1000, 2048)
    assert found.symbol.infer_shape(**found.shapes)[1] == [(32, 1000)]


@pytest.mark.parametrize("layers", [50, 101, 152, 200, 998])
def test_a_network_of_a_name_has_so_many_layers(layers):
    found = networks.resnet(layers)
    weights = [name for name in found.parameters if name.endswith("_weight") and "shortcut" not in name]
    assert len(weights) == layers
    assert repr(found) == f"Network(ResNet, {layers} layers)"


def test_units_of_two_convolutions_on_small_images():
    found = networks.resnet((2, 2), image=(1, 28, 28), batch=4, classes=10, bottleneck=False, base=8)
    assert found.shapes == {"data": (4, 1, 28, 28), "softmax_label": (4,)}
    assert found.parameters["stage1_unit0_conv1_weight"] == (16, 8, 3, 3)
    assert found.parameters["stage1_unit0_shortcut_weight"] == (16, 8, 1, 1)
    assert not any(name.startswith("stage1_unit1_shortcut") for name in found.parameters)


def test_a_stage_shrinks_the_image_and_doubles_the_channels():
    found = networks.resnet((1, 2), image=(3, 64, 64), batch=2)
    inner = found.symbol.get_internals()
    _, shapes, _ = inner.infer_shape(**found.shapes)
    shape = dict(zip(inner.list_outputs(), shapes, strict=True))
    assert shape["stage0_unit0_sum_output"] == (2, 256, 15, 15)
    assert shape["stage1_unit1_sum_output"] == (2, 512, 8, 8)


def test_activations_by_name():
    found = networks.resnet((1,), image=(3, 8, 8), activation="relu")
    assert {n.op for n in found.symbol.nodes} >= {"Activation"}
    assert "LeakyReLU" not in {n.op for n in found.symbol.nodes}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"units": 34},
            "resnet(34): networks of 50, 101, 152, 200, 998 layers have names; others by their units",
        ),
        ({"units": ()}, "resnet(units=…) is a number of layers or of units a stage, got none"),
        (
            {"units": (1, 0)},
            "resnet(): units must be a whole number or a sequence of whole numbers, 1 or more, got (1, 0)",
        ),
        ({"image": (224, 224)}, "resnet(): image must be 3 whole numbers, 1 or more, got (224, 224)"),
        ({"image": (3, 4, 9)}, "resnet(image=…) has 5 pixels or more a side, got (3, 4, 9)"),
        ({"batch": 2.5}, "resnet(): batch must be a whole number, 1 or more, got 2.5"),
        ({"bottleneck": "x"}, "resnet(): bottleneck must be True or False, got 'x'"),
        ({"activation": "rely"}, "rely"),
    ],
)
def test_what_is_no_network_is_refused(arguments, text):
    with pytest.raises(ArgumentError) as caught:
        networks.resnet(**arguments)
    assert text in str(caught.value)
