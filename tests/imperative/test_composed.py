"""Functions of `nd` written of operators, against NumPy."""

import numpy as np
import pytest

from workbench import autograd, nd
from workbench.errors import ArgumentError, ExecutionError, ShapeError

GRID = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("source", "destination"), [(0, 2), (-1, 0), ([0, 1], [1, 2]), ((2, 0), (0, -1)), ([], [])]
)
def test_moveaxis(source, destination):
    got = nd.moveaxis(nd.array(GRID), source, destination)
    np.testing.assert_array_equal(got.asnumpy(), np.moveaxis(GRID, source, destination))


@pytest.mark.parametrize(
    ("source", "destination", "text"),
    [(3, 0, "axis 3 is out of bounds"), ([0, 0], [0, 1], "repeated axis"), ([0], [0, 1], "shorter|longer")],
)
def test_axes_that_can_not_be_moved(source, destination, text):
    with pytest.raises(ShapeError, match=rf"moveaxis\(\) of shape \(2, 3, 4\): .*({text})"):
        nd.moveaxis(nd.array(GRID), source, destination)


@pytest.mark.parametrize(
    ("parts", "axis"), [(2, 0), (4, 2), ((1, 3), 2), ([1], 1), ((0, 2), 1), ((-1,), 2), (1, 0)]
)
def test_split_v2(parts, axis):
    got = nd.split_v2(nd.array(GRID), parts, axis)
    want = np.split(GRID, parts, axis)
    got = got if isinstance(got, list) else [got]
    assert len(got) == len(want)
    for one, other in zip(got, want, strict=True):
        np.testing.assert_array_equal(one.asnumpy(), other)


def test_split_v2_can_drop_the_axis_and_is_differentiated():
    x = nd.array(GRID)
    x.attach_grad()
    with autograd.record():
        first, second = nd.split_v2(x, 2, squeeze_axis=True)
        y = first * 2 + second * 3
    y.backward()
    assert first.shape == (3, 4)
    assert x.grad.asnumpy()[:, 0, 0].tolist() == [2, 3]


def test_parts_that_do_not_come_out():
    with pytest.raises(ShapeError, match="axis 1 of size 3 can't be split into 2 equal parts"):
        nd.split_v2(nd.array(GRID), 2, axis=1)
    with pytest.raises(ArgumentError, match=r"takes a number or a tuple of places, got 'x'"):
        nd.split_v2(nd.array(GRID), "x")
    with pytest.raises(ArgumentError, match=r"concatenate\(\) needs one array or more"):
        nd.concatenate([])


def test_concatenate_copies_a_single_array_only_if_told_so():
    a = nd.array(GRID)
    assert nd.concatenate([a], always_copy=False) is a
    assert nd.concatenate([a]) is not a
    got = nd.concatenate([a, a], axis=1)
    np.testing.assert_array_equal(got.asnumpy(), np.concatenate([GRID, GRID], 1))


def test_onehot_encode_fills_the_array_given():
    out = nd.zeros((2, 3), dtype="int32")
    assert nd.onehot_encode(nd.array([0, 2]), out) is out
    assert out.asnumpy().tolist() == [[1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(("bins", "span"), [(3, (0, 24)), (5, None), ([0, 2, 24], None)])
def test_histogram(bins, span):
    given = nd.array(bins) if isinstance(bins, list) else bins
    counts, edges = nd.histogram(nd.array(GRID), given, span)
    want_counts, want_edges = np.histogram(GRID, bins, span)
    assert counts.asnumpy().tolist() == want_counts.tolist()
    np.testing.assert_allclose(edges.asnumpy(), want_edges, rtol=1e-6)


def test_waitall_raises_what_failed():
    failed = nd.zeros((10**15,))
    with pytest.raises(ExecutionError, match=r"_full failed while running, called at test_composed\.py"):
        nd.waitall()
    del failed


@pytest.mark.parametrize(
    ("name", "want"),
    [("add", 5), ("subtract", -1), ("maximum", 3), ("minimum", 2), ("power", 8), ("lesser", True)],
)
def test_of_two_numbers_comes_a_number(name, want):
    assert getattr(nd, name)(2, 3) == want
    with pytest.raises(TypeError, match=rf"{name}\(\) takes NDArrays and numbers, got str and int"):
        getattr(nd, name)("a", 3)


def test_waitall_tells_of_a_failure_once_and_not_of_one_that_a_read_has_told():
    failed, fine = nd.zeros((10**15,)), nd.ones((2,))
    assert fine.asnumpy().tolist() == [1, 1]
    with pytest.raises(ExecutionError, match="_full failed while running"):
        nd.waitall()
    nd.waitall()
    again = nd.zeros((10**15,))
    for array in (failed, again):
        with pytest.raises(ExecutionError, match="_full failed while running"):
            array.asnumpy()
    nd.waitall()
