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


def convolve(
    x,
    w,
    b=None,
    kernel=(),
    num_filter=0,
    stride=(),
    dilate=(),
    pad=(),
    num_group=1,
    no_bias=False,
    layout=None,
):
    if layout is not None and layout.endswith("C"):
        first = (np.moveaxis(a, -1, 1) for a in (x, w))
        return np.moveaxis(convolve(*first, b, kernel, num_filter, stride, dilate, pad, num_group), 1, -1)
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


def spread(
    x, w, b=None, kernel=(), num_filter=0, stride=(), dilate=(), pad=(), adj=(), target_shape=(), num_group=1,
    no_bias=True,
):  # fmt: skip
    """Each input element adds its multiple of the kernel to the output, which is then cut."""
    ndim = len(kernel)
    stride, dilate = stride or (1,) * ndim, dilate or (1,) * ndim
    pad, adj = pad or (0,) * ndim, adj or (0,) * ndim
    whole = [
        s * (n - 1) + d * (k - 1) + 1 for n, k, s, d in zip(x.shape[2:], kernel, stride, dilate, strict=True)
    ]
    if target_shape:
        pad = [(n - t + 1) // 2 for n, t in zip(whole, target_shape, strict=True)]
        adj = [(n - t) % 2 for n, t in zip(whole, target_shape, strict=True)]
    sizes = [n + a for n, a in zip(whole, adj, strict=True)]
    out = np.zeros((len(x), num_filter, *sizes))
    channels, filters = x.shape[1] // num_group, num_filter // num_group
    for channel in range(x.shape[1]):
        own = slice(channel // channels * filters, (channel // channels + 1) * filters)
        for place in np.ndindex(*x.shape[2:]):
            for tap in np.ndindex(*kernel):
                at = tuple(i * s + t * d for i, s, t, d in zip(place, stride, tap, dilate, strict=True))
                values = x[(slice(None), channel, *place)]
                out[(slice(None), own, *at)] += np.outer(values, w[(channel, slice(None), *tap)])
    cut = tuple(slice(p, n - p) for p, n in zip(pad, sizes, strict=True))
    out = out[(slice(None), slice(None), *cut)]
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
    case(
        "Convolution", convolve, real(1, 4, 3, 2), real(3, 2, 2, 2), real(3),
        kernel=(2, 2), num_filter=3, pad=(1, 0), layout="NHWC",
    ),
    case(
        "Convolution", convolve, real(1, 5, 4), real(2, 3, 2), kernel=(3,), num_filter=2, num_group=2, layout="NWC",
        no_bias=True,
    ),
    case("Deconvolution", spread, real(2, 2, 3), real(2, 3, 3), kernel=(3,), num_filter=3),
    case(
        "Deconvolution", spread, real(1, 2, 3, 2), real(2, 2, 3, 2), real(2), kernel=(3, 2), num_filter=2,
        stride=(2, 3), pad=(1, 0), adj=(1, 2), no_bias=False,
    ),
    case(
        "Deconvolution", spread, real(1, 4, 2, 3), real(4, 1, 2, 2), kernel=(2, 2), num_filter=2, num_group=2,
        dilate=(2, 1), stride=(1, 2),
    ),
    case(
        "Deconvolution", spread, real(1, 1, 3, 3), real(1, 2, 4, 4), kernel=(4, 4), num_filter=2, stride=(2, 2),
        target_shape=(6, 5),
    ),
    case(
        "Deconvolution", spread, real(1, 1, 2, 2, 2), real(1, 1, 2, 2, 2), kernel=(2, 2, 2), num_filter=1,
        stride=(1, 2, 1),
    ),
]  # fmt: skip
