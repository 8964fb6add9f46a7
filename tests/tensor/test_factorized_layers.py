"""Dense layers, convolutions and embeddings with factorised weights, against the whole weight by TensorLy."""

import numpy as np
import pytest
import tensorly as tl

from tests.ops.cases_convolution import convolve
from tests.tensor.layer import check, values
from workbench import nd, random, sym
from workbench.errors import ArgumentError, NotInitializedError, NotSupportedError, ShapeError
from workbench.gluon import nn
from workbench.tensor.layers import (
    FactorizedConv2D,
    FactorizedDense,
    FactorizedEmbedding,
    TensorContraction,
    TensorRegression,
)
from workbench.tensor.layers.factorized_matrix import split

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(5, 12)).astype(np.float32)
IMAGES = RNG.normal(size=(2, 6, 9, 8)).astype(np.float32)
INDICES = np.array([[0, 3, 29], [7, 7, 12]], np.float32)
RANKS = {"svd": 3, "tt": (3,), "tucker": (2, 3, 2, 2), "cp": 4}
KERNELS = {"tucker": (3, 2), "cp": 4, "tt": (3, 4, 3)}


def matrix(layer, form, rows, columns):
    """The whole matrix, by TensorLy."""
    found = values(layer)
    if form == "tt":
        merged = [core.reshape(core.shape[0], -1, core.shape[-1]) for core in found]
        pairs = tl.tt_to_tensor(merged).reshape([n for pair in zip(rows, columns, strict=True) for n in pair])
        whole = pairs.transpose(*range(0, pairs.ndim, 2), *range(1, pairs.ndim, 2))
    elif form == "tucker":
        whole = tl.tucker_to_tensor((found[0], found[1:]))
    else:
        whole = tl.cp_to_tensor((None, found))
    return whole.reshape(np.prod(rows), np.prod(columns))


def kernel(layer, form):
    """The whole kernel, (outgoing, incoming, height, width)."""
    found = values(layer)
    if form == "tucker":
        return tl.tenalg.multi_mode_dot(found[0], found[1:], [0, 1])
    return tl.cp_to_tensor((None, found)) if form == "cp" else tl.tt_to_tensor(found).transpose(3, 0, 1, 2)


@pytest.mark.parametrize("form", RANKS)
def test_a_dense_layer_is_the_product_with_the_whole_weight(form, tmp_path):
    shapes = {} if form == "svd" else {"in_shape": (4, 3), "out_shape": (2, 5)}

    def make(**kwargs):
        return FactorizedDense(10, RANKS[form], form, bias_initializer="ones", **shapes, **kwargs)

    def expected(layer):
        return ROWS @ matrix(layer, form, (2, 5), (4, 3)).T + 1

    check(make, ROWS, tmp_path, expected)


def test_a_dense_layer_has_a_dense_layer_s_options(tmp_path):
    def make(**kwargs):
        return FactorizedDense(4, 2, activation="relu", use_bias=False, flatten=False, **kwargs)

    x = ROWS.reshape(5, 3, 4)

    def expected(layer):
        return np.maximum(x @ matrix(layer, "svd", (4,), (4,)).T, 0)

    layer = check(make, x, tmp_path, expected)
    assert repr(layer) == "FactorizedDense(None -> (4,), svd, ranks=(2,), Activation(relu))"
    assert layer.parameter_count == 16


@pytest.mark.parametrize("form", RANKS)
def test_an_embedding_looks_up_the_whole_table(form, tmp_path):
    shapes = {"in_shape": (5, 6), "out_shape": (2, 4)} if form != "svd" else {}

    def make(**kwargs):
        return FactorizedEmbedding(30, 8, RANKS[form], form, **shapes, **kwargs)

    def expected(layer):
        return matrix(layer, form, (5, 6), (2, 4))[INDICES.astype(int)]

    layer = check(make, INDICES, tmp_path, expected)
    assert repr(layer).startswith(f"FactorizedEmbedding(30 -> 8, {form}, ranks=")


