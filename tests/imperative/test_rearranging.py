"""Functions of `nd` and `nd.contrib` that are no operators of their own, against NumPy's."""

import numpy as np
import pytest

from workbench import autograd, nd, sym
from workbench.errors import ArgumentError, NotSupportedError, ShapeError


@pytest.fixture
def cube() -> nd.NDArray:
    return nd.arange(24).reshape((2, 3, 4))


@pytest.mark.parametrize(("where", "axis"), [((1,), 2), ((1, 2), 1), (2, 0), (4, 2)])
def test_split_v2_in_both_styles(cube, where, axis):
    want = np.split(cube.asnumpy(), where, axis)
    got = nd.split_v2(cube, where, axis=axis)
    symbol = sym.split_v2(sym.var("x"), where, axis=axis)
    assert len(got) == len(want) == len(symbol.list_outputs())
    for one, other, part in zip(got, symbol.eval(x=cube), want, strict=True):
        np.testing.assert_array_equal(one.asnumpy(), part)
        np.testing.assert_array_equal(other.asnumpy(), part)


def test_arrays_from_nothing_in_both_styles():
    for make, want in (
        (lambda F: F.eye(2, 3, k=1), np.eye(2, 3, 1)),
        (lambda F: F.linspace(-1, 1, 5, endpoint=False), np.linspace(-1, 1, 5, endpoint=False)),
        (lambda F: F.zeros((2, 2), dtype="int32"), np.zeros((2, 2))),
        (lambda F: F.ones((3,)), np.ones(3)),
    ):
        for one in (make(nd), make(sym).eval()[0]):
            np.testing.assert_allclose(one.asnumpy(), want, rtol=1e-6)


@pytest.mark.parametrize(
    ("mask", "axis"), [([1, 0], 1), ([1, 0, 1, 1], 1), ([[1], [0], [1]], 1), ([1, 0], 7)]
)
def test_boolean_mask_needs_a_number_for_each_slice(cube, mask, axis):
    with pytest.raises(ShapeError, match=rf"one number for each slice.*, and axis={axis}$"):
        nd.contrib.boolean_mask(cube, nd.array(mask), axis=axis)


@pytest.mark.parametrize("mask", [[0, 1, 1], [0, 0, 0], [1, 1, 1]])
def test_boolean_mask_keeps_what_is_not_zero(cube, mask):
    cube.attach_grad()
    with autograd.record():
        kept = nd.contrib.boolean_mask(cube, nd.array(mask), axis=1)
    np.testing.assert_array_equal(kept.asnumpy(), cube.asnumpy()[:, np.array(mask) == 1])
    kept.backward()
    want = np.broadcast_to(np.array(mask, float)[:, None], cube.shape)
    np.testing.assert_array_equal(cube.grad.asnumpy(), want)


def test_mistakes_are_refused_with_what_came(cube):
    with pytest.raises(NotSupportedError, match=r"take\(\): mode='raise' is not supported: .*use 'clip'"):
        nd.take(cube, nd.array([1]), mode="raise")
    with pytest.raises(NotSupportedError, match=r"sparse_grad=True is not supported: gradients are dense"):
        nd.Embedding(nd.array([1]), cube[0, :2, :3], input_dim=2, output_dim=3, sparse_grad=True)
    with pytest.raises(ShapeError, match=r"asks for more axes than \(2, 3, 4\) has"):
        nd.Reshape(cube, shape=(-3, -3))
    with pytest.raises(ShapeError, match=r"'pad_width' needs 6 numbers, two an axis, got \(1, 1\)"):
        nd.pad(cube, mode="edge", pad_width=(1, 1))
    with pytest.raises(ShapeError, match=r"a window of 5 x 2 at \(0, 0\) is not inside \(1, 2, 3, 4\)"):
        nd.Crop(cube.reshape((1, 2, 3, 4)), h_w=(5, 2))
    with pytest.raises(ShapeError, match="the sequence axis is 0 here, got 1"):
        nd.SequenceReverse(cube, axis=1)
    with pytest.raises(ShapeError, match=r"axis 1 of size 3 can't be cut to size 9"):
        nd.slice_like(cube, nd.ones((1, 9, 1)))
    with pytest.raises(ArgumentError, match="has no input 'other'; give its inputs by position"):
        sym.Concat(sym.var("a"), other=sym.var("b"))


def test_a_bilinear_upsampling_makes_its_weight():
    up = sym.UpSampling(sym.var("image"), scale=2, sample_type="bilinear", num_filter=3, name="up")
    assert up.list_arguments() == ["image", "up_weight"]
    arguments, outputs, _ = up.infer_shape(image=(2, 3, 4, 5))
    assert (arguments[1], outputs) == ((3, 1, 4, 4), [(2, 3, 8, 10)])
    again = sym.load_json(up.tojson())
    assert again.list_arguments() == up.list_arguments()


def test_what_mxnet_computes_but_does_not_differentiate(cube):
    """In MXNet 1.9.1 the gradients of the first two write outside their arrays, and the third has none."""
    np.testing.assert_array_equal(nd.gather_nd(cube, nd.array([[-1], [0]])).asnumpy(), cube.asnumpy()[-1:, 0])
    plane, indices = cube[0], nd.array([2, 0, 1], dtype="int32")
    plane.attach_grad()
    with autograd.record():
        last, taken = nd.SequenceLast(plane, axis=1), nd.batch_take(plane, indices)
    autograd.backward([last, taken])
    np.testing.assert_array_equal(last.asnumpy(), plane.asnumpy()[:, -1])
    np.testing.assert_array_equal(taken.asnumpy(), plane.asnumpy()[[0, 1, 2], [2, 0, 1]])
    np.testing.assert_array_equal(plane.grad.asnumpy(), [[0, 0, 1, 1], [1, 0, 0, 1], [0, 1, 0, 1]])


def test_what_mxnet_refuses():
    assert nd.arange(3, 1).shape == (0,)
    assert nd.full((), 7, dtype="int32").asnumpy() == 7
