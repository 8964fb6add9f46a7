import numpy as np
import pytest

from workbench.errors import ArgumentError, ShapeError
from workbench.gluon.utils import clip_global_norm, split_and_load, split_data
from workbench.imperative import nd
from workbench.runtime import engine
from workbench.runtime.device import cpu


def test_split_data():
    x = nd.array(np.arange(10).reshape(5, 2))
    parts = split_data(x, 2, even_split=False)
    np.testing.assert_array_equal(np.concatenate([p.asnumpy() for p in parts]), x.asnumpy())
    assert [p.shape for p in parts] == [(3, 2), (2, 2)]
    for size, count, sizes in (
        (5, 3, [2, 2, 1]),
        (8, 3, [3, 3, 2]),
        (10, 4, [3, 3, 2, 2]),
        (3, 3, [1, 1, 1]),
    ):
        assert [len(p) for p in split_data(nd.ones((size,)), count, even_split=False)] == sizes
    assert [p.shape for p in split_data(x, 2, batch_axis=1)] == [(5, 1), (5, 1)]
    with pytest.raises(ShapeError, match="size 5 of axis 0 does not divide into 2 equal slices"):
        split_data(x, 2)
    with pytest.raises(ShapeError, match="axis 0 has size 5, too few for 6 slices"):
        split_data(x, 6)


@pytest.mark.devices
def test_split_and_load():
    parts = split_and_load(np.ones((4, 2)), [cpu(1), cpu(2)])
    assert [(p.shape, p.context) for p in parts] == [((2, 2), cpu(1)), ((2, 2), cpu(2))]
    assert [p.context for p in split_and_load(nd.ones((3,)), [cpu(3)])] == [cpu(3)]


def test_clip_global_norm():
    arrays = [nd.array([3.0, 0.0]), nd.array([[4.0]])]
    assert clip_global_norm(arrays, 10) == 5
    np.testing.assert_array_equal(arrays[0].asnumpy(), [3, 0])
    assert clip_global_norm(arrays, 1) == 5
    np.testing.assert_allclose([a.asnumpy().ravel()[0] for a in arrays], [0.6, 0.8], rtol=1e-6)
    with pytest.raises(ArgumentError, match="at least one array"):
        clip_global_norm([], 1)


def test_without_the_check_nothing_is_read():
    arrays = [nd.array([3.0, 0.0]), nd.array([[4.0]])]
    engine.flush()
    norm = clip_global_norm(arrays, 1, check_isfinite=False)
    assert engine.pending()
    assert norm.asscalar() == 5
    np.testing.assert_allclose([a.asnumpy().ravel()[0] for a in arrays], [0.6, 0.8], rtol=1e-6)


def test_what_is_not_finite_stays_and_warns():
    arrays = [nd.array([np.inf, 1.0])]
    with pytest.warns(UserWarning, match="the norm is inf; the arrays are left as they are"):
        assert clip_global_norm(arrays, 1) == np.inf
    np.testing.assert_array_equal(arrays[0].asnumpy(), [np.inf, 1])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: split_data(x, 0), "num_slice is 1 or more, got 0"),
        (lambda x: split_data(x, -1), "num_slice is 1 or more, got -1"),
        (lambda x: split_data(x, 2, batch_axis=4), r"shape \(4, 2\) has no axis 4"),
        (lambda x: split_data(3, 2), "takes an array, got int"),
        (lambda x: split_and_load(x, []), r"ctx_list is a list of devices, got \[\]"),
        (lambda x: split_and_load(x, cpu()), r"ctx_list is a list of devices, got cpu\(0\)"),
        (lambda x: clip_global_norm([3], 1), "takes NDArrays, got int"),
        (lambda x: clip_global_norm([x], -1), "max_norm is a number above 0, got -1"),
        (lambda x: clip_global_norm([x], "x"), "max_norm is a number above 0, got 'x'"),
    ],
)  # fmt: skip
def test_what_can_not_be_split_or_clipped(call, text):
    with pytest.raises(ValueError, match=text):
        call(nd.ones((4, 2)))
