"""Elementwise operators against NumPy's functions of the same name."""

import math

import numpy as np

from tests.ops.case import Case, apart, between, case, each_shape, fixed, positive, real, whole

erf = np.vectorize(math.erf, otypes=[float])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def away_from_zero(x):
    return np.copysign(np.floor(np.abs(x) + 0.5), x)


def huber(x, scalar=1.0):
    s2 = scalar * scalar
    return np.where(np.abs(x) < 1 / s2, 0.5 * s2 * x * x, np.abs(x) - 0.5 / s2)


UNARY = {
    "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10, "sqrt": np.sqrt,
    "rsqrt": lambda x: x**-0.5, "reciprocal": lambda x: 1 / x,
}  # fmt: skip
ANYWHERE = {
    "expm1": np.expm1, "exp": np.exp, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "erf": erf,
    "sigmoid": sigmoid, "softsign": lambda x: x / (1 + np.abs(x)),
}  # fmt: skip
EXACT = {
    "abs": np.abs, "square": np.square, "negative": np.negative, "relu": lambda x: np.maximum(x, 0),
    "sign": np.sign, "_copy": lambda x: x, "zeros_like": np.zeros_like, "ones_like": np.ones_like,
}  # fmt: skip
ROUNDING = {"floor": np.floor, "ceil": np.ceil, "round": away_from_zero}
SHAPES = ((3, 4), (2, 1, 3))


def compare(fn):
    return lambda x, y: fn(x, y).astype(np.float64)


BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "mod": np.mod,
    "power": np.power, "maximum": np.maximum, "minimum": np.minimum,
}  # fmt: skip
COMPARISON = {
    "equal": compare(np.equal), "not_equal": compare(np.not_equal), "lesser": compare(np.less),
    "lesser_equal": compare(np.less_equal), "greater": compare(np.greater),
    "greater_equal": compare(np.greater_equal),
}  # fmt: skip
SCALAR = {
    "_plus_scalar": lambda x, scalar: x + scalar, "_minus_scalar": lambda x, scalar: x - scalar,
    "_rminus_scalar": lambda x, scalar: scalar - x, "_mul_scalar": lambda x, scalar: x * scalar,
    "_div_scalar": lambda x, scalar: x / scalar, "_rdiv_scalar": lambda x, scalar: scalar / x,
    "_mod_scalar": lambda x, scalar: np.mod(x, scalar), "_rmod_scalar": lambda x, scalar: np.mod(scalar, x),
    "_rpower_scalar": lambda x, scalar: scalar**x, "_power_scalar": lambda x, scalar: x**scalar,
    "_maximum_scalar": lambda x, scalar: np.maximum(x, scalar),
    "_minimum_scalar": lambda x, scalar: np.minimum(x, scalar),
}  # fmt: skip

CASES: list[Case] = []
for op, fn in UNARY.items():
    CASES += each_shape(op, fn, [positive(*s) for s in SHAPES])
for op, fn in ANYWHERE.items():
    CASES += each_shape(op, fn, [real(*s) for s in SHAPES])
for op, fn in EXACT.items():
    CASES += each_shape(op, fn, [real(*s) for s in SHAPES], ints=True)
for op, fn in ROUNDING.items():
    CASES += each_shape(op, fn, [between(-3.4, -3.1, 4), between(1.6, 1.9, 2, 3)])
CASES.append(case("round", away_from_zero, fixed([-2.5, -0.5, 0.5, 1.5, 2.5])))

for name, fn in BINARY.items():
    left, right = (positive, apart) if name == "power" else (apart, positive)
    ints = name in ("add", "sub", "mul", "maximum", "minimum")
    CASES += each_shape(
        f"broadcast_{name}",
        fn,
        [(left(3, 1), right(1, 4)), (left(2, 3, 4), right(3, 1))],
        ints=ints,
    )
for name in ("add", "sub", "mul", "div"):
    draws = [(real(*s), positive(*s)) for s in SHAPES]
    CASES += each_shape(f"elemwise_{name}", BINARY[name], draws, ints=name != "div")
for name, fn in COMPARISON.items():
    draws = [(whole(3, 3, 4), whole(3, 3, 4)), (whole(3, 3, 1), whole(3, 1, 4))]
    CASES += each_shape(f"broadcast_{name}", fn, draws, ints=True)
    draws = [whole(3, 3, 4), whole(3, 5)]
    CASES += each_shape(
        f"_{name}_scalar", lambda x, scalar, fn=fn: fn(x, scalar), draws, scalar=1.0, ints=True
    )
for op, fn in SCALAR.items():
    CASES += [case(op, fn, positive(*s), scalar=0.75) for s in SHAPES]
CASES += [
    case("_power_scalar", lambda x, scalar: x**scalar, real(3, 4), scalar=2.0),
    case("_power_scalar", lambda x, scalar: x**scalar, real(3, 4), scalar=-1.0),
    case(
        "_power_scalar", lambda x, scalar: np.ones_like(x), fixed([[0.0, -1.0, 2.0]], moves=True), scalar=0.0
    ),
    case("_power_scalar", lambda x, scalar: x * x, fixed([[0.0, -1.0, 2.0]], moves=True), scalar=2.0),
]

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
