"""Bools in arithmetic: with numbers as MXNet 1.9.1 has them, and as NumPy has them where MXNet refuses."""

import operator

import numpy as np
import pytest

from workbench import nd, sym

A, B = np.array([True, False, True]), np.array([True, True, False])


def bools(values: np.ndarray) -> nd.NDArray:
    return nd.array(values, dtype="bool")


@pytest.mark.parametrize("name", ["add", "sub", "mul", "mod", "pow", "eq", "ne", "lt", "gt", "le", "ge"])
@pytest.mark.parametrize("number", [0, 1, 2, True])
def test_with_a_number_they_count_as_mxnets_do(name: str, number: int) -> None:
    act = getattr(operator, name)
    got = act(bools(A), number)
    assert got.dtype == np.int64
    want = act(A.astype(np.int64), np.int64(number)) if (name, number) != ("mod", 0) else np.zeros(3)
    np.testing.assert_array_equal(got.asnumpy(), want)


def test_a_number_is_cut_to_a_whole_one_as_with_integers() -> None:
    assert (bools(A) + 2.5).asnumpy().tolist() == [3, 2, 3]
    assert (2 - bools(A)).asnumpy().tolist() == [1, 2, 1]
    assert nd.maximum(bools(A), 0.5).asnumpy().tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("act", "dtype", "values"),
    [
        (operator.add, "bool", [True, True, True]),
        (operator.mul, "bool", [True, False, False]),
        (nd.maximum, "bool", [True, True, True]),
        (operator.eq, "bool", [True, False, False]),
        (operator.gt, "bool", [False, False, True]),
        (operator.sub, "int64", [0, -1, 1]),
        (operator.mod, "int64", [0, 0, 0]),
        (operator.pow, "int64", [1, 0, 1]),
        (operator.truediv, "float32", [1.0, 0.0, np.inf]),
        (nd.elemwise_sub, "int64", [0, -1, 1]),
    ],
)
def test_two_arrays_of_them(act, dtype: str, values: list) -> None:
    got = act(bools(A), bools(B))
    assert np.dtype(got.dtype) == dtype
    assert got.asnumpy().tolist() == values


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "uint8"])
def test_beside_other_numbers_they_take_their_dtype(dtype: str) -> None:
    other = nd.array([3, 4, 5], dtype=dtype)
    for got in (bools(A) * other, other * bools(A)):
        assert np.dtype(got.dtype) == dtype
        assert got.asnumpy().tolist() == [3, 0, 5]


@pytest.mark.parametrize(
    ("name", "dtype", "value"),
    [
        ("sum", "int64", 2), ("prod", "int64", 0), ("nansum", "int64", 2), ("mean", "float32", 2 / 3),
        ("norm", "float32", 2**0.5), ("max", "bool", True), ("min", "bool", False), ("argmax", "int64", 0),
        ("argmin", "int64", 1),
    ],
)  # fmt: skip
def test_reductions_count_them(name: str, dtype: str, value: float) -> None:
    got = getattr(nd, name)(bools(A), axis=0)
    assert np.dtype(got.dtype) == dtype
    np.testing.assert_allclose(got.asnumpy(), [value], rtol=1e-6)


def test_functions_of_them_are_of_0_and_1() -> None:
    for name, fn in {"exp": np.exp, "sqrt": np.sqrt, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}.items():
        got = getattr(nd, name)(bools(A))
        assert got.dtype == np.float32
        np.testing.assert_allclose(got.asnumpy(), fn(A.astype(np.float32)), rtol=1e-6)
    for got, want in (
        (-bools(A), [-1, 0, -1]),
        (nd.square(bools(A)), [1, 0, 1]),
        (bools(A).clip(0, 5), [1, 0, 1]),
    ):
        assert got.dtype == np.int64
        assert got.asnumpy().tolist() == want
    assert nd.cumsum(bools(A)).asnumpy().tolist() == [1, 1, 2]


def test_symbols_know_the_dtype() -> None:
    x = sym.var("x", dtype="bool", shape=(3,))
    for symbol, dtype in ((x + 1, np.int64), (x.mean(), np.float32), (x - x, np.int64), (x * x, np.bool_)):
        assert symbol.infer_type()[1] == [dtype]
