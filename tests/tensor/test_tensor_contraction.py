"""The tensor contraction layer against TensorLy's products with matrices, and in every style."""

import numpy as np
import pytest
import tensorly as tl

from tests.tensor.layer import check, values
from workbench import nd, random, sym
from workbench.errors import ArgumentError, ShapeError
from workbench.tensor.layers import TensorContraction

X = np.random.default_rng(0).normal(size=(6, 5, 4, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("rank", "axes"),
    [((2, 3, 2), None), ((2,), None), ((4, 2), (3, 1)), ((7, 1), (1, 2))],
    ids=str,
)
def test_it_is_a_product_with_a_matrix_along_each_axis(rank, axes, tmp_path):
    modes = axes or tuple(range(1, len(rank) + 1))

    def expected(layer):
        return tl.tenalg.multi_mode_dot(X, values(layer), modes)

    layer = check(lambda **kwargs: TensorContraction(rank, axes, **kwargs), X, tmp_path, expected)
    assert layer.parameter_count == sum(r * X.shape[m] for r, m in zip(rank, modes, strict=True))


@pytest.mark.parametrize(
    ("rank", "found"), [(4, (4, 4, 3)), (0.5, (3, 3, 2)), (1.0, (5, 4, 3)), ((2, 2, 2), (2, 2, 2))], ids=str
)
def test_a_rank_is_a_number_a_tuple_or_a_fraction_of_what_is_kept(rank, found):
    layer = TensorContraction(rank, in_shape=(5, 4, 3))
    layer.initialize()
    assert layer(nd.array(X)).shape == (6, *found)


def test_signals_keep_their_variance():
    random.seed(1)
    x = nd.random.normal(shape=(64, 32, 8, 8))
    layer = TensorContraction((32, 8, 8))
    layer.initialize()
    assert 0.5 < layer(x).asnumpy().std() < 2


def test_its_repr():
    layer = TensorContraction((2, 3))
    assert repr(layer) == "TensorContraction((None, None) -> (2, 3), axes=(1, 2))"
    layer.initialize()
    layer(nd.array(X))
    assert repr(layer) == "TensorContraction((5, 4) -> (2, 3), axes=(1, 2))"


def test_a_symbol_makes_its_factors():
    out = sym.TensorContraction(sym.var("data"), ranks=(2, 3), name="tcl")
    assert out.list_arguments() == ["data", "tcl_factor0_weight", "tcl_factor1_weight"]
    assert out.infer_shape(data=(6, 5, 4))[0] == [(6, 5, 4), (2, 5), (3, 4)]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: TensorContraction(3), "rank=3 needs the sizes of the contracted axes: state in_shape"),
        (lambda: TensorContraction(0.5, axes=(1,)), "rank=0.5 needs the sizes of the contracted axes"),
        (lambda: TensorContraction(1.5, in_shape=(4, 4)), "rank=1.5: a fraction is above 0 and at most 1"),
        (lambda: TensorContraction(0.01, in_shape=(4, 4)), "one number is 0.0625 of the activation's already"),
        (lambda: TensorContraction((2, 2), axes=(1,)), r"rank=\(2, 2\), axes=\(1,\) and in_shape=None are of dif"),
        (lambda: TensorContraction((0, 2)), r"ranks 1 or more, got axes=\(1, 2\), ranks=\(0, 2\)"),
        (lambda: TensorContraction((2, 2), axes=(0, 1)), "different ones from 1 to 24, as axis 0 is the batch"),
        (lambda: TensorContraction((2,), axes=(99,)), "different ones from 1 to 24, as axis 0 is the batch"),
        (lambda: TensorContraction((2,), error=0.1), r"TensorContraction.from_data\(…, error=0.1\)"),
        (lambda: sym.TensorContraction(sym.var("x"), ranks=(2,), axes=(1, 1)), "ranks has one number for each"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


def test_an_axis_the_data_lacks_is_named():
    with pytest.raises(ShapeError, match="axis 3 is contracted, and data has 2 axes"):
        nd.TensorContraction(nd.ones((2, 3)), nd.ones((2, 3)), ranks=(2,), axes=(3,))


def test_before_it_knows_its_sizes_it_can_not_count():
    with pytest.raises(
        ShapeError, match=r"the number of parameters follows from .*factor0_weight, whose shape is"
    ):
        _ = TensorContraction((2, 3)).parameter_count


def test_data_that_are_no_tensor_are_refused():
    with pytest.raises(ShapeError, match=r"^lists of different lengths are no tensor: \[\[1\], \[1, 2\]\]$"):
        TensorContraction.from_data([[1], [1, 2]], 1)


def test_a_rank_may_be_an_array():
    assert TensorContraction(np.array([2, 3]), in_shape=(4, 5))._ranks == (2, 3)
