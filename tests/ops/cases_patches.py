"""Patches against plain windows, and their sum against a loop."""

import math

import numpy as np

from tests.ops.case import Case, case, real
from tests.ops.cases_convolution import padded, windows


def columns(x, kernel, stride=(), dilate=(), pad=()):
    ndim = len(kernel)
    pad = pad or (0,) * ndim
    seen = windows(padded(x, pad, pad), kernel, stride or (1,) * ndim, dilate or (1,) * ndim)
    out = seen.shape[2 : 2 + ndim]
    behind = np.moveaxis(seen, range(2, 2 + ndim), range(-ndim, 0))
    return behind.reshape(x.shape[0], -1, math.prod(out))


def image(x, output_size, kernel, **facts):
    """Each element of a column is added where it was taken from."""
    shape = (x.shape[0], x.shape[1] // math.prod(kernel), *output_size)
    places = columns(np.arange(math.prod(shape), dtype=float).reshape(shape) + 1, kernel, **facts)
    made = np.zeros(math.prod(shape) + 1)
    np.add.at(made, places.astype(int).ravel(), x.ravel())
    return made[1:].reshape(shape)


WINDOWS = (
    ((2, 2, 4, 5), {"kernel": (2, 3)}),
    ((1, 3, 5, 5), {"kernel": (3, 2), "stride": (2, 1), "dilate": (1, 2), "pad": (1, 0)}),
    ((2, 2, 7), {"kernel": (3,), "stride": (2,), "pad": (1,)}),
    ((1, 1, 3, 4, 3), {"kernel": (2, 2, 2), "pad": (0, 1, 0)}),
)
CASES: list[Case] = []
for shape, facts in WINDOWS:
    CASES.append(case("im2col", columns, real(*shape), **facts))
    wanted = columns(np.zeros(shape), **facts).shape
    CASES.append(case("col2im", image, real(*wanted), output_size=shape[2:], **facts))