@pytest.mark.parametrize("form", KERNELS)
@pytest.mark.parametrize(
    ("stride", "dilation", "pad"), [(1, 1, 1), (2, 1, 0), ((1, 2), (2, 1), (2, 0))], ids=str
)
def test_a_convolution_is_that_with_the_whole_kernel(form, stride, dilation, pad, tmp_path):
    def make(**kwargs):
        return FactorizedConv2D(
            7, 3, KERNELS[form], form, stride, pad, dilation, bias_initializer="ones", **kwargs
        )

    def expected(layer):
        window = {k: layer._options[k] for k in ("kernel", "stride", "dilate", "pad")}
        return convolve(IMAGES, kernel(layer, form), np.ones(7), num_filter=7, **window)

    check(make, IMAGES, tmp_path, expected)


@pytest.mark.parametrize(
    "make",
    [
        *(lambda form=form: FactorizedDense(256, 0.3, form, in_units=512, use_bias=False) for form in RANKS),
        *(
            lambda form=form: FactorizedConv2D(64, 3, 0.4, form, padding=1, in_channels=32)
            for form in KERNELS
        ),
    ],
)
def test_a_weight_starts_with_the_variance_of_one_over_the_inputs(make):
    random.seed(1)
    layer = make()
    layer.initialize()
    shape = (64, 512) if isinstance(layer, FactorizedDense) else (8, 32, 12, 12)
    assert 0.4 < layer(nd.random.normal(shape=shape)).asnumpy()[..., 1:-1].std() < 2.5


@pytest.mark.parametrize("form", RANKS)
def test_a_fraction_bounds_the_parameters(form):
    dense = FactorizedDense(60, 0.3, form, in_units=100, use_bias=False)
    assert 0.05 * 6000 < dense.parameter_count <= 0.3 * 6000
    table = FactorizedEmbedding(1000, 64, 0.2, form)
    assert 0.05 * 64000 < table.parameter_count <= 0.2 * 64000 * 1.1  # room to spare counts too


@pytest.mark.parametrize(
    ("size", "found"), [(784, (7, 8, 14)), (10, (1, 2, 5)), (7, (1, 1, 7)), (4096, (16, 16, 16))]
)
def test_sizes_split_nearly_equally(size, found):
    assert split(size) == found


# -- from trained layers --------------------------------------------------------------------------


def trained(layer, x):
    layer.initialize("normal")
    layer(nd.array(x))
    if layer._reg_params.get("bias") is not None:
        layer.bias.set_data(np.arange(layer.bias.shape[0]) / 10)
    return layer


def same(layer, dense, x):
    want = dense(nd.array(x)).asnumpy()
    np.testing.assert_allclose(
        layer(nd.array(x)).asnumpy(), want, rtol=0, atol=1e-5 * max(1, np.abs(want).max())
    )


@pytest.mark.parametrize("form", ["svd", "tt", "tucker"])
def test_a_dense_layer_of_full_rank_is_the_trained_one(form):
    dense = trained(nn.Dense(10, activation="tanh"), ROWS)
    shapes = {} if form == "svd" else {"in_shape": (4, 3), "out_shape": (2, 5)}
    layer = FactorizedDense.from_dense(dense, error=1e-6, factorization=form, **shapes)
    same(layer, dense, ROWS)
    assert layer.error.value < 1e-6
    assert layer.error.kind == "measured"


@pytest.mark.parametrize("form", RANKS)
def test_a_target_error_is_kept_by_the_weight(form):
    dense = trained(nn.Dense(10), ROWS)
    shapes = ((10,), (12,)) if form == "svd" else ((2, 5), (4, 3))
    layer = FactorizedDense.from_dense(
        dense, error=0.4, factorization=form, out_shape=shapes[0], in_shape=shapes[1]
    )
    whole, weight = matrix(layer, form, *shapes), dense.weight.data().asnumpy()
    error = np.linalg.norm(whole - weight) / np.linalg.norm(weight)
    assert error == pytest.approx(layer.error.value, abs=1e-5)
    assert 0 < error <= 0.4


@pytest.mark.parametrize("form", ["tucker", "tt"])
def test_a_convolution_of_full_rank_is_the_trained_one(form):
    conv = trained(nn.Conv2D(7, (3, 2), (2, 1), (1, 0), activation="relu"), IMAGES)
    layer = FactorizedConv2D.from_conv(conv, error=1e-6, factorization=form)
    same(layer, conv, IMAGES)


