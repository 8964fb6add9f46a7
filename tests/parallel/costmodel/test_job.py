"""Layers of networks, counted by hand, and what is refused of a job."""

import math

import pytest
from small_cluster import given, job

from workbench import sym
from workbench.errors import ArgumentError
from workbench.parallel.costmodel import Job, Layer, layers


def small():
    x = sym.Convolution(sym.Variable("data"), kernel=(3, 3), num_filter=5, no_bias=True, name="conv")
    x = sym.BatchNorm(x, name="norm")
    return sym.FullyConnected(sym.Activation(x, act_type="relu"), num_hidden=7, name="dense")


def test_layers_have_the_bytes_of_their_parameters_and_the_work_of_their_products():
    conv, norm, dense = layers(small(), {"data": (2, 3, 8, 8)})
    weights = 5 * 3 * 3 * 3
    assert (conv.gradient.value, conv.work.value) == (4 * weights, 2 * weights * 2 * 6 * 6)
    assert (norm.gradient.value, norm.work.value) == (4 * 2 * 5, 0)  # moving averages have no gradients
    assert (dense.gradient.value, dense.work.value) == (4 * (7 * 5 * 36 + 7), 2 * 2 * 7 * 5 * 36)


def test_a_shape_that_does_not_follow_is_named():
    with pytest.raises(
        ArgumentError, match="the shape of data, conv_weight does not follow from those given"
    ):
        layers(small(), {})
    with pytest.raises(ArgumentError, match=r"layers\(\): symbol must be a Symbol, got None"):
        layers(None, {})
    with pytest.raises(ArgumentError, match=r"layers\(\): shapes must be a dict, got None"):
        layers(small(), None)


def test_a_network_without_parameters_has_nothing_to_exchange():
    with pytest.raises(ArgumentError, match="the network has no parameters"):
        layers(sym.Variable("data") * 2, {"data": (2, 3)})


def test_backward_is_shared_out_by_work():
    assert job(1, 1, work=[1, 3], step=3.0).backward() == pytest.approx([0.5, 1.5])
    assert job(1, 1, work=[0, 0], step=3.0).backward() == pytest.approx([1, 1])


def test_a_job_that_is_none_is_refused():
    layer = Layer("a", given(1, "B"), given(1, "FLOP"))
    with pytest.raises(ArgumentError, match="job 'net' has no layers"):
        Job("net", (), 1, given(1, "s"))
    for step in (0, math.nan, math.inf, None):
        with pytest.raises(
            ArgumentError, match=f"the step of 'net' in s: value must be a finite number above 0, got {step}"
        ):
            Job("net", (layer,), 1, given(step, "s"))
    for batch in (0, -1, None, 1.5):
        with pytest.raises(ArgumentError, match=f"Job: batch must be a whole number, 1 or more, got {batch}"):
            Job("net", (layer,), batch, given(1, "s"))
    with pytest.raises(ArgumentError, match="Job: layers must be a sequence of Layers, got 'ab'"):
        Job("net", "ab", 1, given(1, "s"))
    with pytest.raises(ArgumentError, match="Layer: name must be text, got None"):
        Layer(None, given(1, "B"), given(1, "FLOP"))
    with pytest.raises(ArgumentError, match="forward's part of 'net' must be 1 or less, got 2"):
        Job("net", (layer,), 1, given(1, "s"), forward=given(2, "1"))
    with pytest.raises(ArgumentError, match="the gradient of layer 'a' must be a Quantity in B"):
        Layer("a", given(1, "s"), given(1, "FLOP"))
