"""The deep perceptron of the course."""

import pytest

from workbench import networks
from workbench.errors import ArgumentError


def test_layers_shapes_and_parameters():
    found = networks.deep_mlp(depth=3, width=5, batch=2, inputs=4, classes=7, activation="tanh")
    assert found.shapes == {"data": (2, 4), "softmax_label": (2,)}
    assert found.symbol.infer_shape(**found.shapes)[1] == [(2, 7)]
    assert list(found.parameters)[:2] == ["fc0_weight", "fc0_bias"]
    assert found.parameter_count == (5 * 4 + 5) + 2 * (5 * 5 + 5) + (7 * 5 + 7)
    assert [n.name for n in found.symbol.nodes if n.op == "Activation"] == ["act0", "act1", "act2"]
    assert repr(found) == "Network(MLP, 3 layers of 5)"


def test_two_of_the_same_have_the_same_names():
    first, second = networks.deep_mlp(2), networks.deep_mlp(2)
    assert first.symbol.tojson() == second.symbol.tojson()


def test_a_size_that_is_none_is_refused():
    with pytest.raises(ArgumentError, match=r"deep_mlp.*: depth must be a whole number, 1 or more, got 0"):
        networks.deep_mlp(depth=0)
    with pytest.raises(ArgumentError, match=r"deep_mlp.*: width must be a whole number, 1 or more, got True"):
        networks.deep_mlp(width=True)


def test_a_name_that_is_none_is_refused():
    with pytest.raises(AttributeError, match=r"networks has no 'deep_mpl'.*Did you mean 'deep_mlp'"):
        _ = networks.deep_mpl