def test_a_convolution_s_cp_approximates_its_kernel():
    conv = trained(nn.Conv2D(7, 3, use_bias=False), IMAGES)
    layer = FactorizedConv2D.from_conv(conv, 12, factorization="cp")
    weight = conv.weight.data().asnumpy()
    error = np.linalg.norm(kernel(layer, "cp") - weight) / np.linalg.norm(weight)
    assert error == pytest.approx(layer.error.value, abs=1e-5)
    assert error < 0.7
    assert layer.bias is None


@pytest.mark.parametrize("form", ["svd", "tt", "tucker"])
def test_an_embedding_of_full_rank_is_the_trained_one(form):
    table = trained(nn.Embedding(29, 8), INDICES - (INDICES == 29))
    layer = FactorizedEmbedding.from_embedding(table, error=1e-6, factorization=form)
    same(layer, table, np.arange(29))


@pytest.mark.parametrize("form", ["tucker", "tt"])
def test_a_regression_of_full_rank_is_flattening_and_the_trained_layer(form):
    dense = trained(nn.Dense(5), IMAGES)
    layer = TensorRegression.from_dense(dense, IMAGES.shape[1:], error=1e-6, factorization=form)
    same(layer, dense, IMAGES)


@pytest.mark.parametrize("axes", [None, (2, 1)], ids=str)
def test_a_contraction_from_data_loses_no_more_than_it_may(axes):
    mixed = np.einsum(
        "nrs,ri,sj->nij", RNG.normal(size=(40, 2, 3)), RNG.normal(size=(2, 6)), RNG.normal(size=(3, 5))
    )
    layer = TensorContraction.from_data(nd.array(mixed), error=1e-3, axes=axes)
    small = layer(nd.array(mixed)).asnumpy()
    assert small.shape == (40, 2, 3)
    factors = [p.data().asnumpy().T for p in layer.factors]
    again = tl.tenalg.multi_mode_dot(small, factors, list(axes or (1, 2)))
    assert np.linalg.norm(again - mixed) <= 1e-3 * np.linalg.norm(mixed)


