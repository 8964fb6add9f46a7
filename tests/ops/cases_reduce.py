"""Reductions against NumPy; what would have no axes left has shape (1,)."""

import numpy as np

from tests.ops.case import Case, apart, case, each_shape, real


def reduced(fn):
    def apply(x, axis=None, keepdims=False, exclude=False):
        axes = tuple(range(x.ndim)) if axis in (None, ()) else (axis,) if isinstance(axis, int) else axis
        axes = tuple(a % x.ndim for a in axes)
        if exclude:
            axes = tuple(a for a in range(x.ndim) if a not in axes)
        return np.atleast_1d(fn(x, axis=axes, keepdims=keepdims))

    return apply


def norm(x, ord=2, axis=None, keepdims=False):
    axes = None if axis is None else axis
    total = np.sum(np.abs(x) ** ord, axis=axes, keepdims=keepdims) ** (1 / ord)
    return np.atleast_1d(total)


def position(fn):
    def apply(x, axis=None, keepdims=False):
        found = np.asarray(fn(x, axis=axis, keepdims=keepdims), np.float64)
        return np.atleast_1d(found)

    return apply


ATTRS = (
    {}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)}, {"axis": 1, "exclude": True},
)  # fmt: skip
CASES: list[Case] = []
for name in ("sum", "mean", "prod", "max", "min"):
    for attrs in ATTRS:
        ints = name in ("sum", "max", "min")
        CASES.append(case(name, reduced(getattr(np, name)), apart(2, 3, 4), **attrs, ints=ints))
    CASES += each_shape(name, reduced(getattr(np, name)), [apart(5)], ints=name != "mean")
for attrs in ({}, {"ord": 1, "axis": 0}, {"axis": (0, 1), "keepdims": True}):
    CASES += each_shape("norm", norm, [real(3, 4), real(2, 3, 2)], **attrs)
for name in ("argmax", "argmin"):
    fn = position(getattr(np, name))
    for attrs in ({}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"keepdims": True}):
        CASES += [case(name, fn, apart(2, 3, 4), **attrs, gradient=False, ints=True)]
    CASES += [case(name, fn, apart(5), axis=0, gradient=False, ints=True)]
