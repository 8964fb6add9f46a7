import numpy as np
import pytest

from workbench.errors import ShapeError
from workbench.imperative import nd
from workbench.train import initializer as init


def filled(made, shape):
    arr = nd.full(shape, 9.0)
    made(init.InitDesc("a_weight"), arr)
    return arr.asnumpy()


@pytest.mark.parametrize("size", [4, 5, 8])
def test_bilinear_interpolates(size):
    """Upsampling by the factor the kernel is made for turns a ramp into a ramp."""
    factor = (size + 1) // 2
    kernel = filled(init.Bilinear(), (2, 1, size, size))
    np.testing.assert_array_equal(kernel[0], kernel[1])
    line = kernel[0, 0, size // 2] / kernel[0, 0, size // 2].max()
    spread = np.zeros(8 * factor + size)
    for i in range(8):
        spread[i * factor : i * factor + size] += i * line
    steps = np.diff(spread[2 * factor + size : 6 * factor])
    np.testing.assert_allclose(steps, steps[0], atol=1e-6)


def test_bilinear_follows_mxnets_formula():
    kernel = filled(init.Bilinear(), (1, 1, 4, 4))
    np.testing.assert_allclose(kernel[0, 0], np.outer([0.25, 0.75, 0.75, 0.25], [0.25, 0.75, 0.75, 0.25]))


def test_lstm_bias_opens_the_forget_gate():
    np.testing.assert_array_equal(filled(init.LSTMBias(2.0), (8,)), [0, 0, 2, 2, 0, 0, 0, 0])


def test_wrong_shapes_are_named():
    with pytest.raises(
        ShapeError, match=r"LSTMBias needs four gates of equal size, 'a_weight' has shape \(7,\)"
    ):
        filled(init.LSTMBias(), (7,))
    with pytest.raises(
        ShapeError, match=r"Bilinear needs a weight \(out, in, height, width\), 'a_weight' has \(2, 2\)"
    ):
        filled(init.Bilinear(), (2, 2))
