import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from workbench.errors import ArgumentError, NotSupportedError, ShapeError
from workbench.gluon import nn
from workbench.imperative import nd


@pytest.mark.parametrize(("layer", "axes"), [(nn.Conv1D, 1), (nn.Conv2D, 2), (nn.Conv3D, 3)])
def test_against_jax(layer, axes):
    conv = layer(4, 3, strides=2, padding=1, dilation=1, groups=2, bias_initializer="ones", activation="relu")
    conv.initialize("normal")
    x = np.random.default_rng(0).normal(size=(2, 6) + (7,) * axes).astype(np.float32)
    out = conv(nd.array(x)).asnumpy()
    assert conv.weight.shape == (4, 3) + (3,) * axes
    weight = jnp.asarray(conv.weight.data().asnumpy())
    plain = lax.conv_general_dilated(x, weight, (2,) * axes, [(1, 1)] * axes, feature_group_count=2)
    np.testing.assert_allclose(out, np.maximum(plain + 1, 0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "axes"), [(nn.Conv1DTranspose, 1), (nn.Conv2DTranspose, 2), (nn.Conv3DTranspose, 3)]
)
def test_a_transposed_convolution_is_the_gradient_of_one(layer, axes):
    conv = layer(4, 3, strides=2, padding=1, output_padding=1, groups=2, bias_initializer="ones")
    conv.initialize("normal")
    x = np.random.default_rng(0).normal(size=(2, 6) + (4,) * axes).astype(np.float32)
    out = conv(nd.array(x)).asnumpy()
    assert conv.weight.shape == (6, 2) + (3,) * axes
    weight = jnp.asarray(conv.weight.data().asnumpy())

    def forward(image):
        padding = [(1, 1)] * axes
        return lax.conv_general_dilated(image, weight, (2,) * axes, padding, feature_group_count=2)

    (wanted,) = jax.vjp(forward, jnp.zeros((2, 4) + (8,) * axes))[1](jnp.asarray(x))
    np.testing.assert_allclose(out, wanted + 1, rtol=1e-4, atol=1e-5)


def test_channels_may_stand_last():
    x = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype(np.float32)
    last, first = nn.Conv2D(4, 3, layout="NHWC"), nn.Conv2D(4, 3)
    for conv in (last, first):
        conv.initialize("normal")
    last(nd.array(x))
    first(nd.array(x.transpose(0, 3, 1, 2)))
    first.weight.set_data(last.weight.data().asnumpy().transpose(0, 3, 1, 2))
    np.testing.assert_allclose(
        last(nd.array(x)).asnumpy(),
        first(nd.array(x.transpose(0, 3, 1, 2))).asnumpy().transpose(0, 2, 3, 1),
        rtol=1e-4,
        atol=1e-5,
    )
    assert repr(last) == "Conv2D(3 -> 4, kernel_size=(3, 3), stride=(1, 1))"
    assert nn.MaxPool2D(layout="NHWC")(nd.array(x)).shape == (2, 2, 2, 3)
    assert nn.GlobalAvgPool2D(layout="NHWC")(nd.array(x)).shape == (2, 1, 1, 3)


def test_sizes_go_by_axis():
    conv = nn.Conv2D(1, (3, 1), strides=(2, 1), padding=(1, 0), use_bias=False)
    conv.initialize("ones")
    assert conv(nd.ones((1, 2, 5, 5))).shape == (1, 1, 3, 5)
    assert repr(conv) == "Conv2D(2 -> 1, kernel_size=(3, 1), stride=(2, 1), padding=(1, 0), bias=False)"


def test_bad_arguments():
    with pytest.raises(ArgumentError, match=r"kernel_size takes 2 numbers or one for all, got \(1, 2, 3\)"):
        nn.Conv2D(1, (1, 2, 3))
    with pytest.raises(NotSupportedError, match="Conv2D: layout 'CHWN'; NCHW and NHWC are supported"):
        nn.Conv2D(1, 3, layout="CHWN")
    with pytest.raises(NotSupportedError, match="Conv1DTranspose: layout 'NWC'; NCW is supported"):
        nn.Conv1DTranspose(1, 3, layout="NWC")
    with pytest.raises(ArgumentError, match=r"^strides takes numbers from 1 up, got \(2, 0\)$"):
        nn.Conv2D(1, 3, strides=(2, 0))
    with pytest.raises(ArgumentError, match=r"^padding takes numbers from 0 up, got \(-1, -1\)$"):
        nn.Conv2D(1, 3, padding=-1)
    with pytest.raises(
        ArgumentError, match=r"^Activation: 'relux' is none of relu, .*, softsign. Did you mean 'relu'\?$"
    ):
        nn.Conv2D(1, 3, activation="relux")
    conv = nn.Conv2D(1, 3)
    conv.initialize()
    with pytest.raises(ShapeError, match="a kernel of 2 axes needs data of 4 axes, got 3"):
        conv(nd.ones((1, 2, 5)))


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (
            (4,),
            r"Convolution 'conv\d+_fwd' with data \(4,\), .*: a kernel of 2 axes needs data of 4 axes, got 1",
        ),
        (
            (0, 2, 5, 5),
            r"^the shape of 'conv\d+_weight', \(1, 0, 3, 3\) so far, does not follow from data of \(0, 2, 5, 5\); an "
            "axis of 0 is one whose size is not known$",
        ),
    ],
)
def test_data_that_tells_no_shape_is_named(shape, said):
    conv = nn.Conv2D(1, 3)
    conv.initialize()
    with pytest.raises(ShapeError, match=said):
        conv(nd.ones(shape))