def test_it_learns_on_from_the_trained_layer():
    from workbench import autograd, gluon

    dense = trained(nn.Dense(10), ROWS)
    layer = FactorizedDense.from_dense(dense, 2)
    trainer = gluon.Trainer(layer.collect_params(), "sgd", {"learning_rate": 0.05})
    target, losses = dense(nd.array(ROWS)), []
    for _ in range(40):
        with autograd.record():
            loss = nd.square(layer(nd.array(ROWS)) - target).sum()
        loss.backward()
        trainer.step(len(ROWS))
        losses.append(loss.asscalar())
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: FactorizedDense(10, 2, error=0.1), r"FactorizedDense.from_dense\(…, error=0.1\) takes it"),
        (lambda: FactorizedConv2D(4, 3, 2, error=0.1), r"FactorizedConv2D.from_conv\(…, error=0.1\) takes it"),
        (lambda: FactorizedEmbedding(9, 4, 2, error=0.1), r"FactorizedEmbedding.from_embedding\(…, error=0.1\)"),
        (lambda: FactorizedDense(10, 2, "tt"), "'tt' splits the inputs into axes: state in_units, or in_shape"),
        (lambda: FactorizedDense(10, 0.5), r"rank=0.5 needs the size of every axis, and \(10, 0\) has unknown ones"),
        (lambda: FactorizedDense(10, 2, "tt", (4, 3), (2, 6)), r"\(2, 6\) has 12 places, and 10 are to be counted"),
        (lambda: FactorizedDense(10, 2, "tt", (4, 3), (10,)), r"'tt' pairs axes, so \(10,\) and \(4, 3\) must be equ"),
        (lambda: FactorizedDense(10, 2, "svd", (4, 3)), r"'svd' is of a matrix as it is, so \(10,\) and \(4, 3\)"),
        (lambda: FactorizedDense(10, (2, 2)), r"cp of 2 axes has 1 ranks, got \(2, 2\)"),
        (lambda: FactorizedDense(2**14, 2, "cp", (2,) * 14, (2,) * 14), "up to 25 axes, got 14 for rows and 14"),
        (lambda: FactorizedDense(10, 2, "qr"), "factorization must be 'svd' or 'tt' or 'tucker' or 'cp', got 'qr'"),
        (lambda: FactorizedConv2D(4, 3, 0.5), r"rank=0.5 needs the size of every axis, and \(4, 0, 3, 3\)"),
        (lambda: FactorizedConv2D(4, 3, 2, strides=0), r"^strides takes numbers from 1 up, got \(0, 0\)$"),
        (lambda: FactorizedConv2D(4, 3, 2, padding=(0, -1)), r"^padding takes numbers from 0 up, got \(0, -1\)$"),
        (lambda: FactorizedConv2D(4, 3, 2, dilation=0), r"^dilation takes numbers from 1 up, got \(0, 0\)$"),
        (lambda: FactorizedConv2D(4, 3, (2, 2), activation="relux"), "^Activation: 'relux' is none of relu, sigmoid,"),
        (lambda: FactorizedConv2D(4, 3, (0, 2)), r"rank=\(0, 2\): ranks are whole numbers, 1 or more$"),
        (lambda: TensorRegression((3, 0), (2, 2, 2)), r"output_shape=\(3, 0\): sizes are whole numbers, 1 or more$"),
        (lambda: FactorizedEmbedding(9, 4, 2, "cp", (2, 2)), r"\(2, 2\) has 4 places, and 9 are to be counted"),
        (lambda: FactorizedDense.from_dense(trained(nn.Dense(4), ROWS)), "a rank, or an error to keep to; neither"),
        (
            lambda: TensorRegression.from_dense(trained(nn.Dense(4), ROWS), (3, 5), 2),
            r"in_shape=\(3, 5\) is 15 inputs, and Dense\(12 -> 4, linear\)",
        ),
        (
            lambda: TensorRegression.from_dense(trained(nn.Dense(4), ROWS), (-3, -4), 2),
            r"in_shape=\(-3, -4\) is 12 inputs, and Dense\(12 -> 4, linear\)",
        ),
        (lambda: sym.FactorizedFullyConnected(sym.var("x"), out_shape=(2, 2), ranks=(2,)), "svd is of a matrix as it"),
        (
            lambda: sym.FactorizedEmbedding(sym.var("x"), input_dim=9, output_dim=4, in_shape=(2, 2), ranks=(2,)),
            r"in_shape=\(2, 2\) must have room for input_dim=9",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


def test_groups_and_untrained_layers_are_refused():
    with pytest.raises(
        NotSupportedError, match="with groups=2, layout=NCHW: one group of channels that stand first"
    ):
        FactorizedConv2D.from_conv(nn.Conv2D(4, 3, groups=2, in_channels=4), 2)
    for asked in ({"groups": 2}, {"layout": "NHWC"}):
        with pytest.raises(NotSupportedError) as caught:
            FactorizedConv2D(4, 3, 2, **asked)
        form = {"groups": 1, "layout": "NCHW", **asked}
        assert str(caught.value) == (
            f"FactorizedConv2D with groups={form['groups']}, layout={form['layout']}: one group of channels that stand "
            "first (NCHW) is supported"
        )
    with pytest.raises(NotInitializedError, match="has not been initialized"):
        FactorizedDense.from_dense(nn.Dense(4, in_units=3), 2)


def test_what_the_trained_layer_has_not_is_as_the_caller_says():
    dense = trained(nn.Dense(4, use_bias=False), ROWS)
    x = nd.array(ROWS)
    for made in (
        FactorizedDense.from_dense(dense, 4, use_bias=True),
        TensorRegression.from_dense(dense, (3, 4), 1.0, factorization="tt", use_bias=True, dtype="float64"),
    ):
        np.testing.assert_array_equal(made.bias.data().asnumpy(), np.zeros(4))
        assert made.bias.dtype == made.factors[0].dtype
    np.testing.assert_allclose(
        FactorizedDense.from_dense(dense, 4, use_bias=True)(x).asnumpy(), dense(x).asnumpy(), atol=1e-5
    )


def test_a_layer_that_waits_for_its_sizes_says_which_axes_it_needs():
    layer = FactorizedConv2D(4, 3, (2, 2))
    layer.initialize()
    with pytest.raises(
        ShapeError, match=r"with data \(4,\), .*: a kernel of 2 axes needs data of 4 axes, got 1"
    ):
        layer(nd.ones(4))
