import threading

import numpy as np
import pytest

from workbench.errors import ArgumentError, NotInitializedError, ShapeError
from workbench.train import io


def array_iter(count=7, size=3, **options):
    values = np.arange(count * 2, dtype=np.float32).reshape(count, 2)
    return io.NDArrayIter(values, np.arange(count), batch_size=size, **options)


def rows(data):
    return [(b.data[0].asnumpy().tolist(), b.label[0].asnumpy().tolist(), b.pad) for b in data]


def test_batches_are_the_same_one_ahead():
    data = io.PrefetchingIter(array_iter())
    assert data.batch_size == 3
    for _ in range(3):
        assert rows(data) == rows(array_iter())
        with pytest.raises(StopIteration):
            data.next()
        data.reset()
    next(data)
    data.reset()  # in the middle of an epoch
    assert rows(data) == rows(array_iter())
    data.close()


def test_several_are_joined_under_new_names():
    data = io.PrefetchingIter(
        [array_iter(), array_iter()],
        rename_data=[{"data": "left"}, {"data": "right"}],
        rename_label=[{"softmax_label": "l"}, {"softmax_label": "r"}],
    )
    assert data.provide_data == [("left", (3, 2)), ("right", (3, 2))]
    assert data.provide_label == [("l", (3,)), ("r", (3,))]
    batch = next(data)
    assert (len(batch.data), len(batch.label)) == (2, 2)
    assert batch.provide_data == data.provide_data
    assert data.getdata() is batch.data
    assert (data.getpad(), data.getindex().tolist()) == (0, [0, 1, 2])


def test_batches_are_made_in_another_thread_and_it_ends():
    seen = []

    class Watched(io.NDArrayIter):
        def next(self):
            seen.append(threading.current_thread())
            return super().next()

    data = io.PrefetchingIter(Watched(np.ones((4, 1)), batch_size=2))
    assert len(list(data)) == 2
    data.close()
    data.close()
    (thread,) = set(seen)
    assert thread is not threading.current_thread()
    assert not thread.is_alive()
    with pytest.raises(NotInitializedError, match="this PrefetchingIter was closed"):
        data.reset()


def test_an_error_is_raised_where_its_batch_was_asked_for():
    class Broken(io.NDArrayIter):
        def next(self):
            if self.cursor >= 2:
                raise RuntimeError("the disk is full")
            return super().next()

    data = io.PrefetchingIter(Broken(np.ones((6, 1)), batch_size=2))
    next(data)
    next(data)
    with pytest.raises(RuntimeError, match="the disk is full"):
        next(data)
    data.reset()
    next(data)
    data.close()


def test_wrong_iterators_are_refused():
    with pytest.raises(ArgumentError, match="takes an iterator, or a list of at least one"):
        io.PrefetchingIter([])
    with pytest.raises(ArgumentError, match="rename_data needs a mapping for each of 1 iterators, got 2"):
        io.PrefetchingIter(array_iter(), rename_data=[{}, {}])
    uneven = io.PrefetchingIter([array_iter(6), array_iter(9)])
    with pytest.raises(ShapeError, match="must have as many batches"):
        list(uneven)
    uneven.close()
    data = io.PrefetchingIter(array_iter())
    with pytest.raises(NotInitializedError, match="no current batch"):
        data.getdata()
    data.close()
