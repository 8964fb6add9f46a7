"""Reductions against NumPy; what would have no axes left has shape (1,)."""

import numpy as np

from tests.ops.case import Case, apart, case, each_shape, fixed, real


def reduced(fn):
    def apply(x, axis=None, keepdims=False, exclude=False):
        axes = tuple(range(x.ndim)) if axis in (None, ()) else (axis,) if isinstance(axis, int) else axis
        axes = tuple(a % x.ndim for a in axes)
        if exclude:
            axes = tuple(a for a in range(x.ndim) if a not in axes)
        return np.atleast_1d(fn(x, axis=axes, keepdims=keepdims))

    return apply


def norm(x, ord=2, axis=None, keepdims=False, out_dtype=None):
    axes = None if axis is None else axis
    total = np.sum(np.abs(x) ** ord, axis=axes, keepdims=keepdims) ** (1 / ord)
    return np.atleast_1d(total)


ATTRS = (
    {}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)}, {"axis": 1, "exclude": True},
)  # fmt: skip
HOLES = fixed([[1.0, float("nan"), 3.0], [2.0, 4.0, 0.5]])


def moments(x, axes=None, keepdims=False):
    mean, variance = (f(x, axis=axes, keepdims=keepdims) for f in (np.mean, np.var))
    return np.atleast_1d(mean), np.atleast_1d(variance)


def cumsum(a, axis=None, dtype=None):
    return np.cumsum(a, axis=axis)


def l2_normalization(x, eps=1e-10, mode="instance"):
    axes = {"instance": tuple(range(1, x.ndim)), "channel": (1,), "spatial": tuple(range(2, x.ndim))}[mode]
    return x / np.sqrt(np.sum(x * x, axis=axes, keepdims=True) + eps)


def histogram(x, bins=None, bin_cnt=None, range=None):
    return np.histogram(x, bins=bin_cnt if bins is None else bins, range=range)


CASES: list[Case] = []
for name in ("sum", "mean", "prod", "max", "min", "nansum", "nanprod"):
    for attrs in ATTRS:
        ints = name in ("sum", "max", "min", "nansum")
        CASES.append(case(name, reduced(getattr(np, name)), apart(2, 3, 4), **attrs, ints=ints))
    CASES += each_shape(name, reduced(getattr(np, name)), [apart(5)], ints="m" in name and name != "mean")
for attrs in ({}, {"ord": 1, "axis": 0}, {"axis": (0, 1), "keepdims": True}):
    CASES += each_shape("norm", norm, [real(3, 4), real(2, 3, 2)], **attrs)
CASES += [
    case("nansum", reduced(np.nansum), HOLES, axis=1, coarse=False),
    case("nanprod", reduced(np.nanprod), HOLES, axis=1, coarse=False),
    case("prod", reduced(np.prod), fixed([[0.0, 2.0, 3.0], [1.0, 2.0, 0.5]], moves=True), axis=1),
    case("norm", norm, real(3, 4), axis=1, out_dtype="float64"),
]
for attrs in ({}, {"axes": (0,)}, {"axes": (1, 2), "keepdims": True}):
    CASES += [case("moments", moments, apart(2, 3, 4), **attrs)]
CASES += [case("moments", moments, apart(5))]
for attrs in ({}, {"axis": 0}, {"axis": -1, "dtype": "float64"}):
    CASES += each_shape("cumsum", cumsum, [apart(2, 3, 4), apart(5)], **attrs)
CASES += [case("cumsum", cumsum, apart(2, 3), axis=1, ints=True)]
for mode in ("instance", "channel", "spatial"):
    CASES += [case("L2Normalization", l2_normalization, real(2, 3, 4), mode=mode)]
CASES += [case("L2Normalization", l2_normalization, real(3, 4), eps=1e-3)]
CASES += [
    case("_histogram", histogram, apart(3, 4), bin_cnt=4, range=(-0.9, 0.4), gradient=False, coarse=False),
    case("_histogram", histogram, apart(9), fixed([-1.0, -0.45, 0.1, 0.2]), gradient=False, coarse=False),
]
