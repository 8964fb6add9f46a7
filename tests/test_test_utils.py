"""MXNet's helpers for comparing, against its own answers and texts."""

import numpy as np
import pytest

import workbench as mx
from workbench.errors import ArgumentError, NotSupportedError, UnknownNameError

utils = mx.test_utils


def test_gpus_are_listed_by_number():
    assert list(utils.list_gpus()) == list(range(mx.num_gpus()))
    assert utils.default_context() is mx.current_context()
    with mx.cpu(0):
        assert utils.default_context() is mx.cpu(0)


def test_arrays_are_compared_by_value():
    assert utils.same(mx.nd.array([1, 2]), np.array([1, 2]))
    assert not utils.same([1, 2], [1, 3])
    assert not utils.same([[1, 2]], [1, 2])
    assert utils.almost_equal(np.array([1.0]), np.array([1.000001]))
    assert not utils.almost_equal(np.array([1.0]), np.array([1.001]))
    assert utils.almost_equal([np.nan], [np.nan], equal_nan=True)
    with pytest.raises(AssertionError, match=r"a.shape = \(1, 2\) and b.shape = \(2,\) are not equal"):
        utils.almost_equal([[1, 2]], [1, 2], use_broadcast=False)


def test_tolerances_follow_the_dtype():
    a = np.array([1.0])
    for dtype, off in (("float16", 0.1), ("float32", 1e-3), ("float64", 1e-5)):
        utils.assert_almost_equal(a.astype(dtype), a.astype(dtype) * (1 + off * 0.9))
        with pytest.raises(AssertionError, match="exceeds tolerance"):
            utils.assert_almost_equal(a.astype(dtype), (a * (1 + off * 1.2)).astype(dtype))
    utils.assert_almost_equal(a, a * 1.4, rtol={np.float64: 0.5})
    with pytest.raises(AssertionError, match=r"rtol=0\.000000e\+00, atol=0\.000000e\+00"):
        utils.assert_almost_equal(np.array([1]), np.array([2]))
    with pytest.raises(AssertionError, match=r"rtol=1\.000000e-07"):
        utils.assert_allclose(a, a + 1e-5)


def test_a_difference_is_told_as_mxnet_tells_it():
    a, b = np.array([[1, 2], [3, 4]], np.float32), np.array([[1, 2], [3.5, 5]], np.float32)
    with pytest.raises(AssertionError) as error:
        utils.assert_almost_equal(mx.nd.array(a), b, rtol=1e-2, atol=0, names=("mine", "theirs"))
    assert str(error.value) == (
        "Error 20.000000 exceeds tolerance rtol=1.000000e-02, atol=0.000000e+00 (mismatch 50.000000%).\n"
        "Location of maximum error: (1, 1), mine=4.00000000, theirs=5.00000000"
    )
    with pytest.raises(AssertionError, match=r"Error inf .*\n.*\(1,\), a=nan, b=2"):
        utils.assert_almost_equal([1, np.nan], [1, 2])


def test_random_arrays_have_the_shapes_asked_for():
    assert utils.rand_ndarray((2, 3), dtype="float64").dtype == np.float64
    assert utils.random_arrays((2, 3)).shape == (2, 3)
    assert [a.shape for a in utils.random_arrays((2,), ())] == [(2,), ()]
    assert len(utils.rand_shape_2d()) == 2
    assert len(utils.rand_shape_3d()) == 3
    for _ in range(20):
        assert set(utils.rand_shape_nd(4, 2)) <= {1, 2}
    with pytest.raises(NotSupportedError, match="arrays are dense"):
        utils.rand_ndarray((2, 3), "csr")


def test_exceptions_are_waited_for():
    utils.assert_exception(mx.nd.array, mx.MXNetError, None)
    with pytest.raises(AssertionError, match=r"ones\(\) did not raise ValueError"):
        utils.assert_exception(mx.nd.ones, ValueError, 2)


def test_a_symbol_is_run_on_numpy_arrays():
    x = mx.sym.var("x")
    np.testing.assert_array_equal(utils.simple_forward(x * 2, x=np.array([1, 2])), [2, 4])
    two = utils.simple_forward(mx.sym.Group([x, x + 1]), x=np.array([1]))
    assert [float(a[0]) for a in two] == [1, 2]


def test_gradients_are_checked_by_finite_differences():
    x, y = mx.sym.var("x"), mx.sym.var("y")
    at = [np.array([[0.5, -1.0]]), np.array([[2.0, 0.3]])]
    utils.check_numeric_gradient(
        mx.sym.sin(x) * y, at, dtype=np.float64, numeric_eps=1e-4, rtol=1e-4, atol=1e-6
    )
    utils.check_numeric_gradient(mx.sym.sin(x) * y, {"x": at[0], "y": at[1]}, rtol=1e-2, grad_nodes=["x"])
    norm = mx.sym.BatchNorm(x, fix_gamma=False, name="bn")
    data = {"x": np.random.default_rng(0).normal(size=(4, 3)), "bn_gamma": np.ones(3), "bn_beta": np.zeros(3)}
    utils.check_numeric_gradient(norm, data, [np.zeros(3), np.ones(3)], rtol=1e-2, atol=1e-2)
    with pytest.raises(AssertionError, match="BACKWARD_x="):
        utils.check_numeric_gradient(mx.sym.BlockGrad(x), [np.ones(2)])
    with pytest.raises(ArgumentError, match="2 arrays are needed, for x, y; got 1"):
        utils.check_numeric_gradient(x * y, [np.ones(2)])
    with pytest.raises(ArgumentError, match="arrays are needed for x, y; got x, z"):
        utils.check_numeric_gradient(x * y, {"x": at[0], "z": at[1]})


def test_what_would_download_says_what_to_do():
    with pytest.raises(UnknownNameError, match=r"has no 'get_mnist': datasets\.fashion_mnist\(\) comes with"):
        utils.get_mnist()
    with pytest.raises(UnknownNameError, match=r"'assert_almost_eq'\. Did you mean 'assert_almost_equal'\?"):
        _ = utils.assert_almost_eq
