"""Arrays made from nothing against NumPy's."""

import numpy as np

from tests.ops.case import Case, case, real

CASES: list[Case] = []


def from_hex(data, shape, dtype):
    return np.frombuffer(bytes.fromhex(data), dtype).reshape(shape)


def arange(start, stop=None, step=1.0, repeat=1, dtype="float32"):
    first, last = (0, start) if stop is None else (start, stop)
    return np.repeat(np.arange(first, last, step), repeat).astype(dtype)


CASES += [
    case("_full", lambda shape, value=0.0, dtype="float32": np.full(shape, value, dtype), **facts, gradient=False)
    for facts in (
        {"shape": (2, 3), "value": 0.0}, {"shape": (4,), "value": 2.5, "dtype": "float64"},
        {"shape": (1, 2), "value": 7.0, "dtype": "int32"},
    )
] + [
    case("_arange", arange, **facts, gradient=False)
    for facts in (
        {"start": 5.0}, {"start": 2.0, "stop": 3.0, "step": 0.25, "dtype": "float64"},
        {"start": 3.0, "stop": 0.0, "step": -1.0, "repeat": 2, "dtype": "int32"},
    )
] + [
    case("_constant", from_hex, **facts, gradient=False)
    for facts in (
        {"data": "01000000020000000300000004000000", "shape": (2, 2), "dtype": "int32"},
        {"data": "000000000000e03f0000000000000080", "shape": (2,), "dtype": "float64"},
    )
]  # fmt: skip


def arange_like(x, start=0.0, step=1.0, repeat=1, axis=None):
    values = start + step * (np.arange(x.size if axis is None else x.shape[axis]) // repeat)
    return values.reshape(x.shape) if axis is None else values


def places(x, axes=None):
    every = np.stack(np.meshgrid(*map(np.arange, x.shape), indexing="ij"), -1)
    return every if axes is None else every[..., list(axes)]


CASES += [
    case("_ones", lambda shape, dtype="float32": np.ones(shape, dtype), shape=(2, 3), dtype="int32", gradient=False),
    case("_linspace", np.linspace, start=-1.0, stop=2.0, num=5, dtype="float64", gradient=False),
    case("_linspace", np.linspace, start=0.0, stop=1.0, num=4, endpoint=False, dtype="float64", gradient=False),
    case("_eye", lambda N, k: np.eye(N, k=k), N=3, k=1, gradient=False),
    case("_eye", lambda N, M: np.eye(N, M), N=2, M=4, gradient=False),
    case("_contrib_arange_like", arange_like, real(2, 3), gradient=False),
    case("_contrib_arange_like", arange_like, real(2, 3), repeat=2, step=-0.5, gradient=False),
    case("_contrib_arange_like", arange_like, real(2, 4, 1), axis=-2, start=2.0, gradient=False),
    case("_contrib_index_array", places, real(2, 3), gradient=False),
    case("_contrib_index_array", places, real(3, 2, 2), axes=(1, -3), gradient=False),
]  # fmt: skip
