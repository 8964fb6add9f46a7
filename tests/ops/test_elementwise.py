"""What the sweep can't say of elementwise operators: gradients that are conventions."""

import numpy as np

from workbench import autograd, nd


def test_the_gradient_multiplier_scales_what_flows_back_and_nothing_else() -> None:
    x = nd.array([1.0, 2.0])
    x.attach_grad()
    with autograd.record():
        out = nd.contrib.gradientmultiplier(x, scalar=-0.5)
    out.backward(nd.array([2.0, 4.0]))
    np.testing.assert_array_equal(out.asnumpy(), [1, 2])
    np.testing.assert_array_equal(x.grad.asnumpy(), [-1, -2])


def test_estimators_let_the_gradient_straight_through() -> None:
    for estimator in (nd.contrib.round_ste, nd.contrib.sign_ste):
        x = nd.array([-0.7, 1.2])
        x.attach_grad()
        with autograd.record():
            out = estimator(x)
        out.backward(nd.array([2.0, 4.0]))
        np.testing.assert_array_equal(out.asnumpy(), [-1, 1])
        np.testing.assert_array_equal(x.grad.asnumpy(), [2, 4])


def test_what_lies_on_a_bound_of_clip_lets_its_gradient_through() -> None:
    x = nd.array([-1.0, 1.0, 2.0, 0.0])
    x.attach_grad()
    with autograd.record():
        out = nd.clip(x, -1, 1)
    out.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [1, 1, 0, 1])


def test_functions_of_whole_numbers_give_whole_numbers() -> None:
    for name in ("log", "sqrt", "sigmoid"):
        assert getattr(nd, name)(nd.array([1, 4], dtype="int32")).dtype == np.int32


def test_the_slope_of_a_magnitude_at_0_is_0() -> None:
    """JAX's is 1, and a penalty on weights of 0 would move them."""
    for magnitude in (nd.abs, lambda x: nd.norm(x, ord=1)):
        x = nd.array([0.0, 0.5, -2.0])
        x.attach_grad()
        with autograd.record():
            out = magnitude(x)
        out.backward()
        np.testing.assert_array_equal(x.grad.asnumpy(), [0, 1, -1])


def test_what_is_too_large_for_a_narrow_integer_wraps_around() -> None:
    for source in ("float32", "float64", "float16"):
        x = nd.array([-1, 256, 300.7, -129.2, 7.9], dtype=source)
        np.testing.assert_array_equal(x.astype("uint8").asnumpy(), [255, 0, 44, 127, 7])
        np.testing.assert_array_equal(x.astype("int8").asnumpy(), [-1, 0, 44, 127, 7])
    written = nd.zeros(2, dtype="uint8")
    written[:] = nd.array([-1, 300.7])
    np.testing.assert_array_equal(written.asnumpy(), [255, 44])
