import threading
import time

import numpy as np
import pytest

from workbench.errors import ArgumentError, ExecutionError, ShapeError
from workbench.gluon.data import ArrayDataset, BatchSampler, DataLoader, SequentialSampler, SimpleDataset
from workbench.gluon.data.vision import transforms
from workbench.imperative import nd
from workbench.runtime import engine, random

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


class Slow:
    """Examples that take their time, the first the longest; it remembers which threads made them."""

    def __init__(self) -> None:
        self.threads: set[str] = set()

    def __len__(self) -> int:
        return 8

    def __getitem__(self, idx: int) -> float:
        self.threads.add(threading.current_thread().name)
        time.sleep(0.02 if idx == 0 else 0.001)
        return float(idx)


def test_workers_make_batches_ahead_and_in_order():
    data = Slow()
    loader = DataLoader(data, 2, num_workers=3)
    for _ in range(2):
        assert [b.asnumpy().tolist() for b in loader] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert len(data.threads) > 1
    assert threading.main_thread().name not in data.threads


@pytest.mark.parametrize(("prefetch", "made"), [(None, 5), (0, 2), (2, 3)])
def test_prefetch_says_how_far_ahead(prefetch, made):
    asked, others = [], set(threading.enumerate())
    loader = DataLoader(
        SimpleDataset(list(range(20))), 1, num_workers=2, prefetch=prefetch, batchify_fn=asked.extend
    )
    batches = iter(loader)
    next(batches)
    batches.close()
    deadline = time.monotonic() + 20
    while any(t.name.startswith("DataLoader") for t in set(threading.enumerate()) - others):
        assert time.monotonic() < deadline, "the threads of a loop that was left do not end"
        time.sleep(0.01)
    assert 1 <= len(asked) <= made


def test_one_seed_gives_one_sequence_whatever_the_number_of_workers():
    images = nd.array(np.arange(240).reshape(5, 4, 4, 3) % 255, dtype="uint8")
    chain = transforms.Compose([transforms.RandomFlipLeftRight(), transforms.ToTensor()])
    data = SimpleDataset([images[i] for i in range(5)]).transform_first(chain)
    found = []
    for workers in (0, 1, 3):
        random.seed(4)
        loader = DataLoader(data, 2, shuffle=True, num_workers=workers)
        epochs = [np.concatenate([b.asnumpy() for b in loader]) for _ in range(2)]
        found.append((*epochs, nd.random.uniform(shape=3).asnumpy()))
    for one in found[1:]:
        for a, b in zip(found[0], one, strict=True):
            np.testing.assert_array_equal(a, b)
    assert not np.array_equal(found[0][0], found[0][1])


def test_what_a_worker_raises_is_raised_where_its_batch_would_have_come():
    def fails(x):
        if x == 3:
            raise ValueError("no such picture")
        return x

    batches = iter(DataLoader(SimpleDataset(list(range(6))).transform(fails), 2, num_workers=2))
    assert next(batches).asnumpy().tolist() == [0, 1]
    with pytest.raises(ValueError, match="no such picture"):
        next(batches)


def test_a_batch_that_does_not_come_is_an_error():
    release = threading.Event()
    loader = DataLoader(
        SimpleDataset([1, 2]).transform(lambda x: release.wait(60)), 1, num_workers=1, timeout=0.05
    )
    with pytest.raises(ExecutionError, match=r"DataLoader: no batch within 0\.05 s; give a longer timeout"):
        next(iter(loader))
    release.set()


def test_workers_leave_the_calls_of_the_loop_alone():
    data = SimpleDataset([nd.full((2,), i) for i in range(6)]).transform(lambda x: x * 2)
    a = nd.ones((2,))
    nd.waitall()
    for x in DataLoader(data, 2, num_workers=2, prefetch=4):
        before = [c.op for c in engine.pending()]
        a = a + x[0]
        time.sleep(0.005)
        assert [c.op for c in engine.pending()] == [*before, "_getitem", "broadcast_add"]
    np.testing.assert_array_equal(a.asnumpy(), [13, 13])


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"batch_size": 0}, "DataLoader: batch_size must be a whole number, 1 or more or None, got 0"),
        ({"num_workers": -1}, "DataLoader: num_workers must be a whole number, 0 or more, got -1"),
        ({"prefetch": 1.5}, r"DataLoader: prefetch must be a whole number, 0 or more or None, got 1\.5"),
        ({"timeout": 0}, "DataLoader: timeout must be a number above 0, got 0"),
        ({"batchify_fn": 3}, "DataLoader: batchify_fn must be a function or None, got 3"),
    ],
)
def test_arguments_out_of_range(wrong, text):
    with pytest.raises(ArgumentError, match=text):
        DataLoader(SimpleDataset([1]), **{"batch_size": 1, **wrong})


def test_a_dataset_that_is_none():
    with pytest.raises(
        ArgumentError, match="must have a length and examples by number, such as ArrayDataset, got NoneType"
    ):
        DataLoader(None, batch_size=3)


def test_unequal_examples():
    data = SimpleDataset([np.ones(2), np.ones(3)])
    with pytest.raises(
        ShapeError, match=r"examples of a batch have shapes \(2,\), \(3,\); transform the dataset"
    ):
        list(DataLoader(data, 2))


def test_waiting_for_ever():
    loader = DataLoader(ArrayDataset(X), 2, num_workers=1, timeout=float("inf"))
    np.testing.assert_array_equal(np.concatenate([x.asnumpy() for x in loader]), X)
