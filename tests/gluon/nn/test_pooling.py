import numpy as np
import pytest

from workbench.errors import NotSupportedError
from workbench.gluon import nn
from workbench.imperative import nd


def windows(x, axes):
    """The 2-wide windows of every spatial axis (even sizes) as the last axis."""
    shape = x.shape[:2] + sum(((n // 2, 2) for n in x.shape[2:]), ())
    order = [0, 1, *range(2, 2 + 2 * axes, 2), *range(3, 3 + 2 * axes, 2)]
    blocks = x.reshape(shape).transpose(order)
    return blocks.reshape(*blocks.shape[: 2 + axes], -1)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_windows_and_everything(axes):
    x = np.random.default_rng(0).normal(size=(2, 3) + (4,) * axes).astype(np.float32)
    every = tuple(range(2, 2 + axes))
    for name, expected in (
        (f"MaxPool{axes}D", windows(x, axes).max(-1)),
        (f"AvgPool{axes}D", windows(x, axes).mean(-1)),
        (f"GlobalMaxPool{axes}D", x.max(every, keepdims=True)),
        (f"GlobalAvgPool{axes}D", x.mean(every, keepdims=True)),
    ):
        out = getattr(nn, name)()(nd.array(x))
        np.testing.assert_allclose(out.asnumpy(), expected, rtol=1e-5, atol=1e-6)


def test_padding_counts_only_if_told():
    x = nd.ones((1, 1, 2))
    inside = nn.AvgPool1D(2, strides=1, padding=1)(x).asnumpy().ravel()
    without = nn.AvgPool1D(2, strides=1, padding=1, count_include_pad=False)(x).asnumpy().ravel()
    np.testing.assert_allclose(inside, [0.5, 1, 0.5])
    np.testing.assert_allclose(without, [1, 1, 1])


def test_ceil_mode_keeps_the_rest():
    x = nd.ones((1, 1, 5, 5))
    assert nn.MaxPool2D()(x).shape == (1, 1, 2, 2)
    assert nn.MaxPool2D(ceil_mode=True)(x).shape == (1, 1, 3, 3)
    assert repr(nn.MaxPool2D(3, 2, 1)) == (
        "MaxPool2D(size=(3, 3), stride=(2, 2), padding=(1, 1), ceil_mode=False, global_pool=False, "
        "pool_type=max, layout=NCHW)"
    )
    assert repr(nn.GlobalAvgPool2D()) == (
        "GlobalAvgPool2D(size=(1, 1), stride=(1, 1), padding=(0, 0), ceil_mode=True, global_pool=True, "
        "pool_type=avg, layout=NCHW)"
    )


def test_other_layouts_are_not_supported():
    with pytest.raises(NotSupportedError, match="GlobalAvgPool2D: layout 'CHWN'; NCHW and NHWC"):
        nn.GlobalAvgPool2D(layout="CHWN")
