"""What the sweep of operators cannot say of convolutions: the shapes of weights, and what is refused."""

import pytest

import workbench as mx
from workbench import nd, sym


def test_a_weight_follows_the_layout() -> None:
    data = sym.var("data")
    first = sym.Convolution(data, kernel=(3, 2), num_filter=8, num_group=2, name="c")
    last = sym.Convolution(data, kernel=(3, 2), num_filter=8, num_group=2, layout="NHWC", name="c")
    back = sym.Deconvolution(data, kernel=(3, 2), num_filter=8, num_group=2, name="d")
    assert first.infer_shape(data=(1, 4, 9, 9))[0] == [(1, 4, 9, 9), (8, 2, 3, 2), (8,)]
    assert last.infer_shape(data=(1, 9, 9, 4))[0] == [(1, 9, 9, 4), (8, 3, 2, 2), (8,)]
    assert back.infer_shape(data=(1, 4, 9, 9))[0] == [(1, 4, 9, 9), (4, 4, 3, 2)]


@pytest.mark.parametrize(
    ("error", "text", "attrs"),
    [
        (mx.errors.ShapeError, "adj must be below stride on each axis, got adj", {"adj": (1, 1)}),
        (mx.errors.ShapeError, "larger than the output without padding", {"target_shape": (9, 9)}),
        (mx.errors.ShapeError, "has 1 entries for 2 axes", {"target_shape": (3,)}),
        (mx.errors.NotSupportedError, "layout NHWC is not supported, use NCHW", {"layout": "NHWC"}),
    ],
)
def test_refusals_of_deconvolution(error: type[Exception], text: str, attrs: dict) -> None:
    with pytest.raises(error, match=text):
        nd.Deconvolution(nd.ones((1, 1, 3, 3)), nd.ones((1, 1, 2, 2)), kernel=(2, 2), num_filter=1, **attrs)


@pytest.mark.parametrize("op", [nd.Convolution, nd.Deconvolution])
def test_bytes_and_floats_are_not_convolved(op) -> None:
    data, weight = nd.zeros((2, 3, 8, 8), dtype="uint8"), nd.zeros((3, 3, 3, 3))
    with pytest.raises(mx.errors.DTypeError) as caught:
        op(data, weight, kernel=(3, 3), num_filter=3, no_bias=True)
    text = str(caught.value)
    assert text.startswith(
        f"{op.__name__} with data (2, 3, 8, 8), weight (3, 3, 3, 3): data is uint8 and weight float32"
    )
    assert "cast one, as data.astype('float32') does (called at test_convolution.py:" in text
    assert op(data.astype("float32"), weight, kernel=(3, 3), num_filter=3, no_bias=True).shape[0] == 2


@pytest.mark.parametrize("hybridize", [False, True])
def test_a_layer_that_is_given_bytes_names_the_line_that_did(hybridize: bool) -> None:
    layer = mx.gluon.nn.Conv2D(4, 3, in_channels=3)
    layer.initialize()
    layer.hybridize(hybridize)
    images = nd.zeros((2, 3, 8, 8), dtype="uint8")
    with pytest.raises(mx.errors.DTypeError, match=r"data is uint8 and weight float32.*: layer\(images\)\)"):
        layer(images)
    assert layer(images.astype("float32")).shape == (2, 4, 6, 6)
