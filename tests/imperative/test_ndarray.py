"""NDArray as a mutable array: writes, aliasing, views, dtypes, devices and what each mistake says."""

import copy

import numpy as np
import pytest

import workbench as mx
from workbench import engine, nd
from workbench.errors import ArgumentError, DeviceError, DTypeError, NotSupportedError, ShapeError
from workbench.runtime.compile import cache

GRID = np.arange(12, dtype=np.float32).reshape(3, 4)

MODES = {"naive": engine.naive, "bulk of 1": lambda: engine.bulk(1), "bulk of 3": lambda: engine.bulk(3)}


@pytest.fixture(params=[*MODES, "default"], autouse=True)
def mode(request):
    if request.param == "default":
        yield
        return
    with MODES[request.param]():
        yield


def test_assignment_copies_so_a_later_write_to_the_source_does_not_show():
    source, target = nd.array([1.0, 2.0]), nd.zeros((2,))
    target[:] = source
    source += 10
    assert target.asnumpy().tolist() == [1, 2]
    assert source.asnumpy().tolist() == [11, 12]


def test_an_array_assigned_to_itself_keeps_its_value():
    a = nd.array([1.0, 2.0])
    a[:] = a
    a += a
    assert a.asnumpy().tolist() == [2, 4]


@pytest.mark.parametrize(
    ("change", "want"),
    [
        (lambda a: a.__iadd__(1), GRID + 1),
        (lambda a: a.__isub__(nd.ones((4,))), GRID - 1),
        (lambda a: a.__imul__(2), GRID * 2),
        (lambda a: a.__itruediv__(2), GRID / 2),
        (lambda a: a.__imod__(5), GRID % 5),
    ],
)
def test_in_place_arithmetic_is_seen_by_every_name(change, want):
    a = nd.array(GRID)
    other = a
    row = a[1]
    change(a)
    np.testing.assert_allclose(other.asnumpy(), want)
    np.testing.assert_allclose(row.asnumpy(), want[1])


def test_a_power_in_place_gives_the_name_to_a_new_array_as_in_mxnet():
    a = before = nd.array(GRID)
    a **= 2
    assert before.asnumpy().tolist() == GRID.tolist()
    assert a.asnumpy().tolist() == (GRID**2).tolist()


def test_slices_write_through_and_chains_of_views_too():
    a = nd.array(GRID)
    a[1][2:4][:1] = 50
    a[2:3].reshape((2, 2))[1] += 100
    a.reshape((-1,))[0] = -1
    want = GRID.copy()
    want[1, 2] = 50
    want[2, 2:] += 100
    want[0, 0] = -1
    assert a.asnumpy().tolist() == want.tolist()


def test_two_views_of_one_array_see_each_others_writes():
    a = nd.array(GRID)
    left, right = a[0:2], a[1:3]
    left[1] = 7
    assert right[0].asnumpy().tolist() == [7, 7, 7, 7]
    right += left
    assert a.asnumpy()[1].tolist() == [7 + 0, 7 + 1, 7 + 2, 7 + 3]


def test_a_scattered_selection_is_a_copy():
    a = nd.array(GRID)
    column, fancy, mask = a[:, 1], a[[0, 2]], a[::2]
    column += 1
    fancy += 1
    mask += 1
    assert a.asnumpy().tolist() == GRID.tolist()


def test_writing_to_a_scattered_selection_writes_the_array():
    a = nd.array(GRID)
    a[:, 1] = -1
    a[[0, 2], [3, 3]] = nd.array([5.0, 6.0])
    a[::-2, 2] = np.array([8.0, 9.0])
    want = GRID.copy()
    want[:, 1] = -1
    want[[0, 2], [3, 3]] = [5, 6]
    want[::-2, 2] = [8, 9]
    assert a.asnumpy().tolist() == want.tolist()


def test_a_backward_slice_from_before_the_start_is_empty():
    assert nd.array([1.0, 2.0])[-10::-1].shape == (0,)


def test_detach_shares_memory_and_copy_does_not():
    a = nd.array([1.0, 2.0])
    shared, own = a.detach(), a.copy()
    a[:] = 5
    assert shared.asnumpy().tolist() == [5, 5]
    assert own.asnumpy().tolist() == [1, 2]


def test_copyto_writes_into_the_other_array_and_keeps_its_dtype():
    target = nd.zeros((2,), dtype="int32")
    row = nd.zeros((2, 2))
    nd.array([1.0, 2.0]).copyto(target)
    nd.array([3.0, 4.0]).copyto(row[1])
    assert target.asnumpy().tolist() == [1, 2]
    assert target.dtype is np.int32
    assert row.asnumpy().tolist() == [[0, 0], [3, 4]]


