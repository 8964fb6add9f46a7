"""Methods of NDArray: operators by name, MXNet's in-place shape methods, DLPack, and names it does not have."""

import numpy as np
import pytest

import workbench as mx
from workbench import autograd, nd
from workbench.errors import ArgumentError, NotSupportedError, UnknownNameError

GRID = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize(
    ("change", "shape"),
    [
        (lambda a, inplace: a.expand_dims(-1, inplace=inplace), (2, 3, 1)),
        (lambda a, inplace: a.reshape((2, 3, 1)).flatten(inplace=inplace), (2, 3)),
        (lambda a, inplace: a.reshape((1, 2, 1, 3)).squeeze(inplace=inplace), (2, 3)),
        (lambda a, inplace: a.reshape((1, 2, 1, 3)).squeeze(axis=[0], inplace=inplace), (2, 1, 3)),
    ],
)
def test_a_new_shape_in_place_shares_the_memory(change, shape):
    a = nd.array(GRID)
    change(a, False)[:] = 7
    assert a.asnumpy().tolist() == GRID.tolist()
    shared = change(a, True)
    assert shared.shape == shape
    shared[:] = 7
    assert a.asnumpy().tolist() == np.full_like(GRID, 7).tolist()


def test_a_method_is_made_once():
    a = nd.array(GRID)
    np.testing.assert_array_equal(a.nansum(axis=1).asnumpy(), GRID.sum(1))
    assert a.nansum.__func__ is nd.array(GRID).nansum.__func__
    assert a.nansum.__doc__ == nd.nansum.__doc__


def test_the_class_has_the_methods_whether_an_array_was_asked_or_not():
    assert nd.NDArray.softmin(nd.array(GRID)).shape == GRID.shape
    assert not hasattr(nd.NDArray, "_no_such")
    with pytest.raises(UnknownNameError, match="NDArray has no 'softmi'"):
        _ = nd.NDArray.softmi


@pytest.mark.parametrize("key", [((0,), (1,), ()), ((0,), (1,), (None,)), ((0, 1), (2, 3), (1, 2))])
def test_steps_may_be_left_out_of_an_assigned_slice(key):
    a, expected = nd.array(GRID), GRID.copy()
    a.slice_assign_scalar(7, *key)
    begin, end, step = key
    expected[tuple(map(slice, begin, end, step or [None] * len(begin)))] = 7
    assert a.asnumpy().tolist() == expected.tolist()


@pytest.mark.parametrize("key", [(0, 1, 1), ((0,), (1, 2), ()), ((0, 0), (1, 1), (1,))])
def test_lists_of_an_assigned_slice_that_do_not_fit_are_refused(key):
    a = nd.array(GRID)
    with pytest.raises(
        ArgumentError, match="takes begin, end and step, each a number or None an axis and as many"
    ):
        a.slice_assign_scalar(7, *key)
    assert a.asnumpy().tolist() == GRID.tolist()


def test_a_new_shape_in_place_is_differentiated():
    a = nd.array(GRID)
    a.attach_grad()
    with autograd.record():
        y = a.expand_dims(0, inplace=True) * 3
    y.backward()
    assert a.grad.asnumpy().tolist() == np.full_like(GRID, 3).tolist()


def test_slices_are_assigned_and_the_array_is_handed_back():
    a = nd.array(GRID)
    assert a.slice_assign(nd.array([[8.0, 9.0]]), (0, 0), (1, 3), (None, 2)) is a
    assert a.slice_assign_scalar(-1, (1, None), (2, 2), (1, None)) is a
    assert a.asnumpy().tolist() == [[8, 1, 9], [-1, -1, 5]]


def test_arrays_are_dense():
    a = nd.array(GRID)
    copied = a.tostype("default")
    copied[:] = 0
    assert a.as_nd_ndarray() is a
    assert a.asnumpy().tolist() == GRID.tolist()
    with pytest.raises(NotSupportedError, match=r"tostype\(\): arrays are dense; leave stype='csr' out"):
        a.tostype("csr")
    with pytest.raises(NotSupportedError, match=r"attach_grad\(\): arrays are dense"):
        a.attach_grad(stype="row_sparse")
    with pytest.raises(NotSupportedError, match=r"mx\.np is not supported; use nd"):
        a.as_np_ndarray()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "int64"])
def test_memory_is_shared_with_whoever_speaks_dlpack(dtype):
    a = nd.array(GRID, dtype=dtype)
    assert np.from_dlpack(a).dtype == dtype
    np.testing.assert_array_equal(np.from_dlpack(nd.to_dlpack_for_read(a[1:])), GRID[1:])
    back = nd.from_dlpack(np.array(GRID, dtype))
    assert back.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(back.asnumpy(), GRID)
    with pytest.raises(NotSupportedError, match=r"JAX's arrays never change; read with to_dlpack_for_read"):
        nd.to_dlpack_for_write(a)


def test_numpy_reads_an_array_as_a_copy():
    a = nd.array(GRID)
    assert np.asarray(a, "int32").tolist() == GRID.tolist()
    assert np.sum(a).asscalar() == 15
    with pytest.raises(ValueError, match="come to NumPy as a copy"):
        np.array(a, copy=False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tolist", r"NDArray has no 'tolist'\. Use asnumpy\(\)\.tolist\(\)\."),
        ("numpy", r"Use asnumpy\(\)"),
        ("relo", r"NDArray has no 'relo'\. Did you mean 'relu'\?"),
        ("asnumppy", "Did you mean 'asnumpy'"),
    ],
)
def test_a_method_there_is_not_is_named_with_the_nearest(name, text):
    with pytest.raises(UnknownNameError, match=text):
        getattr(nd.array(GRID), name)
    assert not hasattr(nd.array(GRID), name)


def test_completion_finds_operators_and_methods():
    assert {"relu", "asnumpy", "split_v2"} <= set(dir(nd.array(GRID)))


def test_every_method_of_mxnets_that_there_is_can_be_called():
    a = nd.array(GRID)
    assert [p.shape for p in a.split_v2(3, axis=1)] == [(2, 1)] * 3
    assert a.broadcast_like(nd.ones((2, 3))).shape == (2, 3)
    assert a.as_in_context(mx.cpu()) is a
