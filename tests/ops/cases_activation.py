"""Non-linearities against their published formulas."""

import math

import numpy as np

from tests.ops.case import Case, case, each_shape, positive, real

ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0), "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh,
    "softrelu": lambda x: np.log1p(np.exp(x)), "softsign": lambda x: x / (1 + np.abs(x)),
}  # fmt: skip
erf = np.vectorize(math.erf, otypes=[float])
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. (2017), section 2


def leaky(x, gamma=None, act_type="leaky", slope=0.25, lower_bound=0.125, upper_bound=0.334):
    if act_type == "gelu":
        return x * (1 + erf(x / math.sqrt(2))) / 2
    if act_type == "selu":
        return SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(x))
    if act_type == "elu":
        return np.where(x > 0, x, slope * np.expm1(x))
    if act_type == "rrelu":  # in prediction
        mask = np.where(x > 0, 1, (lower_bound + upper_bound) / 2)
        return x * mask, mask
    if act_type == "prelu":
        slope = gamma if x.ndim == 1 else gamma.reshape(1, -1, *(1,) * (x.ndim - 2))
    return np.where(x > 0, x, slope * x)


CASES: list[Case] = []
for act_type, fn in ACTIVATIONS.items():
    draws = [real(3, 4), real(2, 2, 3)]
    CASES += each_shape("Activation", lambda x, act_type, fn=fn: fn(x), draws, act_type=act_type)
for act_type in ("leaky", "elu", "selu", "gelu"):
    CASES += each_shape("LeakyReLU", leaky, [real(3, 4), real(2, 2, 3)], act_type=act_type)
CASES += [
    case("LeakyReLU", leaky, real(3, 4), slope=0.1),
    case("LeakyReLU", leaky, real(3, 4), slope=-0.5),
    case("LeakyReLU", leaky, real(3, 4), positive(4), act_type="prelu"),
    case("LeakyReLU", leaky, real(2, 3, 2, 2), positive(3), act_type="prelu"),
]
CASES += [
    case("LeakyReLU", leaky, real(4, 3), positive(1), act_type="prelu"),
    case("LeakyReLU", leaky, real(5), positive(1), act_type="prelu"),
    case("LeakyReLU", leaky, real(3, 4), slope=0.4, act_type="elu"),
    case("LeakyReLU", leaky, real(3, 4), act_type="rrelu", lower_bound=0.2, upper_bound=0.6, defined=False),
]
