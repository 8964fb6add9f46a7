"""Every example where it belongs, whatever the sizes; and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ArgumentError, DTypeError, NotInitializedError, ShapeError
from workbench.imperative import nd
from workbench.runtime import random
from workbench.train.io import NDArrayIter

counts = st.integers(1, 12)


def epoch(iterator):
    """The examples of each batch, checked to be the same in data, label and index."""
    rows = []
    for batch in iterator:
        data, label = (arrays[0].asnumpy() for arrays in (batch.data, batch.label))
        np.testing.assert_array_equal(data, label * 10)
        np.testing.assert_array_equal(label, batch.index)
        rows.append((label.astype(int).tolist(), batch.pad))
    return rows


def counting(count, size, **kwargs):
    return NDArrayIter(np.arange(count) * 10, np.arange(count), size, **kwargs)


@given(counts, counts)
@settings(deadline=None)
def test_pad_fills_the_last_batch_from_the_start(count, size):
    iterator = counting(count, size)
    for _ in range(2):
        rows = epoch(iterator)
        flat = [i for batch, _ in rows for i in batch]
        assert len(rows) == -(-count // size)
        assert flat == [i % count for i in range(len(rows) * size)]
        assert [pad for _, pad in rows] == [0] * (len(rows) - 1) + [len(flat) - count]
        iterator.reset()


@given(counts, counts)
@settings(deadline=None)
def test_discard_drops_the_rest(count, size):
    if size > count:
        return
    iterator = counting(count, size, last_batch_handle="discard")
    for _ in range(2):
        rows = epoch(iterator)
        assert [i for batch, _ in rows for i in batch] == list(range(count // size * size))
        assert {pad for _, pad in rows} == {0}
        iterator.reset()


@given(counts, counts)
@settings(deadline=None)
def test_roll_over_loses_nothing(count, size):
    iterator = counting(count, size, last_batch_handle="roll_over")
    seen = []
    for _ in range(4):
        rows = epoch(iterator)
        seen += [i for batch, _ in rows for i in batch]
        assert {len(batch) for batch, _ in rows} <= {size}
        assert all(pad == 0 for _, pad in rows[1:])
        iterator.reset()
    assert seen == [i % count for i in range(len(seen))]
    assert len(seen) > 4 * count - size


def test_roll_over_is_mxnets():
    """As MXNet 1.9.1 hands out 10 examples in batches of 3; `pad` counts those rolled over."""
    iterator = counting(10, 3, last_batch_handle="roll_over")
    epochs = []
    for _ in range(3):
        epochs.append(epoch(iterator))
        iterator.reset()
    assert epochs[0] == [([0, 1, 2], 0), ([3, 4, 5], 0), ([6, 7, 8], 0)]
    assert epochs[1] == [([9, 0, 1], 1), ([2, 3, 4], 0), ([5, 6, 7], 0)]
    assert epochs[2] == [([8, 9, 0], 2), ([1, 2, 3], 0), ([4, 5, 6], 0), ([7, 8, 9], 0)]


def test_what_was_left_over_is_forgotten_on_request():
    for restart in ("hard_reset", "reset"):
        iterator = counting(10, 3, last_batch_handle="roll_over")
        if restart == "hard_reset":
            epoch(iterator)
        else:
            next(iterator)  # an epoch broken off leaves nothing over
        getattr(iterator, restart)()
        assert epoch(iterator)[0] == ([0, 1, 2], 0)


@given(counts, counts, st.sampled_from(["pad", "discard", "roll_over"]), st.integers(0, 2**31))
@settings(deadline=None)
def test_shuffled_epochs_hold_every_example_once(count, size, handling, seed):
    if handling == "discard" and size > count:
        return
    random.seed(seed)
    iterator = counting(count, size, shuffle=True, last_batch_handle=handling)
    flat = [i for batch, _ in epoch(iterator) for i in batch]
    assert len(set(flat)) == min(len(flat), count)
    assert set(flat) <= set(range(count))


def test_shuffling_follows_the_seed_and_changes_by_epoch():
    def epochs(seed):
        random.seed(seed)
        iterator = counting(20, 4, shuffle=True)
        first = epoch(iterator)
        iterator.reset()
        return first, epoch(iterator)

    assert epochs(1) == epochs(1)
    assert epochs(1) != epochs(2)
    assert epochs(1)[0] != epochs(1)[1]


def test_an_epoch_ends_until_reset():
    iterator = counting(4, 2)
    assert len(list(iterator)) == 2
    assert list(iterator) == []
    with pytest.raises(NotInitializedError, match="no current batch: call iter_next"):
        iterator.getdata()
    iterator.reset()
    with pytest.raises(NotInitializedError, match="no current batch"):
        iterator.getindex()
    assert len(list(iterator)) == 2


def test_step_by_step():
    iterator = counting(3, 2)
    assert iterator.cursor == -2
    assert iterator.iter_next()
    assert iterator.getdata()[0].asnumpy().tolist() == [0, 10]
    assert iterator.getlabel()[0].asnumpy().tolist() == [0, 1]
    assert (iterator.getpad(), iterator.cursor) == (0, 0)
    assert iterator.iter_next()
    assert (iterator.getpad(), iterator.getindex().tolist()) == (1, [2, 0])
    assert not iterator.iter_next()


def test_names_shapes_and_dtypes():
    single = NDArrayIter(np.zeros((4, 3), np.uint8), np.zeros(4), 2)
    assert repr(single.provide_data) == "[DataDesc[data,(2, 3),<class 'numpy.float32'>,NCHW]]"
    assert repr(single.provide_label) == "[DataDesc[softmax_label,(2,),<class 'numpy.float32'>,NCHW]]"
    lists = NDArrayIter([np.zeros((4, 2)), [[1.0]] * 4], batch_size=2, data_name="x")
    assert lists.provide_data == [("_0_x", (2, 2)), ("_1_x", (2, 1))]
    assert lists.provide_label == []
    assert next(lists).label == []
    named = NDArrayIter(
        {"b": np.zeros((4, 2)), "a": nd.zeros((4, 3), dtype="float16")}, {"y": np.zeros(4)}, 2
    )
    assert named.provide_data == [("a", (2, 3)), ("b", (2, 2))]
    assert [d.dtype for d in named.provide_data] == [np.float16, np.float32]
    batch = next(named)
    assert [a.shape for a in batch.data] == [(2, 3), (2, 2)]
    assert [np.dtype(a.dtype).name for a in batch.data] == ["float16", "float32"]
    assert batch.provide_data == named.provide_data
    assert [name for name, _ in named.data + named.label] == ["a", "b", "y"]


def test_the_batch_axis_may_be_any():
    values = np.arange(24).reshape(3, 4, 2)
    iterator = NDArrayIter(values, batch_size=3, layout="TNC")
    assert iterator.provide_data[0].shape == (3, 3, 2)
    batches = [b.data[0].asnumpy() for b in iterator]
    np.testing.assert_array_equal(batches[0], values[:, :3])
    np.testing.assert_array_equal(batches[1], values[:, [3, 0, 1]])


def test_batches_are_copies():
    values = np.zeros((4, 2), np.float32)
    iterator = NDArrayIter(values, batch_size=2)
    batch = next(iterator).data[0]
    values[:] = 1
    batch += 5
    iterator.reset()
    np.testing.assert_array_equal(next(iterator).data[0].asnumpy(), np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: NDArrayIter(None), ArgumentError, "needs at least one array of data"),
        (lambda: NDArrayIter([]), ArgumentError, "needs at least one array of data"),
        (
            lambda: NDArrayIter("images"),
            ArgumentError,
            "data must be an array, a list of arrays or a mapping.* got str",
        ),
        (lambda: NDArrayIter(np.zeros(4), 7), ArgumentError, "label must be an array.* got int"),
        (
            lambda: NDArrayIter({"x": ["a", "b"]}),
            DTypeError,
            "x must be an array of numbers, got list: its elements are str",
        ),
        (lambda: NDArrayIter([object()]), DTypeError, "data must be an array of numbers, got object"),
        (lambda: NDArrayIter({"x": [[1], [1, 2]]}), DTypeError, "x must be an array of numbers, got list"),
        (
            lambda: NDArrayIter(np.zeros((4, 2)), np.zeros(5)),
            ShapeError,
            "every array must hold as many examples; got data 4, softmax_label 5",
        ),
        (lambda: NDArrayIter(np.zeros(())), ShapeError, r"data has shape \(\); it has no batch axis 0"),
        (
            lambda: NDArrayIter(np.zeros(3), layout="TNC"),
            ShapeError,
            r"data has shape \(3,\); it has no batch axis 1",
        ),
        (lambda: NDArrayIter(np.zeros(3), layout="TC"), ShapeError, "it has no batch axis -1"),
        (lambda: NDArrayIter(np.zeros((0, 2))), ArgumentError, "there are no examples"),
        (lambda: NDArrayIter(np.zeros(3), batch_size=0), ArgumentError, "a whole number, 1 or more, got 0"),
        (
            lambda: NDArrayIter(np.zeros(3), batch_size=1.5),
            ArgumentError,
            "a whole number, 1 or more, got 1.5",
        ),
        (
            lambda: NDArrayIter(np.zeros(3), last_batch_handle="drop"),
            ArgumentError,
            "last_batch_handle must be one of 'pad', 'discard', 'roll_over', got 'drop'",
        ),
        (
            lambda: NDArrayIter(np.zeros(3), batch_size=4, last_batch_handle="discard"),
            ArgumentError,
            "batch_size=4 exceeds the 3 examples, and 'discard' would drop them all",
        ),
    ],
)
def test_wrong_arguments_are_named(make, error, text):
    with pytest.raises(error, match=text):
        make()
