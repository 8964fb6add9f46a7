import numpy as np
import pytest

from workbench.errors import ArgumentError
from workbench.gluon.data import ArrayDataset, BatchSampler, DataLoader, SequentialSampler, SimpleDataset
from workbench.imperative import nd
from workbench.runtime import random

X = np.arange(10, dtype=np.float32).reshape(5, 2)
Y = np.arange(5, dtype=np.int32)


def test_batches_of_arrays():
    loader = DataLoader(ArrayDataset(nd.array(X), Y), 2, num_workers=2)
    batches = list(loader)
    assert len(loader) == len(batches) == 3
    np.testing.assert_array_equal(np.concatenate([x.asnumpy() for x, _ in batches]), X)
    np.testing.assert_array_equal(np.concatenate([y.asnumpy() for _, y in batches]), Y)
    assert batches[0][1].dtype is np.int32
    assert [b.shape for b in DataLoader(ArrayDataset(X), 5)] == [(5, 2)]


def test_shuffling_keeps_examples_whole():
    random.seed(0)
    loader = DataLoader(ArrayDataset(X, Y), 5, shuffle=True, last_batch="discard")
    (x, y), (_, y2) = next(iter(loader)), next(iter(loader))
    np.testing.assert_array_equal(x.asnumpy()[:, 0], 2 * y.asnumpy())
    assert sorted(y.asnumpy()) == sorted(y2.asnumpy()) == [0, 1, 2, 3, 4]
    assert not np.array_equal(y.asnumpy(), y2.asnumpy())


def test_examples_one_by_one():
    data = ArrayDataset(X, Y).transform(lambda x, y: (nd.array(x) * 2, int(y)))
    x, y = next(iter(DataLoader(data, 2)))
    np.testing.assert_array_equal(x.asnumpy(), 2 * X[:2])
    np.testing.assert_array_equal(y.asnumpy(), [0, 1])
    assert list(DataLoader(SimpleDataset([1, 2, 3]), 2, batchify_fn=sum)) == [3, 3]


def test_samplers():
    data = SimpleDataset(list(range(6)))
    batches = BatchSampler(SequentialSampler(4, start=2), 2)
    assert [b.asnumpy().tolist() for b in DataLoader(data, batch_sampler=batches)] == [[2, 3], [4, 5]]
    some = DataLoader(data, 3, sampler=SequentialSampler(2))
    assert [b.asnumpy().tolist() for b in some] == [[0, 1]]


def test_arguments_that_exclude_one_another():
    data = SimpleDataset([1])
    with pytest.raises(ArgumentError, match="needs a batch_size, or a batch_sampler"):
        DataLoader(data)
    with pytest.raises(ArgumentError, match="a sampler decides the order; don't give shuffle too"):
        DataLoader(data, 1, shuffle=True, sampler=SequentialSampler(1))
    with pytest.raises(ArgumentError, match="batch_sampler decides the batches"):
        DataLoader(data, 1, batch_sampler=BatchSampler(SequentialSampler(1), 1))