def test_out_receives_a_result_and_is_checked_before_anything_is_written():
    weight, grad, mom = nd.ones((2,)), nd.ones((2,)), nd.zeros((2,))
    nd.sgd_mom_update(weight, grad, mom, out=weight, lr=0.5, momentum=0.9)
    assert weight.asnumpy().tolist() == [0.5, 0.5]
    assert mom.asnumpy().tolist() == [-0.5, -0.5]
    with pytest.raises(ShapeError, match=r"out= has shape \(3,\), the result \(2,\)"):
        nd.sgd_mom_update(weight, grad, mom, out=nd.ones((3,)), lr=0.5, momentum=0.9)
    with pytest.raises(ArgumentError, match="out= needs 1 arrays, got 2"):
        nd.sgd_mom_update(weight, grad, mom, out=[weight, mom], lr=0.5)
    assert mom.asnumpy().tolist() == [-0.5, -0.5]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        (slice(None), np.ones((2, 4)), r"can't write shape \(2, 4\) into shape \(3, 4\)"),
        (slice(None), nd.ones((5,)), r"can't write shape \(5,\) into shape \(3, 4\)"),
        (3, 1, "index 3 is out of range for axis 0 of size 3"),
        ((0, 0, 0), 1, r"3 indices for an array of 2 axes, shape \(3, 4\)"),
        ([0, 7], 1, r"index into shape \(3, 4\): index 7 is out of bounds"),
    ],
)
def test_a_write_that_does_not_fit_says_so_and_changes_nothing(key, value, text):
    a = nd.array(GRID)
    with pytest.raises(ShapeError, match=text):
        a[key] = value
    assert a.asnumpy().tolist() == GRID.tolist()


def test_keys_that_mean_nothing_are_refused():
    a = nd.array(GRID)
    with pytest.raises(ArgumentError, match="one ellipsis, got 2"):
        a[..., ...]
    with pytest.raises(ArgumentError, match="step of 0"):
        a[::0]


@pytest.mark.parametrize("dtype", ["float64", "int64", "float16", "bfloat16", "uint8"])
def test_dtypes_are_what_they_say(dtype):
    a = nd.ones((2,), dtype=dtype)
    assert np.dtype(a.dtype).name == dtype
    assert np.dtype((a + a).dtype).name == dtype
    assert (a + 1).jax.dtype.name == dtype


def test_64_bits_are_64_bits():
    big = 2**60 + 1
    whole = nd.array([big], dtype="int64")
    whole[:] = whole + 1
    assert int(whole.asscalar()) == big + 1
    whole[:] = big
    assert int(whole.asscalar()) == big
    tiny = nd.ones((1,), dtype="float64") + 1e-12
    assert (tiny - 1).asscalar() == pytest.approx(1e-12, rel=1e-3)


def test_unknown_dtypes_and_devices_are_named():
    with pytest.raises(DTypeError, match=r"unknown dtype 'float23'.*Did you mean 'float32'\?"):
        nd.zeros((1,), dtype="float23")
    with pytest.raises(ArgumentError, match="a device is 'cpu' or 'gpu', got 'tpu'"):
        mx.Context("tpu")
    with pytest.raises(DeviceError, match=r"cpu\(99\) was asked for; this machine has cpu\(0\)"):
        nd.zeros((1,), ctx=mx.cpu(99)).asnumpy()
    with pytest.raises(ArgumentError, match="can't read str as numbers"):
        nd.array("a")


def test_operators_name_what_they_were_not_given():
    a = nd.ones((2, 3))
    with pytest.raises(ShapeError, match=r"dot with lhs \(2, 3\), rhs \(2, 3\)"):
        nd.dot(a, a)
    with pytest.raises(ArgumentError, match=r"sum\(\) has no argument 'axes'.*Did you mean 'axis'\?") as told:
        nd.sum(a, axes=1)
    assert told.value.__context__ is None  # it is told once
    with pytest.raises(ArgumentError, match="'rhs' must be an NDArray, got int"):
        nd.dot(a, 3)
    with pytest.raises(ArgumentError, match="'lhs' is the Symbol 'x', which has no value yet"):
        nd.dot(mx.sym.var("x"), a)
    with pytest.raises(ArgumentError, match=r"use sym\.dot; in a block's hybrid_forward call F\.dot"):
        nd.dot(mx.sym.var("x"), a)
    with pytest.raises(NotSupportedError, match=r"nd has no 'sofmax'.*Did you mean 'softmax'\?"):
        nd.sofmax  # noqa: B018 (looking the name up is the point)
    with pytest.raises(
        ArgumentError, match=r"clip\(\) takes a_min, a_max after its tensors, got \(0, 1, 2\)"
    ):
        a.clip(0, 1, 2)
    with pytest.raises(ArgumentError, match=r"got 'a_min' twice"):
        a.clip(0, 1, a_min=0)


