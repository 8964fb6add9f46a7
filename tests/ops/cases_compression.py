"""Two-bit gradients: codes written bit by bit, as MXNet's kernel does, in loops."""

import math

import numpy as np

from tests.ops.case import Case, case, fixed, real, whole


def quantize(data, residual, threshold=0.5):
    total = residual + data
    codes = np.zeros(4 * math.ceil(total.size / 16))
    left = total.copy()
    for i, value in enumerate(total.flat):
        if abs(value) >= threshold:
            codes[i // 4] += (0b11 if value > 0 else 0b10) << (6 - 2 * (i % 4))
            left.flat[i] -= math.copysign(threshold, value)
    return codes, left


def dequantize(codes, shape, threshold=0.5, dtype="float32"):
    values = {0b11: threshold, 0b10: -threshold}
    bits = [int(codes[i // 4]) >> (6 - 2 * (i % 4)) & 3 for i in range(math.prod(shape))]
    return np.array([values.get(b, 0.0) for b in bits]).reshape(shape)


CASES: list[Case] = [
    *[
        case("_quantize_2bit", quantize, real(*shape), real(*shape), gradient=False, coarse=False, **attrs)
        for shape, attrs in (((3,), {}), ((2, 3, 4), {"threshold": 0.25}), ((16,), {}), ((33,), {"threshold": 1.0}))
    ],
    case(
        "_quantize_2bit", quantize, fixed([0.5, -0.5, 0.25, -0.25]), fixed([0.0, 0.0, 0.25, -0.25]),
        gradient=False, coarse=False,
    ),
    *[
        case("_dequantize_2bit", dequantize, whole(256, size), shape=shape, gradient=False, coarse=False, **attrs)
        for size, shape, attrs in ((4, (3,), {}), (8, (5, 4), {"threshold": 0.25}), (4, (16,), {"dtype": "float64"}))
    ],
]  # fmt: skip
