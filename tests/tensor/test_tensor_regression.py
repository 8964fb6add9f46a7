"""The tensor regression layer against TensorLy's reconstructed weight, and in every style."""

import numpy as np
import pytest
import tensorly as tl

from tests.tensor.layer import check, values
from workbench import nd, random, sym
from workbench.errors import ArgumentError, ShapeError
from workbench.tensor.layers import TensorRegression

X = np.random.default_rng(0).normal(size=(6, 5, 4, 3)).astype(np.float32)
RANKS = {"tucker": (3, 2, 2, 3), "cp": (4,), "tt": (3, 4, 2)}


def weight(layer, factorization):
    """The whole weight, by TensorLy."""
    found = values(layer)
    if factorization == "tucker":
        return tl.tucker_to_tensor((found[0], found[1:]))
    return tl.cp_to_tensor((None, found)) if factorization == "cp" else tl.tt_to_tensor(found)


@pytest.mark.parametrize("factorization", RANKS)
@pytest.mark.parametrize("bias", [True, False])
def test_it_is_the_inner_product_with_the_whole_weight(factorization, bias, tmp_path):
    def make(**kwargs):
        return TensorRegression(
            7,
            RANKS[factorization],
            factorization,
            in_shape=(0, 0, 0) if factorization == "cp" else None,
            use_bias=bias,
            bias_initializer="ones",
            **kwargs,
        )

    def expected(layer):
        return np.einsum("bcij,cijo->bo", X, weight(layer, factorization)) + bias

    check(make, X, tmp_path, expected)


@pytest.mark.parametrize("factorization", RANKS)
def test_outputs_may_have_axes(factorization, tmp_path):
    def make(**kwargs):
        return TensorRegression((2, 3), 2, factorization, in_shape=(5, 4, 3), **kwargs)

    def expected(layer):
        return np.einsum("bcij,cijop->bop", X, weight(layer, factorization))

    check(make, X, tmp_path, expected)


@pytest.mark.parametrize("factorization", RANKS)
def test_a_fraction_bounds_the_parameters(factorization):
    layer = TensorRegression(7, 0.4, factorization, in_shape=(5, 4, 3), use_bias=False)
    layer.initialize()
    assert layer(nd.array(X)).shape == (6, 7)
    assert 0.2 * 420 < layer.parameter_count <= 0.4 * 420


@pytest.mark.parametrize("factorization", RANKS)
def test_its_weight_starts_with_the_variance_of_one_over_the_inputs(factorization):
    random.seed(1)
    x = nd.random.normal(shape=(64, 32, 6, 6))
    layer = TensorRegression(100, 0.3, factorization, in_shape=(32, 6, 6))
    layer.initialize()
    assert 0.5 < layer(x).asnumpy().std() < 2


def test_its_repr():
    layer = TensorRegression(7, (3, 4, 2), "tt", use_bias=False)
    assert repr(layer) == "TensorRegression(3 axes -> (7,), tt, ranks=(3, 4, 2), bias=False)"


def test_a_symbol_makes_its_factors():
    out = sym.TensorRegression(sym.var("data"), output_shape=7, ranks=(3, 2, 2), name="trl")
    names = ["data", *(f"trl_{n}_weight" for n in ("core", "factor0", "factor1", "factor2")), "trl_bias"]
    assert out.list_arguments() == names
    found = out.infer_shape(data=(6, 5, 4))[0]
    assert found == [(6, 5, 4), (3, 2, 2), (5, 3), (4, 2), (7, 2), (7,)]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: TensorRegression(7, 3), "does not say how many axes the data has: state in_shape"),
        (lambda: TensorRegression(7, 3, in_shape=(0, 4)), r"rank=3 needs the size of every axis, and \(0, 4, 7\)"),
        (lambda: TensorRegression(7, (3,), "cp"), "rank=.3,. of 'cp' does not say how many axes"),
        (lambda: TensorRegression(7, (9, 2, 2), in_shape=(5, 4)), "the rank of mode 0 of .5, 4, 7. is from 1 to 5"),
        (lambda: TensorRegression(7, (3, 2), error=0.1), r"TensorRegression.from_dense\(…, error=0.1\) takes it"),
        (lambda: TensorRegression(7, (3, 2), "parafac"), "factorization must be 'tucker' or 'cp' or 'tt'"),
        (lambda: sym.TensorRegression(sym.var("x"), output_shape=7, ranks=(3,)), "'tucker' takes one rank for each"),
        (
            lambda: sym.TensorRegression(sym.var("x"), output_shape=7, ranks=(3,), factorization="cp"),
            r"'cp' takes one rank, and num_axes, .*; got ranks=\(3,\) for 1 output axes, num_axes=0",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


def test_data_of_other_axes_is_refused():
    with pytest.raises(ShapeError, match="the weight has 2 axes for the data's after the first, data has 1"):
        nd.TensorRegression(
            nd.ones((2, 3)), nd.ones((2, 2, 2)), nd.ones((3, 2)), nd.ones((3, 2)), nd.ones((4, 2)), nd.ones(4),
            output_shape=4, ranks=(2, 2, 2),
        )  # fmt: skip


def test_numbers_of_numpy_are_numbers():
    layer = TensorRegression(np.int64(7), np.array([2, 2, 2]), in_shape=np.array([3, 4]))
    assert repr(layer) == "TensorRegression(2 axes -> (7,), tucker, ranks=(2, 2, 2))"
