import pytest

from workbench.errors import ArgumentError
from workbench.gluon.data import BatchSampler, RandomSampler, Sampler, SequentialSampler
from workbench.runtime import random


def test_orders():
    assert list(SequentialSampler(3, start=2)) == [2, 3, 4]
    random.seed(1)
    one, two = list(RandomSampler(20)), list(RandomSampler(20))
    assert sorted(one) == sorted(two) == list(range(20))
    assert one != two
    random.seed(1)
    assert list(RandomSampler(20)) == one
    assert len(RandomSampler(20)) == 20


@pytest.mark.parametrize(
    ("last", "first", "second"),
    [
        ("keep", [[0, 1], [2, 3], [4]], [[0, 1], [2, 3], [4]]),
        ("discard", [[0, 1], [2, 3]], [[0, 1], [2, 3]]),
        ("rollover", [[0, 1], [2, 3]], [[4, 0], [1, 2], [3, 4]]),
    ],
)
def test_the_rest(last, first, second):
    batches = BatchSampler(SequentialSampler(5), 2, last)
    assert len(batches) == len(first)
    assert list(batches) == first
    assert len(batches) == len(second)
    assert list(batches) == second


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="last_batch is 'keep', 'discard' or 'rollover', got 'drop'"):
        BatchSampler(SequentialSampler(5), 2, "drop")
    with pytest.raises(ArgumentError, match="batch_size must be a whole number, 1 or more, got 0"):
        BatchSampler(SequentialSampler(5), 0)
    with pytest.raises(NotImplementedError, match=r"Sampler must define __len__"):
        len(Sampler())


@pytest.mark.parametrize("kind", [SequentialSampler, RandomSampler])
@pytest.mark.parametrize("length", [-1, 2.5, "x", None])
def test_a_length_is_a_whole_number(kind, length):
    with pytest.raises(
        ArgumentError, match=f"{kind.__name__}: length must be a whole number, 0 or more, got {length!r}"
    ):
        kind(length)
