"""Branches and pixel shuffling against NumPy, imperative and hybridized."""

import numpy as np
import pytest

from workbench.errors import ArgumentError, UnknownNameError
from workbench.gluon import contrib, nn
from workbench.imperative import nd


@pytest.mark.parametrize("kind", [contrib.nn.Concurrent, contrib.nn.HybridConcurrent])
def test_branches_are_joined(kind):
    net = kind(axis=1)
    net.add(contrib.nn.Identity(), nn.Activation("relu"))
    net.hybridize()
    x = np.array([[-1.0, 2.0]], np.float32)
    np.testing.assert_array_equal(net(nd.array(x)).asnumpy(), [[-1, 2, 0, 2]])


def shuffled(x, factors):
    """Element by element: the channel's digits, most significant first, are c and a position in each block."""
    n, channels, *space = x.shape
    c = channels // np.prod(factors)
    out = np.empty((n, c, *np.multiply(space, factors)), x.dtype)
    for index in np.ndindex(*out.shape):
        inside = [i % f for i, f in zip(index[2:], factors, strict=True)]
        channel = index[1]
        for digit, factor in zip(inside, factors, strict=True):
            channel = channel * factor + digit
        out[index] = x[(index[0], channel, *[i // f for i, f in zip(index[2:], factors, strict=True)])]
    return out


@pytest.mark.parametrize("hybridize", [False, True])
@pytest.mark.parametrize(
    ("layer", "factors", "shape"),
    [
        (contrib.nn.PixelShuffle1D(3), (3,), (2, 6, 4)),
        (contrib.nn.PixelShuffle2D((2, 3)), (2, 3), (2, 12, 3, 2)),
        (contrib.nn.PixelShuffle2D(2), (2, 2), (1, 4, 3, 2)),
        (contrib.nn.PixelShuffle3D((2, 1, 3)), (2, 1, 3), (1, 12, 2, 3, 2)),
    ],
)
def test_pixel_shuffle(layer, factors, shape, hybridize):
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    layer.hybridize(hybridize)
    np.testing.assert_array_equal(layer(nd.array(x)).asnumpy(), shuffled(x, factors))


def test_names_and_bad_factors():
    assert repr(contrib.nn.PixelShuffle1D(2)) == "PixelShuffle1D(2)"
    assert repr(contrib.nn.PixelShuffle2D(2)) == "PixelShuffle2D((2, 2))"
    with pytest.raises(ArgumentError, match="factor takes 2 numbers"):
        contrib.nn.PixelShuffle2D((1, 2, 3))
    with pytest.raises(UnknownNameError, match="Did you mean 'Concurrent'"):
        _ = contrib.nn.Concurent
