"""Functions of two values in each of their forms, against NumPy's."""

import numpy as np

from tests.ops.case import Case, apart, case, each_shape, fixed, positive, real, whole


def truth(fn):
    return lambda x, y: fn(x, y).astype(np.float64)


ARITHMETIC = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "mod": np.mod,
    "power": np.power, "maximum": np.maximum, "minimum": np.minimum, "hypot": np.hypot,
}  # fmt: skip
TRUTH = {
    "equal": truth(np.equal), "not_equal": truth(np.not_equal), "lesser": truth(np.less),
    "lesser_equal": truth(np.less_equal), "greater": truth(np.greater),
    "greater_equal": truth(np.greater_equal), "logical_and": truth(np.logical_and),
    "logical_or": truth(np.logical_or), "logical_xor": truth(np.logical_xor),
}  # fmt: skip
STRICT = {name: f"elemwise_{name}" for name in ("add", "sub", "mul", "div")}
SCALAR = {"add": "plus", "sub": "minus"}
EXACT = ("add", "sub", "mul", "maximum", "minimum")
SHAPES = ((3, 4), (2, 1, 3))


def with_number(fn):
    return lambda data, scalar: fn(data, scalar)


def number_first(fn):
    return lambda data, scalar: fn(scalar, data)


CASES: list[Case] = []
for name, fn in ARITHMETIC.items():
    left, right = (positive, apart) if name == "power" else (apart, positive)
    ints = name in EXACT
    draws = [(left(3, 1), right(1, 4)), (left(2, 3, 4), right(3, 1))]
    CASES += each_shape(f"broadcast_{name}", fn, draws, ints=ints)
    draws = [(left(*s), right(*s)) for s in SHAPES]
    CASES += each_shape(STRICT.get(name, f"_{name}"), fn, draws, ints=ints)
    word = SCALAR.get(name, name)
    CASES += [case(f"_{word}_scalar", with_number(fn), positive(*s), scalar=0.75) for s in SHAPES]
    if name in ("sub", "div", "mod", "power"):
        CASES += [case(f"_r{word}_scalar", number_first(fn), positive(*s), scalar=0.75) for s in SHAPES]
for name, fn in TRUTH.items():
    draws = [(whole(3, 3, 4), whole(3, 3, 4)), (whole(3, 3, 1), whole(3, 1, 4))]
    CASES += each_shape(f"broadcast_{name}", fn, draws, ints=True)
    CASES += each_shape(f"_{name}", fn, [(whole(3, *s), whole(3, *s)) for s in SHAPES], ints=True)
    draws = [whole(3, 3, 4), whole(3, 5)]
    CASES += each_shape(f"_{name}_scalar", with_number(fn), draws, scalar=1.0, ints=True)


def by_zero(x, y):
    return np.where(y == 0, 0.0, np.mod(x, np.where(y == 0, 1, y)))


ZERO = fixed([[0.0, -1.0, 2.0]], moves=True)
power = with_number(np.power)
CASES += [
    case("_power_scalar", power, real(3, 4), scalar=2.0),
    case("_power_scalar", power, real(3, 4), scalar=-1.0),
    case("_power_scalar", power, ZERO, scalar=0.0),
    case("_power_scalar", power, ZERO, scalar=2.0),
    case("broadcast_mod", by_zero, fixed([[5.0, 4.0, 1.0]]), fixed([[3.0, 0.0, -2.0]])),
]
