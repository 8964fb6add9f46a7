"""Softmax and its relatives against the formula."""

import numpy as np

from tests.ops.case import Case, case, real


def softmax(x, axis=-1, temperature=None):
    e = np.exp(x / (temperature or 1.0))
    return e / e.sum(axis=axis, keepdims=True)


def instance_softmax(x, mode="instance"):
    return softmax(x, 1) if mode == "channel" else softmax(x.reshape(len(x), -1), 1).reshape(x.shape)


CASES: list[Case] = []
for op, fn in {"softmax": softmax, "log_softmax": lambda x, **k: np.log(softmax(x, **k))}.items():
    CASES += [
        case(op, fn, real(3, 4)),
        case(op, fn, real(2, 3, 2), axis=1),
        case(op, fn, real(3, 4), axis=0, temperature=2.0),
    ]
CASES += [
    case("SoftmaxActivation", instance_softmax, real(3, 4)),
    case("SoftmaxActivation", instance_softmax, real(2, 3, 2)),
    case("SoftmaxActivation", instance_softmax, real(2, 3, 2), mode="channel"),
]