def test_attributes_may_follow_the_tensors():
    a = nd.array(GRID)
    assert nd.clip(a, 1, 5).asnumpy().tolist() == GRID.clip(1, 5).tolist()
    assert a.sum(1).asnumpy().tolist() == GRID.sum(1).tolist()
    assert nd.transpose(a, (1, 0)).shape == (4, 3)
    assert a.reshape(4, 3).shape == a.reshape((4, -1)).shape == (4, 3)


def test_scalars_and_truth():
    assert float(nd.array([2.5])) == 2.5
    assert bool(nd.array([0.0])) is False
    assert [10, 20, 30][nd.array([2], dtype="int32")] == 30
    with pytest.raises(ShapeError, match=r"asscalar\(\) needs an array of one element, got shape \(3, 4\)"):
        nd.array(GRID).asscalar()
    with pytest.raises(ShapeError, match="ambiguous"):
        bool(nd.array(GRID))
    with pytest.raises(ArgumentError, match="only an integer array can be an index, got float32"):
        [1][nd.array([0.0])]


def test_numpy_on_the_left_gives_an_ndarray():
    a = nd.array([1.0, 2.0])
    for left in (np.float32(2), np.array([2.0, 2.0]), 2):
        assert isinstance(left - a, nd.NDArray)
        assert (left - a).asnumpy().tolist() == [1, 0]


def test_jax_arrays_pass_without_a_copy():
    a = nd.array([1.0, 2.0])
    b = nd.from_jax(a.jax)
    assert b.jax is a.jax
    b += 1
    assert a.asnumpy().tolist() == [1, 2]


@pytest.mark.devices
def test_arrays_stay_on_their_device_and_mixing_devices_is_refused():
    with mx.cpu(1):
        there = nd.ones((2,))
    here = nd.ones((2,))
    assert there.context == mx.cpu(1)
    assert next(iter(there.jax.devices())).id == next(iter(here.jax.devices())).id + 1
    with pytest.raises(DeviceError, match=r"'lhs' is on cpu\(0\) and 'rhs' on cpu\(1\); copy one with"):
        here + there
    with pytest.raises(DeviceError, match=r"can't write an array on cpu\(1\) into one on cpu\(0\)"):
        here[:] = there
    with pytest.raises(DeviceError, match=r"out= is on cpu\(1\), the result on cpu\(0\)"):
        nd.relu(here, out=there)
    assert (here + there.as_in_context(mx.cpu(0))).asnumpy().tolist() == [2, 2]
    (here * 5).copyto(there)
    assert there.context == mx.cpu(1)
    assert there.asnumpy().tolist() == [5, 5]


@pytest.mark.parametrize("other", [None, "text"])
def test_adding_in_place_what_is_no_number_changes_nothing(other):
    a = nd.array([1.0, 2.0])
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \+="):
        a += other
    assert a.asnumpy().tolist() == [1, 2]


@pytest.mark.parametrize("dtype", ["float32", "int64", "bfloat16"])
def test_arrays_are_copied_deeply_and_pickled(dtype):
    source = nd.array([[1, 2], [3, 4]], dtype=dtype)
    again = copy.deepcopy({"a": source})["a"]
    source[:] = 0
    np.testing.assert_array_equal(again.asnumpy().astype("float32"), [[1, 2], [3, 4]])
    assert again.dtype == source.dtype


def test_an_array_of_no_axes_has_no_length_as_numpy_says_it():
    with pytest.raises(TypeError, match="an array of no axes has no length"):
        len(nd.array(3.0))


def test_a_loop_over_parts_compiles_for_their_size_alone():
    data, weight = nd.array(np.arange(120.0).reshape(30, 4)), nd.ones((4, 4))

    def turn(at):
        part = data[at : at + 5]
        data[at] = part[1] * 2
        return nd.dot(data[at : at + 5], weight).asnumpy()

    for at in (0, 5, 3, 8):
        turn(at)
    before = cache.misses
    expected = data.asnumpy()
    for at in (10, 13, 17):
        expected[at] = expected[at + 1] * 2
        np.testing.assert_allclose(turn(at), expected[at : at + 5] @ np.ones((4, 4)), rtol=1e-6)
    assert cache.misses == before
