"""Elementwise operators against NumPy's functions of the same name."""

import math
from statistics import NormalDist

import numpy as np

from tests.ops.case import Case, apart, between, case, each_shape, fixed, positive, real, whole

erf, gamma, lgamma = (np.vectorize(f, otypes=[float]) for f in (math.erf, math.gamma, math.lgamma))
erfinv = np.vectorize(lambda y: NormalDist().inv_cdf((y + 1) / 2) / math.sqrt(2), otypes=[float])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def away_from_zero(x):
    return np.copysign(np.floor(np.abs(x) + 0.5), x)


def hard_sigmoid(x, alpha=0.2, beta=0.5):
    return np.clip(alpha * x + beta, 0, 1)


def huber(x, scalar=1.0):
    s2 = scalar * scalar
    return np.where(np.abs(x) < 1 / s2, 0.5 * s2 * x * x, np.abs(x) - 0.5 / s2)


UNARY = {
    "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10, "sqrt": np.sqrt,
    "rsqrt": lambda x: x**-0.5, "reciprocal": lambda x: 1 / x,
}  # fmt: skip
ANYWHERE = {
    "expm1": np.expm1, "exp": np.exp, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "erf": erf,
    "arctan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "arcsinh": np.arcsinh, "degrees": np.degrees,
    "radians": np.radians, "cbrt": np.cbrt, "rcbrt": lambda x: 1 / np.cbrt(x),
    "sigmoid": sigmoid, "softsign": lambda x: x / (1 + np.abs(x)),
}  # fmt: skip
INSIDE = {
    "tan": np.tan, "arcsin": np.arcsin, "arccos": np.arccos, "arctanh": np.arctanh, "erfinv": erfinv,
}  # fmt: skip
EXACT = {
    "abs": np.abs, "square": np.square, "negative": np.negative, "relu": lambda x: np.maximum(x, 0),
    "sign": np.sign, "_copy": lambda x: x, "zeros_like": np.zeros_like, "ones_like": np.ones_like,
}  # fmt: skip
ROUNDING = {
    "floor": np.floor, "ceil": np.ceil, "round": away_from_zero, "rint": np.rint, "trunc": np.trunc, "fix": np.fix,
}  # fmt: skip
SHAPES = ((3, 4), (2, 1, 3))


CASES: list[Case] = []
for op, fn in UNARY.items():
    CASES += each_shape(op, fn, [positive(*s) for s in SHAPES])
for op, fn in ANYWHERE.items():
    CASES += each_shape(op, fn, [real(*s) for s in SHAPES])
for op, fn in INSIDE.items():
    CASES += each_shape(op, fn, [between(-0.9, 0.9, *s) for s in SHAPES])
for op, fn in {"gamma": gamma, "gammaln": lgamma}.items():
    CASES += each_shape(op, fn, [between(0.6, 3.0, 3, 4), between(-1.8, -1.2, 5)])
CASES += each_shape("arccosh", np.arccosh, [between(1.2, 3.0, *s) for s in SHAPES])
for op, fn in EXACT.items():
    CASES += each_shape(op, fn, [real(*s) for s in SHAPES], ints=True)
for op, fn in ROUNDING.items():
    CASES += each_shape(op, fn, [between(-3.4, -3.1, 4), between(1.6, 1.9, 2, 3)])
HALVES = fixed([-2.5, -0.5, 0.5, 1.5, 2.5])
CASES += [case("round", away_from_zero, HALVES), case("rint", lambda x: np.ceil(x - 0.5), HALVES)]
CASES += each_shape("logical_not", lambda x: (x == 0).astype(float), [whole(2, 3, 4), whole(2, 5)], ints=True)
for attrs in ({}, {"alpha": 0.5, "beta": 0.25}):
    CASES += each_shape("hard_sigmoid", hard_sigmoid, [between(-4.0, 4.0, *s) for s in SHAPES], **attrs)

CASES += each_shape("smooth_l1", huber, [real(3, 4), between(0.2, 0.9, 5)])
CASES += [case("smooth_l1", huber, between(-0.2, 0.2, 5), scalar=2.0)]
CASES += each_shape("BlockGrad", lambda x: x, [real(3, 4), real(5)], gradient=False, ints=True)
CASES += [
    case("Cast", lambda x, dtype: x.astype(dtype), real(3, 4), dtype="float64"),
    case("Cast", lambda x, dtype: x.astype(dtype), between(3.2, 9.8, 5), dtype="int32", gradient=False),
    case(
        "Cast",
        lambda x, dtype: x.astype(dtype),
        between(3.2, 9.8, 5),
        dtype="bfloat16",
        gradient=False,
        coarse=False,
    ),
]
for op_attrs in ({"a_min": -0.5, "a_max": 0.5}, {"a_min": 0.0, "a_max": float("inf")}):
    CASES += each_shape(
        "clip", lambda x, a_min, a_max: np.clip(x, a_min, a_max), [apart(3, 4), apart(5)], **op_attrs
    )
CASES += each_shape(
    "where",
    lambda c, x, y: np.where(c != 0, x, y),
    [(whole(2, *s), real(*s), real(*s)) for s in SHAPES],
    ints=True,
)
CASES += each_shape(
    "add_n",
    lambda *arrays: sum(arrays),
    [(real(3, 4),), (real(3, 4), real(3, 4)), (real(5), real(5), real(5))],
    ints=True,
)
for attrs in ({}, {"a": 2.0, "b": -1.0, "c": 0.5}):
    CASES += each_shape(
        "_contrib_quadratic", lambda x, a=0, b=0, c=0: a * x * x + b * x + c, [real(3, 4), real(5)], **attrs
    )
away = np.vectorize(lambda x: np.sign(x) * np.floor(abs(x) + 0.5))
CASES += [  # as of the next: test_elementwise.py
    case(f"_contrib_{name}_ste", fn, real(*shape), gradient=False)
    for name, fn in (("round", away), ("sign", np.sign))
    for shape in SHAPES
]
CASES += [  # its gradient is no derivative: test_elementwise.py
    case("_contrib_gradientmultiplier", lambda x, scalar: x, real(*shape), scalar=-0.5, gradient=False)
    for shape in SHAPES
]
