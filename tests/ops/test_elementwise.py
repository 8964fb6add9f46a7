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
