"""Attributes: what a tuple may hold, and that a contradiction is told."""

import numpy as np
import pytest

from workbench import nd, sym
from workbench.errors import ArgumentError

X = nd.ones((2, 3))


def test_a_shape_holds_whole_numbers_alone():
    with pytest.raises(ArgumentError, match=r"'shape' must be tuple of int, got \(2, 2\.5\)"):
        nd.zeros((2, 2.5))
    with pytest.raises(ArgumentError, match=r"'shape' must be tuple of int, got \(None,\)"):
        X.reshape(None)
    with pytest.raises(ArgumentError, match=r"'axes' must be tuple of int"):
        sym.transpose(sym.var("x"), axes=(0, "y"))
    assert nd.zeros((2, 3)).shape == (2, 3)
    for make in (
        nd.zeros,
        nd.ones,
        lambda shape: nd.full(shape, 1),
        lambda shape: nd.random.normal(shape=shape),
    ):
        with pytest.raises(ArgumentError, match=r"\(\): 'shape' must be tuple of int, got \(2\.0, 3\)"):
            make((2.0, 3))  # which equals what was asked for before
        assert make((np.int64(2), 3)).shape == (2, 3)
    with pytest.raises(
        ArgumentError, match=r"random.uniform\(\): 'shape' must be tuple of int, got \(2\.0,\)"
    ):
        sym.random.uniform(shape=(2.0,))
    assert nd.slice(X, begin=(None, 1), end=(2, None)).shape == (2, 2)


def test_num_args_is_the_number_of_inputs():
    assert nd.concat(X, X, num_args=2, dim=0).shape == (4, 3)
    for F, x in ((nd, X), (sym, sym.var("x"))):
        with pytest.raises(ArgumentError, match=r"Concat\(\): num_args is 3, and 2 inputs were given"):
            F.concat(x, x, num_args=3)
