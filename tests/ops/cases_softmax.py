"""Softmax and its relatives against the formula."""

import numpy as np

from tests.ops.case import Case, case, fixed, real


def softmax(x, length=None, axis=-1, temperature=None, dtype=None, use_length=False):
    e = np.exp(x / (temperature or 1.0))
    if length is not None:
        places = np.moveaxis(np.arange(x.shape[axis]) < length[..., None], -1, axis)
        e = e * places
    return e / e.sum(axis=axis, keepdims=True)


def instance_softmax(x, mode="instance"):
    return softmax(x, axis=1 if mode == "channel" else -1)


CASES: list[Case] = []
for op, fn in {
    "softmax": softmax,
    "log_softmax": lambda x, **k: np.log(softmax(x, **k)),
    "softmin": lambda x, **k: softmax(-x, **k),
}.items():
    CASES += [
        case(op, fn, real(3, 4)),
        case(op, fn, real(2, 3, 2), axis=1),
        case(op, fn, real(3, 4), axis=0, temperature=2.0),
        case(op, fn, real(2, 3), dtype="float64"),
    ]
CASES += [
    case("SoftmaxActivation", instance_softmax, real(3, 4)),
    case("SoftmaxActivation", instance_softmax, real(2, 3, 2)),
    case("SoftmaxActivation", instance_softmax, real(2, 3, 2), mode="channel"),
]
CASES += [
    case("softmax", softmax, real(2, 3, 4), fixed([[1, 2, 3], [4, 3, 2]], dtype="int32"), use_length=True),
    case("softmax", softmax, real(2, 3), fixed([2, 1, 2]), use_length=True, axis=0, temperature=0.5),
    case("_contrib_div_sqrt_dim", lambda x: x / np.sqrt(x.shape[-1]), real(3, 4)),
    case("_contrib_div_sqrt_dim", lambda x: x / np.sqrt(x.shape[-1]), real(2, 2, 3)),
]
