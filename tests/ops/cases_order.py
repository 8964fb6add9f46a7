"""Ordering against NumPy's stable sorts; positions are floats."""

import numpy as np

from tests.ops.case import Case, apart, case, each_shape, fixed


def position(fn):
    def apply(x, axis=None, keepdims=False):
        found = np.asarray(fn(x, axis=axis, keepdims=keepdims), np.float64)
        return np.atleast_1d(found)

    return apply


def order(x, axis, is_ascend):
    return np.argsort(x if is_ascend else -x, axis=axis, kind="stable")


def ordered(positions):
    def apply(x, axis=-1, is_ascend=True, dtype=None):
        x, axis = (x.reshape(-1), 0) if axis is None else (x, axis)
        where = order(x, axis, is_ascend)
        return where.astype(np.float64) if positions else np.take_along_axis(x, where, axis)

    return apply


def topk(x, axis=-1, k=1, ret_typ="indices", is_ascend=False, dtype="float32"):
    shape = x.shape
    x, axis = (x.reshape(-1), 0) if axis is None else (x, axis)
    where = np.take(order(x, axis, is_ascend), np.arange(k or x.shape[axis]), axis)
    if ret_typ == "mask":
        mask = np.zeros(x.shape)
        np.put_along_axis(mask, where, 1, axis)
        return mask.reshape(shape)
    values = np.take_along_axis(x, where, axis)
    return {"value": values, "indices": where.astype(float), "both": (values, where.astype(float))}[ret_typ]


TIES = fixed([[1.0, 2.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
CASES: list[Case] = []
for name in ("argmax", "argmin"):
    fn = position(getattr(np, name))
    for attrs in ({}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"keepdims": True}):
        CASES += [case(name, fn, apart(2, 3, 4), **attrs, gradient=False, ints=True)]
    CASES += [case(name, fn, apart(5), axis=0, gradient=False, ints=True), case(name, fn, TIES, axis=1)]
CASES += each_shape(
    "argmax_channel",
    lambda x: np.argmax(x, 1).astype(float),
    [apart(3, 4), apart(2, 3, 4)],
    gradient=False,
    ints=True,
)
for name, fn in (("sort", ordered(False)), ("argsort", ordered(True))):
    for attrs in ({}, {"axis": 0, "is_ascend": False}, {"axis": None}):
        gradient = name == "sort"
        CASES += each_shape(name, fn, [apart(2, 3, 4), apart(5)], **attrs, gradient=gradient, ints=True)
    CASES += [case(name, fn, TIES), case(name, fn, TIES, is_ascend=False)]
for ret_typ in ("value", "indices", "mask", "both"):
    gradient = ret_typ in ("value", "both")
    for attrs in ({"k": 2}, {"k": 2, "axis": 1, "is_ascend": True}, {"k": 3, "axis": None}, {"k": 0}):
        CASES += [case("topk", topk, apart(2, 3, 4), ret_typ=ret_typ, **attrs, gradient=gradient)]
    CASES += [case("topk", topk, TIES, ret_typ=ret_typ, k=3), case("topk", topk, apart(5), ret_typ=ret_typ)]
CASES += [case("topk", topk, apart(5), ret_typ="both", dtype="int32", gradient=False)]
