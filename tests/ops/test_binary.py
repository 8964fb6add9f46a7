"""Functions of two values where MXNet's gradient is a convention: at ties."""

import numpy as np
import pytest

from workbench import autograd, nd, sym


@pytest.mark.parametrize("op", ["broadcast_maximum", "broadcast_minimum", "_maximum", "_minimum"])
def test_the_first_of_two_equal_values_gets_the_gradient(op: str) -> None:
    x, y = nd.array([1.0, 2.0]), nd.array([1.0, 2.0])
    x.attach_grad()
    y.attach_grad()
    with autograd.record():
        out = getattr(nd, op)(x, y)
    out.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [1, 1])
    np.testing.assert_array_equal(y.grad.asnumpy(), [0, 0])


@pytest.mark.parametrize("op", ["maximum", "minimum"])
def test_an_array_equal_to_the_number_gets_the_gradient_and_nan_stays(op: str) -> None:
    x = nd.array([1.0, float("nan")])
    x.attach_grad()
    with autograd.record():
        out = getattr(nd, op)(x, 1)
    out.backward()
    np.testing.assert_array_equal(out.asnumpy(), [1, np.nan])
    assert x.grad.asnumpy()[0] == 1


def test_symbols_are_named_as_mxnet_names_them() -> None:
    a, b = sym.var("a"), sym.var("b")
    named = {
        a + b: "_plus", a - b: "_minus", a * b: "_mul", a / b: "_div", a % b: "_mod", a**b: "_power",
        a + 2: "_plusscalar", a - 2: "_minusscalar", 2 - a: "_rminusscalar", 2 / a: "_rdivscalar",
        2 % a: "_rmodscalar", a**2: "_powerscalar", 2**a: "_rpower_scalar", a > b: "_greater",
        a >= 1: "_greater_equal_scalar", a > 1: "_greater_scalar", sym.maximum(a, b): "_maximum",
        sym.minimum(a, 1): "_minimumscalar", sym.hypot(a, b): "_hypot", sym.hypot(a, 1): "_hypotscalar",
    }  # fmt: skip
    for symbol, hint in named.items():
        assert symbol.name.rstrip("0123456789") == hint
