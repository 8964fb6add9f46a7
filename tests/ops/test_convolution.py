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
