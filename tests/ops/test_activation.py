"""What the sweep of operators cannot say of the activations: the slopes that are drawn."""

import numpy as np

import workbench as mx
from workbench import autograd, nd, sym
from workbench.graph.bind import bind
from workbench.graph.bound import Kept
from workbench.ops import registry
from workbench.types import tensor_type


def test_rrelu_draws_each_slope_between_its_bounds_and_its_gradient_uses_the_same() -> None:
    mx.random.seed(3)
    data = nd.array(np.random.default_rng(0).normal(size=(50, 40)))
    data.attach_grad()
    with autograd.record():
        out, mask = nd.LeakyReLU(data, act_type="rrelu", lower_bound=0.2, upper_bound=0.6)
    out.backward()
    slopes, positive = mask.asnumpy(), data.asnumpy() > 0
    np.testing.assert_array_equal(slopes[positive], 1)
    drawn = slopes[~positive]
    assert drawn.min() >= 0.2
    assert drawn.max() < 0.6
    assert abs(drawn.mean() - 0.4) < 5 * 0.4 / np.sqrt(12 * drawn.size)
    np.testing.assert_array_equal(data.grad.asnumpy(), slopes)
    np.testing.assert_array_equal(out.asnumpy(), data.asnumpy() * slopes)


def test_outputs_depend_on_the_kind() -> None:
    data = sym.var("data")
    assert sym.LeakyReLU(data, name="a").list_outputs() == ["a_output"]
    assert sym.LeakyReLU(data, act_type="rrelu", name="a").list_outputs() == ["a_output", "a_mask"]
    assert sym.LeakyReLU(data, act_type="prelu", name="a").list_arguments() == ["data", "a_gamma"]


def test_a_slope_that_keeps_the_sign_needs_only_the_output_for_its_gradient() -> None:
    types, there = (tensor_type((2, 3), "float32"),), (True,)
    kept = {
        slope: bind(registry.get("LeakyReLU"), {"slope": slope})[0].gradient(types, there, there).kept
        for slope in (0.25, 0.0, -0.5)
    }
    assert kept == {0.25: (Kept(True, 0),), 0.0: (Kept(True, 0),), -0.5: (Kept(False, 0),)}
