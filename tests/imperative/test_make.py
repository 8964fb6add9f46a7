"""Making arrays: NumPy is the reference, and what can't be made is named."""

import numpy as np
import pytest

import workbench as mx
from workbench import nd
from workbench.errors import ArgumentError, NotSupportedError


@pytest.mark.parametrize(
    ("made", "want"),
    [
        (lambda: nd.arange(5), np.arange(5.0)),
        (lambda: nd.arange(1, 5, 2, 2, None, mx.cpu(), "int32"), np.repeat(np.arange(1, 5, 2), 2)),
        (lambda: nd.arange(5, 0, -2), np.arange(5.0, 0, -2)),
        (lambda: nd.arange(0, 1, 0.25), np.arange(0, 1, 0.25)),
        (lambda: nd.linspace(0, 1, 5), np.linspace(0, 1, 5)),
        (lambda: nd.linspace(0, 1, 5, endpoint=False), np.linspace(0, 1, 5, endpoint=False)),
        (lambda: nd.linspace(0, 10, 3, dtype="int32"), np.array([0, 5, 10])),
        (lambda: nd.eye(3), np.eye(3)),
        (lambda: nd.eye(2, 3, 1), np.eye(2, 3, 1)),
        (lambda: nd.eye(3, k=-1, dtype="int32"), np.eye(3, k=-1, dtype=int)),
        (lambda: nd.full((2,), 7, out=nd.zeros((2,))), np.full(2, 7.0)),
        (lambda: nd.full(2, 7, dtype="int32"), np.full(2, 7)),
        (lambda: nd.zeros(3), np.zeros(3)),
        (lambda: nd.ones([2, 3]), np.ones((2, 3))),
        (lambda: nd.zeros((2, 2), None, "float64", stype="default"), np.zeros((2, 2))),
        (lambda: nd.empty((2, 0)), np.empty((2, 0))),
        (lambda: nd.from_numpy(np.array([1, 2])), np.array([1, 2])),
    ],
)
def test_makers_give_what_numpy_gives(made, want):
    got = made()
    assert np.issubdtype(got.dtype, np.integer) == np.issubdtype(want.dtype, np.integer)
    np.testing.assert_allclose(got.asnumpy(), want, rtol=1e-6)


def test_out_is_the_array_that_was_filled():
    target = nd.zeros((2, 2))
    assert nd.ones((2, 2), out=target) is target
    assert nd.full((2,), 5, out=target[1]).asnumpy().tolist() == [5, 5]
    assert target.asnumpy().tolist() == [[1, 1], [5, 5]]


def test_a_numpy_array_given_away_stays_its_owners():
    host = np.ones(2)
    array = nd.from_numpy(host)
    host[:] = 5
    assert array.asnumpy().tolist() == [1, 1]


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (
            lambda: nd.ones(2, 3),
            ArgumentError,
            r"nd\.ones\(\): a device is a Context .*; a shape is one tuple, \(2, 3\)",
        ),
        (lambda: nd.zeros(2, np.int64(3)), ArgumentError, r"a shape is one tuple, \(2, 3\)"),
        (lambda: nd.zeros((2,), stype="csr"), NotSupportedError, r"nd\.zeros\(\): arrays are dense"),
        (lambda: nd.empty((2,), stype="coo"), ArgumentError, r"'default', 'csr' or 'row_sparse', got 'coo'"),
        (lambda: nd.arange(3, infer_range=True), NotSupportedError, "infer_range=True has no meaning"),
        (lambda: nd.from_numpy([1]), ArgumentError, r"takes a NumPy array, got list"),
        (lambda: nd.zeros((2,), out=5), ArgumentError, r"nd\.zeros\(\): out= must be an NDArray, got int"),
        (lambda: nd.random.uniform(out=3), ArgumentError, r"out= must be an NDArray, got int"),
        (
            lambda: nd.random.uniform("a"),
            ArgumentError,
            r"random\.uniform\(\) needs numbers, got low='a', high=1.0",
        ),
        (lambda: nd.random.normal(0, None), ArgumentError, r"needs numbers, got loc=0, scale=None"),
        (lambda: nd.random.uniform(mx.sym.var("x"), 1), ArgumentError, r"needs numbers, got low=<Symbol x>"),
        (lambda: nd.array(["a"], dtype="bool"), ArgumentError, r"can't read list as numbers"),
        (
            lambda: nd.ones((2,))[[[0, 1], [0]]],
            ArgumentError,
            r"an index is an array or a list of equal lists",
        ),
        (lambda: nd.ones((2,)) + 10**400, ArgumentError, r"can't read .* as numbers: int too large"),
        (
            lambda: nd.ones((2,)).__setitem__(0, 10**400),
            ArgumentError,
            r"can't read int as numbers: int too large",
        ),
        (lambda: nd.sparse, NotSupportedError, r"nd\.sparse is not supported; arrays are dense: nd\.zeros"),
        (lambda: nd.imdecode, NotSupportedError, r"decode images with a library of their own"),
    ],
)
def test_what_can_not_be_made_is_named(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


def test_arrays_are_filled_with_an_integer_of_many_digits():
    assert nd.full((2,), 2**53 + 1, dtype="int64").asnumpy().tolist() == [2**53 + 1] * 2
    with pytest.raises(ArgumentError, match=r"can't read .* as numbers: int too large"):
        nd.full((2,), 10**400)


@pytest.mark.parametrize("value", [np.int64(2**62 + 1), 2**62 + 1, np.uint32(7), np.bool_(True), -3])
@pytest.mark.parametrize("key", [slice(None), 1])
def test_a_written_integer_is_that_integer(key, value):
    """Numbers travel as floats of 64 bits, to which not every integer is equal."""
    a = nd.zeros((3,), dtype="int64")
    a[key] = value
    assert a.asnumpy()[1] == int(value)
