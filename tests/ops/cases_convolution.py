"""Convolutions against plain sums over windows."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.ops.case import Case, case, real


def windows(x, kernel, stride, dilate):
    """Every window of x over its spatial axes: (n, c, *out, *kernel)."""
    space = len(kernel)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilate, strict=True))
    view = sliding_window_view(x, spans, tuple(range(2, 2 + space)))
    starts = tuple(slice(None, None, s) for s in stride)
    holes = tuple(slice(None, None, d) for d in dilate)
    return view[(slice(None), slice(None), *starts, *holes)]


def padded(x, low, high, value=0.0):
    return np.pad(x, [(0, 0), (0, 0), *zip(low, high, strict=True)], constant_values=value)


def convolve(x, w, b=None, kernel=(), num_filter=0, stride=(), dilate=(), pad=(), num_group=1, no_bias=False):
    ndim = len(kernel)
    pad = pad or (0,) * ndim
    seen = windows(padded(x, pad, pad), kernel, stride or (1,) * ndim, dilate or (1,) * ndim)
    channels, filters = x.shape[1] // num_group, num_filter // num_group
    outputs = []
    for g in range(num_group):
        part = seen[:, g * channels : (g + 1) * channels]
        weights = w[g * filters : (g + 1) * filters]
        axes = [1, *range(2 + ndim, 2 + 2 * ndim)]
        outputs.append(np.moveaxis(np.tensordot(part, weights, (axes, [1, *range(2, 2 + ndim)])), -1, 1))
    out = np.concatenate(outputs, axis=1)
    return out if b is None else out + b.reshape(1, -1, *(1,) * ndim)


CASES: list[Case] = [
    case("Convolution", convolve, real(2, 2, 5, 4), real(3, 2, 3, 2), real(3), kernel=(3, 2), num_filter=3),
    case(
        "Convolution", convolve, real(1, 2, 6, 5), real(2, 2, 3, 3), real(2),
        kernel=(3, 3), num_filter=2, stride=(2, 1), pad=(1, 2),
    ),
    case(
        "Convolution", convolve, real(1, 4, 5, 5), real(4, 2, 2, 2),
        kernel=(2, 2), num_filter=4, num_group=2, dilate=(2, 1), no_bias=True,
    ),
    case("Convolution", convolve, real(2, 1, 6), real(2, 1, 3), real(2), kernel=(3,), num_filter=2, pad=(1,)),
    case(
        "Convolution", convolve, real(1, 1, 3, 3, 3), real(1, 1, 2, 2, 2), real(1),
        kernel=(2, 2, 2), num_filter=1, stride=(1, 1, 1),
    ),
]  # fmt: skip
