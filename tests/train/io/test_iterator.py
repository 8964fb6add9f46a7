import numpy as np
import pytest

from workbench import nd
from workbench.errors import ArgumentError, NotInitializedError
from workbench.train.io import DataBatch, DataIter, NDArrayIter, ResizeIter


def firsts(iterator):
    return [int(batch.data[0].asnumpy()[0]) for batch in iterator]


def three(**kwargs):
    return NDArrayIter(np.arange(6), batch_size=2, **kwargs)


@pytest.mark.parametrize(("size", "wanted"), [(2, [0, 2]), (3, [0, 2, 4]), (7, [0, 2, 4, 0, 2, 4, 0])])
def test_an_epoch_is_cut_or_continued(size, wanted):
    resized = ResizeIter(three(), size)
    assert firsts(resized) == wanted
    assert firsts(resized) == []
    resized.reset()
    assert firsts(resized) == wanted


def test_the_inner_position_may_be_kept():
    resized = ResizeIter(three(), 2, reset_internal=False)
    assert firsts(resized) == [0, 2]
    resized.reset()
    assert firsts(resized) == [4, 0]


def test_it_describes_what_it_hands_on():
    inner = three()
    resized = ResizeIter(inner, 2)
    assert (resized.provide_data, resized.provide_label) == (inner.provide_data, inner.provide_label)
    assert resized.batch_size == 2
    with pytest.raises(NotInitializedError, match="no current batch"):
        resized.getdata()
    assert resized.iter_next()
    assert resized.getdata()[0].shape == (2,)
    assert (resized.getlabel(), resized.getpad(), resized.getindex().tolist()) == ([], 0, [0, 1])


def test_an_epoch_has_a_batch():
    with pytest.raises(ArgumentError, match="ResizeIter: size must be a whole number, 1 or more, got 0"):
        ResizeIter(three(), 0)


def test_an_iterator_of_ones_own():
    class Countdown(DataIter):
        def __init__(self):
            super().__init__(batch_size=1)
            self.left = 3

        def iter_next(self):
            self.left -= 1
            return self.left >= 0

        def getdata(self):
            return [self.left]

        def getlabel(self):
            return []

        def getpad(self):
            return 0

    batches = list(Countdown())
    assert [b.data for b in batches] == [[2], [1], [0]]
    assert all(isinstance(b, DataBatch) for b in batches)


def test_an_iterator_without_labels_defines_only_what_it_has():
    class Noise(DataIter):
        def iter_next(self):
            return True

        def getdata(self):
            return [nd.ones((2, 3))]

    batch = Noise(2).next()
    assert (batch.data[0].shape, batch.label, batch.pad, batch.index) == ((2, 3), None, None, None)


@pytest.mark.parametrize("name", ["iter_next", "getdata"])
def test_what_is_missing_is_named(name):
    with pytest.raises(NotImplementedError, match=rf"DataIter must define {name}\(\)"):
        getattr(DataIter(), name)()
